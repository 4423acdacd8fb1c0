"""A run: one pass over a connection's mappings, from queued to a final state.

::

    queued -> gathering -> planned -> applying -> settling -> succeeded | partial
       any state before the end -> failed | cancelled;   a preview ends `planned`
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from crmsync.domain.change import Outcome
from crmsync.domain.guard import Effect
from crmsync.domain.mapping import Mapping


class RunKind(StrEnum):
    """What the run is for. Undo and retry are planned first, then run with `preview_id`."""

    PREVIEW = "preview"
    SYNC = "sync"
    UNDO = "undo"
    RETRY = "retry"


class Trigger(StrEnum):
    """What started the run."""

    MANUAL = "manual"
    SCHEDULE = "schedule"
    EVENT = "event"


class RunState(StrEnum):
    """Where the run is. The last four never change again."""

    QUEUED = "queued"
    GATHERING = "gathering"
    PLANNED = "planned"
    APPLYING = "applying"
    SETTLING = "settling"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL = frozenset({RunState.SUCCEEDED, RunState.PARTIAL, RunState.FAILED, RunState.CANCELLED})

Counts = Dict[Outcome, int]


class MappingState(StrEnum):
    """What became of one mapping of a run."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    HELD = "held"
    PAUSED = "paused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PartRef:
    """A stored object that counts only because the run item names its key and SHA-256.

    `mapping` is the index of the mapping it belongs to, `count` how many changes it holds.
    """

    key: str
    sha256: str
    mapping: int = 0
    count: int = 0


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
    `members` and minutes old, None where nobody looked.
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

    @property
    def considered(self) -> int:
        """How many units have an outcome; the accounting identity by construction of `counts`."""
        return sum(self.counts.values())


def uncounted(row: MappingRun) -> MappingRun:
    """The row before anything was counted: plans and outcomes are counted apart."""
    return replace(
        row, counts={}, waterfall={}, conflicts=0, effect=Effect(), own_rows=0, pending=0
    )


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where to go on after a crash: stage, mapping, page cursor, and the parts written so far.

    `page` is what was decided again for the page in hand, stored before any of it is written.
    `version` grows with each save; a queue message for an older one is dropped.
    """

    version: int = 0
    stage: str = ""
    mapping: int = 0
    cursor: str = ""
    plan: tuple[PartRef, ...] = ()
    results: tuple[PartRef, ...] = ()
    page: PartRef | None = None
    watermark: datetime | None = None
    local_watermark: datetime | None = None
    hops: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One run as stored. Only the holder of `fence` may change it while it is live.

    `paused_fields` are those it was the first to find paused, so it is the one to tell of them.
    """

    id: str
    tenant_id: str
    connection_id: str
    kind: RunKind
    trigger: Trigger
    state: RunState
    started_by: str
    created_at: datetime
    mappings: tuple[MappingRun, ...] = ()
    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    fence: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    progress: float = 0.0
    crm_calls: int = 0
    error: str | None = None
    error_code: str | None = None
    undoes: str | None = None
    preview_id: str | None = None
    source_run_id: str | None = None
    used_by: str | None = None
    terms_version: str | None = None
    event_sent: bool = False
    records: tuple[PartRef, ...] = ()
    paused_fields: tuple[str, ...] = ()
    version: int = 0

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen in this run."""
        return self.state in FINAL or (
            self.kind is not RunKind.SYNC and self.state is RunState.PLANNED
        )


@dataclass(frozen=True, slots=True)
class SliceMessage:
    """What travels on the queue: one slice of one run, valid for one checkpoint version."""

    tenant_id: str
    connection_id: str
    run_id: str
    checkpoint_version: int
    hop: int = 0


@dataclass(frozen=True, slots=True)
class Notification:
    """One in-app notice. `id` is derived from its cause, so the same cause gives one notice."""

    id: str
    tenant_id: str
    user_id: str
    kind: str
    title: str
    body: str
    created_at: datetime
    run_id: str | None = None
    connection_id: str | None = None
    read: bool = False
