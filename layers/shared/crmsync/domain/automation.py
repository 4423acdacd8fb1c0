"""The automation of a connection: the saved mappings and how often they run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from crmsync.domain.mapping import Mapping


class Every(StrEnum):
    """The cadences on offer."""

    QUARTER_HOUR = "15min"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often to run; `at` and `time_zone` (IANA name) count for daily runs only."""

    every: Every = Every.HOUR
    at: time = time(6, 0)
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Terms:
    """Who agreed to which terms, when, and to exactly what (`digest` of the mappings)."""

    version: str
    user_id: str
    agreed_at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class Automation:
    """`draft` is what the page edits; `live` is what the schedule runs, set by finalize only."""

    connection_id: str
    draft: tuple[Mapping, ...] = ()
    draft_cadence: Cadence = field(default_factory=Cadence)
    live: tuple[Mapping, ...] = ()
    live_cadence: Cadence = field(default_factory=Cadence)
    enabled: bool = True
    terms: Terms | None = None
    next_run_at: datetime | None = None
    version: int = 0

    @property
    def scheduled(self) -> bool:
        """Whether the schedule should run it at all."""
        return self.enabled and bool(self.live) and self.terms is not None


def next_due(cadence: Cadence, after: datetime) -> datetime:
    """The first due time strictly later than `after`; missed times collapse into this one."""
    if cadence.every is Every.DAY:
        return _next_daily(cadence, after)
    step = timedelta(minutes=15) if cadence.every is Every.QUARTER_HOUR else timedelta(hours=1)
    return after + step


def _next_daily(cadence: Cadence, after: datetime) -> datetime:
    """The next `at` on that wall clock; in a spring-forward gap, the moment the gap ends at."""
    zone = ZoneInfo(cadence.time_zone)
    day = after.astimezone(zone).date()
    for offset in range(3):
        due = datetime.combine(day + timedelta(days=offset), cadence.at, zone).astimezone(UTC)
        if due > after:
            return due
    msg = "unreachable: one of three days is later than today"
    raise AssertionError(msg)
