"""Ids of our own that follow from what they name, and the one form in which we keep a CRM's."""

from __future__ import annotations

import hashlib
import re

_SHORT = re.compile(r"[A-Za-z0-9]{15}")
_CASES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def derived_id(prefix: str, *parts: str) -> str:
    """The id for these parts: always the same, and different for different parts."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    return f"{prefix}_{digest[:26]}"


def full_crm_id(text: str) -> str:
    """The 18 characters of a CRM id that people may also give as 15; other text as it is.

    Both name one record: the last three only say which of the others are capitals.
    """
    if not _SHORT.fullmatch(text):
        return text
    return text + "".join(_CASES[_capitals(text[at : at + 5])] for at in (0, 5, 10))


def _capitals(group: str) -> int:
    return sum(1 << place for place, letter in enumerate(group) if letter.isupper())
