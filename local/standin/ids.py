"""Salesforce record ids: 15 case-sensitive characters plus a 3-character case checksum."""

import re

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ID = re.compile(r"^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$")


def to18(id15: str) -> str:
    """The 18-character form of a 15-character id."""
    suffix = ""
    for start in (0, 5, 10):
        bits = sum(1 << n for n, char in enumerate(id15[start : start + 5]) if char.isupper())
        suffix += _CHECKSUM[bits]
    return id15 + suffix


def normalise(text: object) -> str | None:
    """The 18-character form of a 15- or 18-character id, or None when it is not an id."""
    if not isinstance(text, str) or not _ID.match(text):
        return None
    full = to18(text[:15])
    return full if text[15:].upper() in ("", full[15:]) else None


class IdFactory:
    """Hands out ids in ascending order for each key prefix; the same seed gives the same ids."""

    def __init__(self, instance: str) -> None:
        self._instance = instance[:3].ljust(3, "0")
        self._counters: dict[str, int] = {}

    def next(self, prefix: str) -> str:
        """A fresh 18-character id, greater than every id handed out before for this prefix."""
        number = self._counters.get(prefix, 0) + 1
        self._counters[prefix] = number
        return to18(prefix + self._instance + _base62(number).rjust(9, "0"))


def _base62(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return digits or "0"
