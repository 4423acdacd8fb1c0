"""What the schedule has to look at, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Due:
    """Something the sweep must look at: `kind` is `automation`, `run`, `keep_alive` or `post`."""

    kind: str
    tenant_id: str
    id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DuePage:
    """Due things, oldest first; `cursor` is None on the last page."""

    items: tuple[Due, ...]
    cursor: str | None = field(default=None)


class DueIndex(Protocol):
    """What the schedule has to look at."""

    def due(self, now: datetime, cursor: str | None, limit: int) -> DuePage:
        """Things due at or before `now`."""
        ...

    def claim(self, due: Due, until: datetime) -> bool:
        """Look at it again at `until`; True for the one caller that found it due as `due` says.

        Moves nothing but the due time, so whoever is changing the thing is not disturbed.
        """
        ...
