"""One slice of one run: claim the connection, go on from the checkpoint, save, pass on.

Duplicate, late and reordered messages are harmless: a message for an older checkpoint is dropped
unless the worker that moved past it is dead, and only the holder of the lease works.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.errors import (
    ConnectionStopped,
    CrmSyncError,
    Defer,
    LeaseLost,
    RequestError,
    Retry,
)
from crmsync.domain.guard import Effect, Known, held_because
from crmsync.domain.ids import derived_id
from crmsync.domain.run import (
    MappingRun,
    MappingState,
    Run,
    RunKind,
    RunState,
    SliceMessage,
)
from crmsync.ports.control import Lease
from crmsync.services.announce_run import announce_run
from crmsync.services.apply import Apply
from crmsync.services.gather import Gather, planned_writes
from crmsync.services.plan_undo import PlanUndo
from crmsync.services.settle import BooksDiffer, Settle, finish
from crmsync.services.stop_connection import stop_connection
from crmsync.services.work import LEASE_MARGIN, Ports, Work

MAX_HOPS = 500
MAX_ATTEMPTS = 5
RETRY_SECONDS = 30
MAX_DELAY = 900


class RunSlice:
    """Handles one queue message at a time."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def handle(self, message: SliceMessage) -> str:
        """Do one slice and say in one word what came of it.

        Raises only what is a bug or a vanished platform; the queue then delivers again.
        """
        run = self._ports.runs.get(message.tenant_id, message.run_id)
        if run is None or (run.finished and run.event_sent):
            return "done"
        connection = self._ports.connections.get(message.tenant_id, message.connection_id)
        if connection is None:
            return "gone"
        lease = self._acquire(run)
        if lease is None:
            return "waiting"
        if self._is_stale(message, run, lease):
            self._ports.runs.release(run.tenant_id, run.connection_id, lease)
            return "stale"
        return self._work_on(message, run, connection, lease)

    def _acquire(self, run: Run) -> Lease | None:
        clock = self._ports.clock
        until = clock.now() + timedelta(seconds=max(0.0, clock.remaining())) + LEASE_MARGIN
        holder = self._ports.ids.new("wrk")
        return self._ports.runs.acquire(run.tenant_id, run.connection_id, run.id, holder, until)

    def _is_stale(self, message: SliceMessage, run: Run, lease: Lease) -> bool:
        """Whether the message was overtaken by a worker that ended properly."""
        overtaken = message.checkpoint_version < run.checkpoint.version
        return overtaken and not run.finished and not lease.taken_over and run.fence > 0

    def _work_on(
        self, message: SliceMessage, run: Run, connection: Connection, lease: Lease
    ) -> str:
        try:
            work = self._open(run, connection, lease)
            outcome = self._guarded(work)
        except LeaseLost:
            return "lost"
        self._ports.runs.release(run.tenant_id, run.connection_id, lease)
        if outcome == "continue":
            self._pass_on(work.run, message.hop + 1, 0)
        elif outcome.startswith("later:"):
            self._pass_on(work.run, message.hop, int(outcome.partition(":")[2]))
        else:
            self._start_next(run)
        return outcome.partition(":")[0]

    def _open(self, run: Run, connection: Connection, lease: Lease) -> Work:
        """Take the run over: its fence is ours from here on, and the attempt is counted."""
        state = self._ports.state(connection)
        state.fence(lease.fence)
        checkpoint = replace(run.checkpoint, attempts=run.checkpoint.attempts + 1)
        claimed = replace(
            run,
            fence=lease.fence,
            checkpoint=checkpoint,
            state=RunState.GATHERING if run.state is RunState.QUEUED else run.state,
            started_at=run.started_at or self._ports.clock.now(),
        )
        if not run.finished:
            claimed = self._ports.runs.save(claimed, due_at=lease.expires_at)
        return Work(
            ports=self._ports,
            run=claimed,
            connection=connection,
            lease=lease,
            crm=self._ports.crm(connection, claimed),
            marketing=self._ports.marketing(run.tenant_id),
            state=state,
            calls_before=run.crm_calls,
        )

    def _guarded(self, work: Work) -> str:
        """Go on with the run; every expected error ends in a state people can read."""
        if work.run.finished:
            work.run = announce_run(self._ports.runs, self._ports.events, work.run)
            return "done"
        if work.run.checkpoint.attempts > MAX_ATTEMPTS:
            return self._fail(work, "gave_up", "It was interrupted too often without getting on.")
        try:
            return self._advance(work)
        except Retry:
            return f"later:{RETRY_SECONDS * work.run.checkpoint.attempts}"
        except Defer as later:
            return f"later:{min(later.seconds, MAX_DELAY)}"
        except ConnectionStopped as stopped:
            return self._stop(work, stopped)
        except (RequestError, BooksDiffer) as error:
            code = error.code if isinstance(error, CrmSyncError) else "books_differ"
            return self._fail(work, code, str(error))

    def _advance(self, work: Work) -> str:
        if self._cancelled(work):
            finish(work, work.run, RunState.CANCELLED)
            return "cancelled"
        if work.connection.status is not ConnectionStatus.CONNECTED:
            text = work.connection.stopped_reason or "The connection has to be connected again."
            return self._fail(work, "not_connected", text)
        if work.run.state is RunState.GATHERING and not self._planned(work):
            return "continue"
        if work.run.kind is not RunKind.SYNC:
            finish(work, work.run, RunState.PLANNED)
            return "planned"
        if work.run.state is RunState.PLANNED:
            self._begin_applying(work)
        if work.run.state is RunState.APPLYING and not Apply(work).run():
            return "continue"
        if work.run.state is RunState.APPLYING:
            work.save(replace(work.run, state=RunState.SETTLING))
        Settle(work).run()
        return "done"

    def _cancelled(self, work: Work) -> bool:
        return self._ports.runs.cancel_requested(work.run.tenant_id, work.run.id)

    def _planned(self, work: Work) -> bool:
        """Make the plan, or take it from the preview; True when it is complete and stored."""
        if work.run.preview_id is not None:
            self._take_preview(work)
            return True
        planner = PlanUndo(work) if work.run.kind is RunKind.UNDO else Gather(work)
        if not planner.run():
            return False
        rows = work.run.mappings
        if work.run.kind is RunKind.SYNC:
            rows = self._guard(work)
        checkpoint = work.checkpoint(cursor="", mapping=0)
        work.save(replace(work.run, state=RunState.PLANNED, mappings=rows, checkpoint=checkpoint))
        return True

    def _take_preview(self, work: Work) -> None:
        preview = self._ports.runs.get(work.run.tenant_id, work.run.preview_id or "")
        if preview is None:
            raise ConnectionStopped("preview_gone", "The preview this run executes is gone.")
        checkpoint = work.checkpoint(
            plan=preview.checkpoint.plan,
            watermark=preview.checkpoint.watermark,
            local_watermark=preview.checkpoint.local_watermark,
            cursor="",
            mapping=0,
        )
        rows = tuple(
            replace(row, state=MappingState.RUNNING) if _executable(planned) else planned
            for row, planned in zip(work.run.mappings, preview.mappings, strict=True)
        )
        work.save(replace(work.run, state=RunState.PLANNED, mappings=rows, checkpoint=checkpoint))

    def _guard(self, work: Work) -> tuple[MappingRun, ...]:
        """Hold back the mappings that would change surprisingly much; the others go on."""
        rows = tuple(self._judged(work, row) for row in work.run.mappings)
        held = [i for i, row in enumerate(rows) if row.state is MappingState.HELD]
        if not held:
            return rows
        preview_id = derived_id("run", work.run.id, "held")
        self._ports.runs.create(_held_preview(work, rows, held, preview_id), due_at=None)
        return tuple(
            replace(row, held_preview_id=preview_id) if i in held else row
            for i, row in enumerate(rows)
        )

    def _judged(self, work: Work, row: MappingRun) -> MappingRun:
        if row.state is not MappingState.RUNNING or not row.campaign_id or not row.group_id:
            return row
        memory = work.state.memory(row.campaign_id, row.group_id)
        group = work.marketing.group(row.group_id) if planned_writes(row) else None
        known = Known(
            members=row.members,
            group_size=group.member_count if group else memory.group_size,
            members_before=memory.live_members,
            group_size_before=memory.group_size,
            creations=memory.creations,
            complete=row.complete,
        )
        reason = held_because(row.effect, known) if planned_writes(row) else None
        return replace(row, state=MappingState.HELD, reason=reason) if reason else row

    def _begin_applying(self, work: Work) -> None:
        """From here on the counts are outcomes, not plans."""
        rows = tuple(
            replace(
                row, counts={}, waterfall={}, conflicts=0, effect=Effect(), own_rows=0, pending=0
            )
            for row in work.run.mappings
        )
        checkpoint = work.checkpoint(cursor="")
        work.save(replace(work.run, state=RunState.APPLYING, mappings=rows, checkpoint=checkpoint))

    def _stop(self, work: Work, stopped: ConnectionStopped) -> str:
        """The connection needs a person: say so on it, end the run, tell once."""
        if _is_login(stopped):
            stop_connection(
                self._ports.connections,
                self._ports.events,
                tenant_id=work.run.tenant_id,
                connection_id=work.run.connection_id,
                reason=stopped.detail,
            )
        return self._fail(work, stopped.code, stopped.detail)

    def _fail(self, work: Work, code: str, detail: str) -> str:
        rows = tuple(
            replace(row, state=MappingState.FAILED, reason=code)
            if row.state in (MappingState.WAITING, MappingState.RUNNING)
            else row
            for row in work.run.mappings
        )
        finish(
            work, replace(work.run, mappings=rows, error_code=code, error=detail), RunState.FAILED
        )
        return "failed"

    def _pass_on(self, run: Run, hop: int, delay: int) -> None:
        if hop > MAX_HOPS:
            return
        message = SliceMessage(
            run.tenant_id, run.connection_id, run.id, run.checkpoint.version, hop
        )
        self._ports.queue.send(message, delay_seconds=delay)

    def _start_next(self, run: Run) -> None:
        """Enqueue the run that waited behind this one."""
        for other in self._ports.runs.unfinished(run.tenant_id, run.connection_id):
            if other.id != run.id:
                self._pass_on(other, 0, 0)
                return


def _executable(planned: MappingRun) -> bool:
    return planned.state not in (MappingState.FAILED, MappingState.PAUSED)


def _is_login(stopped: ConnectionStopped) -> bool:
    """Whether only signing in again can help."""
    return stopped.code in {"needs_reauth", "invalid_grant", "session_refused", "different_org"}


def _held_preview(work: Work, rows: tuple[MappingRun, ...], held: list[int], run_id: str) -> Run:
    """The held mappings' part of the plan as a preview of its own."""
    run = work.run
    now = work.ports.clock.now()
    parts = tuple(
        replace(ref, mapping=held.index(ref.mapping))
        for ref in run.checkpoint.plan
        if ref.mapping in held
    )
    return Run(
        id=run_id,
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
