"""Opaque cursors: they say where a list goes on, and only for the list they came from."""

from __future__ import annotations

import base64
import binascii
import hashlib

from crmsync.domain.errors import RequestError

_SUM = 8


def sealed(scope: str, cursor: str | None) -> str | None:
    """The cursor for the caller; None on the last page. `scope` names the list and its filters."""
    if cursor is None:
        return None
    raw = _checksum(scope, cursor) + cursor.encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def opened(scope: str, token: str | None) -> str | None:
    """What was sealed; a 400 when it was changed or belongs to another list."""
    if token is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        checksum, cursor = raw[:_SUM], raw[_SUM:].decode()
    except (ValueError, binascii.Error) as error:
        raise _bad_cursor() from error
    if checksum != _checksum(scope, cursor):
        raise _bad_cursor()
    return cursor


def _checksum(scope: str, cursor: str) -> bytes:
    """Keeps the cursors of different lists, and typing errors, apart.

    It is no secret: a list looks only into the caller's own tenant, whatever the cursor says.
    """
    return hashlib.sha256(f"{scope}\n{cursor}".encode()).digest()[:_SUM]


def _bad_cursor() -> RequestError:
    text = "This cursor does not belong to this list. Start again without one."
    return RequestError("bad_cursor", text)
