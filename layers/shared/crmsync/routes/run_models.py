"""What answers about runs hold."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from crmsync.domain.change import Outcome
from crmsync.domain.mapping import Direction
from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.domain.run import Run, RunKind, RunState, Trigger


class EndAnswer(BaseModel):
    """A campaign or group of a run; `id` is null until it was created."""

    id: str | None
    name: str


class CountsAnswer(BaseModel):
    """Every considered record has one outcome: considered is the sum of the others."""

    considered: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    failed: int
    held: int
    removed: int


class WaterfallAnswer(BaseModel):
    """How many come as far as each step; each is one of those of the step before."""

    in_group: int = 0
    in_scope: int = 0
    has_email: int = 0
    unique: int = 0
    matched: int = 0
    mailable: int = 0


class MappingRunAnswer(BaseModel):
    """One mapping within a run; `reason` is the code of why it is held, paused or failed.

    `detail` is a sentence about it, where there is more to say. `full` tells that both sides were
    read whole, and `drift` how many records that had to change though no delta had named them.
    """

    id: str
    campaign: EndAnswer
    group: EndAnswer
    direction: Direction
    state: MappingState
    reason: str | None
    detail: str
    held_preview_id: str | None
    full: bool
    drift: int | None
    counts: CountsAnswer
    waterfall: WaterfallAnswer
    conflicts: int


class RunErrorAnswer(BaseModel):
    """Why a run failed, or was cut off."""

    code: str
    detail: str


class RunAnswer(BaseModel):
    """A run. `preview_id` is the plan it carries out, `used_by` the run that carried this out.

    `held_from` is the run that held these changes back, if this is their preview.
    """

    id: str
    connection_id: str
    kind: RunKind
    undoes: str | None
    trigger: Trigger
    state: RunState
    progress: float
    mappings: list[MappingRunAnswer]
    crm_calls: int
    started_by: str
    preview_id: str | None
    used_by: str | None
    held_from: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: RunErrorAnswer | None


class RunList(BaseModel):
    """Runs, newest first."""

    items: list[RunAnswer]
    cursor: str | None


def run_answer(run: Run) -> RunAnswer:
    """The run in the shape of the API."""
    return RunAnswer(
        id=run.id,
        connection_id=run.connection_id,
        kind=run.kind,
        undoes=run.undoes or (run.source_run_id if run.kind is RunKind.UNDO else None),
        trigger=run.trigger,
        state=run.state,
        progress=1.0 if run.finished else run.progress,
        mappings=[_mapping(row) for row in run.mappings],
        crm_calls=run.crm_calls,
        started_by=run.started_by,
        preview_id=run.preview_id,
        used_by=run.used_by,
        held_from=run.source_run_id if run.kind is RunKind.PREVIEW else None,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        error=_error(run),
    )


def _error(run: Run) -> RunErrorAnswer | None:
    if run.error is None and run.error_code is None:
        return None
    return RunErrorAnswer(code=run.error_code or "failed", detail=run.error or "")


def _mapping(row: MappingRun) -> MappingRunAnswer:
    return MappingRunAnswer(
        id=row.mapping.id,
        campaign=EndAnswer(id=row.campaign_id, name=row.campaign_name),
        group=EndAnswer(id=row.group_id, name=row.group_name),
        direction=row.mapping.direction,
        state=row.state,
        reason=row.reason,
        detail=row.detail,
        held_preview_id=row.held_preview_id,
        full=row.full,
        drift=row.drift,
        counts=_counts(row),
        waterfall=WaterfallAnswer(**row.waterfall),
        conflicts=row.conflicts,
    )


def _counts(row: MappingRun) -> CountsAnswer:
    counts = {outcome.value: row.counts.get(outcome, 0) for outcome in Outcome}
    return CountsAnswer(considered=row.considered, **counts)
