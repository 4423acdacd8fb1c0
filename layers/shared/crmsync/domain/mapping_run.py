"""One mapping within a run: its ends, what became of it, and what was counted."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from enum import StrEnum

from crmsync.domain.change import Outcome
from crmsync.domain.guard import Effect
from crmsync.domain.mapping import Mapping

Counts = Dict[Outcome, int]


class MappingState(StrEnum):
    """What became of one mapping of a run."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    HELD = "held"
    PAUSED = "paused"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class MappingRun:
    """One mapping within a run. Ids are filled in once both ends exist.

    `campaign_name` and `group_name` are for people; `reason` is the code of why it is held or
    paused, `detail` the same with its numbers where there are any, and `told` that an earlier run
    said so already. `full` is a read of everything, `complete` a read that missed nothing since the
    last one, `members` what the campaign counted then, `own_rows` how many rows this run added to
    it, `pending` how many units did not end in agreement. `drift` is what a full read had to change
    although no delta had named it, None where there was no delta to compare with. `fields` are
    those the CRM gave to read when the reading began. `young` are the ids of rows that were among
    `members` and minutes old, None where nobody looked. `fingerprint` covers the settings it was
    gathered under.
    """

    mapping: Mapping
    campaign_id: str | None = None
    campaign_name: str = ""
    group_id: str | None = None
    group_name: str = ""
    state: MappingState = MappingState.WAITING
    reason: str | None = None
    detail: str = ""
    full: bool = False
    complete: bool = False
    members: int = 0
    young: tuple[str, ...] | None = None
    own_rows: int = 0
    pending: int = 0
    drift: int | None = None
    told: bool = False
    counts: Counts = field(default_factory=dict)
    waterfall: Dict[str, int] = field(default_factory=dict)
    conflicts: int = 0
    effect: Effect = field(default_factory=Effect)
    held_preview_id: str | None = None
    fields: tuple[str, ...] = ()
    fingerprint: str = ""

    @property
    def considered(self) -> int:
        """How many units have an outcome; the accounting identity by construction of `counts`."""
        return sum(self.counts.values())


def uncounted(row: MappingRun) -> MappingRun:
    """The row before anything was counted: plans and outcomes are counted apart."""
    return replace(
        row, counts={}, waterfall={}, conflicts=0, effect=Effect(), own_rows=0, pending=0
    )


def cancelled(rows: tuple[MappingRun, ...]) -> tuple[MappingRun, ...]:
    """The rows of a run that ends here; what became of a mapping before stays."""
    return tuple(
        replace(row, state=MappingState.CANCELLED) if _is_open(row) else row for row in rows
    )


def failed(rows: tuple[MappingRun, ...], reason: str) -> tuple[MappingRun, ...]:
    """The rows of a run that fails here; what became of a mapping before stays."""
    return tuple(
        replace(row, state=MappingState.FAILED, reason=reason) if _is_open(row) else row
        for row in rows
    )


def _is_open(row: MappingRun) -> bool:
    return row.state in (MappingState.WAITING, MappingState.RUNNING)
