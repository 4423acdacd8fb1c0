"""Keys: parts joined by '#', shards, and moments as text that sorts as time does."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from zlib import crc32

SHARDS = 4
"""How many partitions share what would otherwise be one hot key: 4,000 writes per second."""

_LONGEST = 900
"""DynamoDB's sort keys end at 1,024 bytes."""


def joined(*parts: str) -> str:
    """One key of several parts; no two lists of parts give the same key."""
    return "#".join(part.replace("%", "%25").replace("#", "%23") for part in parts)


def split(key: str) -> list[str]:
    """The parts that `joined` was given."""
    return [part.replace("%23", "#").replace("%25", "%") for part in key.split("#")]


def shard_of(text: str) -> str:
    """The shard a record belongs to, the same for ever."""
    return str(crc32(text.encode()) % SHARDS)


def shards() -> tuple[str, ...]:
    """All of them."""
    return tuple(map(str, range(SHARDS)))


def sorting(text: str) -> str:
    """`text` as a sort key: itself unless it is too long for one, then still unique."""
    if len(text.encode()) <= _LONGEST:
        return text
    return f"{text[: _LONGEST // 8]}~{sha256(text.encode()).hexdigest()}"


def time_text(moment: datetime) -> str:
    """A moment with fixed width, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def time_of(text: str) -> datetime:
    """The moment that `time_text` was given."""
    return datetime.fromisoformat(text)
