"""How much the further fields of a contact may hold."""

from __future__ import annotations

from collections.abc import Mapping

from crmsync.domain.errors import Invalid

CUSTOM_BYTES = 100_000
"""Of names and values together: a contact, and what its timeline says of it, is one item each."""


def require_room(before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Pass if the fields fit, or are no more than they were; raises `Invalid` else."""
    size = _bytes(after)
    if size > max(CUSTOM_BYTES, _bytes(before)):
        text = f"These hold {size:,} bytes; {CUSTOM_BYTES:,} fit. Clear or shorten some."
        raise Invalid("custom_too_large", text, at="/custom")


def _bytes(fields: Mapping[str, str]) -> int:
    return sum(len(f"{name}{value}".encode()) for name, value in fields.items())
