"""Make a run's plan: gather it, plan an undo, or take it from the preview that is executed."""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.errors import Conflict
from crmsync.domain.guard import Known, held_because
from crmsync.domain.ids import derived_id
from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.domain.run import Run, RunKind, RunState
from crmsync.services.gather import Gather
from crmsync.services.plan_undo import PlanUndo
from crmsync.services.work import Work


class MakePlan:
    """Brings the run from gathering to planned."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def run(self) -> bool:
        """True when the plan is complete and stored; False when the slice has to stop first."""
        if self._work.run.preview_id is not None:
            self._take_preview(self._work.run.preview_id)
            return True
        undoing = self._work.run.kind is RunKind.UNDO
        planner = PlanUndo(self._work) if undoing else Gather(self._work)
        if not planner.run():
            return False
        kind, rows = self._work.run.kind, self._work.run.mappings
        self._store(self._guard() if kind is RunKind.SYNC else tuple(map(_done, rows)))
        return True

    def _store(self, rows: tuple[MappingRun, ...]) -> None:
        checkpoint = self._work.checkpoint(cursor="", mapping=0)
        run = replace(self._work.run, mappings=rows, checkpoint=checkpoint)
        self._work.save(replace(run, state=RunState.PLANNED))

    def _take_preview(self, preview_id: str) -> None:
        work = self._work
        preview = work.ports.runs.get(work.run.tenant_id, preview_id)
        if preview is None:
            raise Conflict("preview_gone", "The preview this run executes is gone. Make another.")
        work.run = replace(
            work.run,
            checkpoint=work.checkpoint(
                plan=preview.checkpoint.plan,
                watermark=preview.checkpoint.watermark,
                local_watermark=preview.checkpoint.local_watermark,
            ),
        )
        self._store(
            tuple(
                replace(row, state=MappingState.RUNNING) if _executable(planned) else planned
                for row, planned in zip(work.run.mappings, preview.mappings, strict=True)
            )
        )

    def _guard(self) -> tuple[MappingRun, ...]:
        """Hold back the mappings that would change surprisingly much; the others go on."""
        work = self._work
        rows = tuple(self._judged(row) for row in work.run.mappings)
        held = [i for i, row in enumerate(rows) if row.state is MappingState.HELD]
        if not held:
            return rows
        preview = _held_preview(work, rows, held)
        work.ports.runs.create(preview, due_at=None)
        return tuple(
            replace(row, held_preview_id=preview.id) if i in held else row
            for i, row in enumerate(rows)
        )

    def _judged(self, row: MappingRun) -> MappingRun:
        """The row, held if its part of the plan is one to ask about first."""
        if row.state is not MappingState.RUNNING or not row.campaign_id or not row.group_id:
            return row
        if not row.considered:
            return row
        memory = self._work.state.memory(row.campaign_id, row.group_id)
        group = self._work.marketing.group(row.group_id)
        known = Known(
            members=row.members,
            group_size=group.member_count if group else 0,
            members_before=memory.live_members + memory.own_rows,
            group_size_before=memory.group_size,
            creations=memory.creations,
            complete=row.complete,
        )
        held = held_because(row.effect, known)
        if held is None:
            return row
        return replace(row, state=MappingState.HELD, reason=held.code, detail=held.detail)


def _done(row: MappingRun) -> MappingRun:
    """The row of a finished plan: nothing more will happen to it in this run."""
    active = row.state in (MappingState.WAITING, MappingState.RUNNING)
    return replace(row, state=MappingState.DONE) if active else row


def _executable(planned: MappingRun) -> bool:
    return planned.state not in (MappingState.FAILED, MappingState.PAUSED)


def _held_preview(work: Work, rows: tuple[MappingRun, ...], held: list[int]) -> Run:
    """The held mappings' part of the plan as a preview of its own."""
    run, now = work.run, work.ports.clock.now()
    parts = tuple(
        replace(ref, mapping=held.index(ref.mapping))
        for ref in run.checkpoint.plan
        if ref.mapping in held
    )
    return Run(
        id=derived_id("run", run.id, "held"),
        tenant_id=run.tenant_id,
        connection_id=run.connection_id,
        kind=RunKind.PREVIEW,
        trigger=run.trigger,
        state=RunState.PLANNED,
        started_by=run.started_by,
        created_at=now,
        finished_at=now,
        event_sent=True,
        progress=1.0,
        source_run_id=run.id,
        mappings=tuple(rows[i] for i in held),
        checkpoint=replace(run.checkpoint, plan=parts, cursor="", mapping=0),
    )
