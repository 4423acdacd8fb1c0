"""A run: one pass over a connection's mappings, from queued to a final state.

::

    queued -> gathering -> planned -> applying -> settling -> succeeded | partial
       any state before the end -> failed | cancelled;   a preview ends `planned`
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crmsync.domain.mapping_run import MappingRun


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
class Checkpoint:
    """Where to go on after a crash: mapping, page cursor, and the parts written so far.

    `page` is what was decided again for the page in hand, stored before any of it is written, and
    `begun` whether some of the page may have been written.
    `version` grows with each save; a queue message for an older one is dropped.
    """

    version: int = 0
    mapping: int = 0
    cursor: str = ""
    plan: tuple[PartRef, ...] = ()
    results: tuple[PartRef, ...] = ()
    page: PartRef | None = None
    begun: bool = False
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
