"""One slice of one run: claim the connection, go on from the checkpoint, save, pass on.

Duplicate, late and reordered messages are harmless: a message for an older checkpoint is dropped
unless the worker that moved past it is dead, and only the holder of the lease works.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from crmsync.domain.connection import Connection
from crmsync.domain.errors import LeaseLost
from crmsync.domain.run import Run, RunState, SliceMessage
from crmsync.ports.runs import Lease
from crmsync.services.advance_run import AdvanceRun
from crmsync.services.work import LEASE_MARGIN, Ports, Work


class RunSlice:
    """Handles one queue message at a time."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def handle(self, message: SliceMessage) -> str:
        """Do one slice and say in one word what came of it.

        Raises only what is a bug, a wrong deployment or a vanished platform: an operator has to
        hear of it. The queue then delivers again.
        """
        run = self._ports.runs.get(message.tenant_id, message.run_id)
        if run is None or (run.finished and run.event_sent):
            return "done"
        connection = self._ports.connections.get(message.tenant_id, message.connection_id)
        if connection is None:
            return "gone"
        lease = None if self._must_queue(run) else self._acquire(run)
        if lease is None:
            return "waiting"
        if self._is_stale(message, run, lease):
            self._ports.runs.release(run.tenant_id, run.connection_id, lease)
            return "stale"
        return self._work_on(message, run, connection, lease)

    def _must_queue(self, run: Run) -> bool:
        """Whether another run of the connection is between two slices; its end starts this one."""
        if run.fence:
            return False
        others = self._ports.runs.unfinished(run.tenant_id, run.connection_id)
        return any(other.fence and other.id != run.id for other in others)

    def _acquire(self, run: Run) -> Lease | None:
        clock = self._ports.clock
        until = clock.now() + timedelta(seconds=clock.lifetime()) + LEASE_MARGIN
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
            work = self._open(message, run, connection, lease)
            outcome = AdvanceRun(work).run()
        except LeaseLost:
            self._ports.runs.release(run.tenant_id, run.connection_id, lease)  # if it is ours still
            return "lost"
        except Exception:
            self._ports.runs.release(run.tenant_id, run.connection_id, lease)
            raise
        self._ports.runs.release(run.tenant_id, run.connection_id, lease)
        if outcome == "continue":
            self._pass_on(work.run, message.hop + 1, 0)
        elif outcome.startswith("later:"):
            self._pass_on(work.run, message.hop, int(outcome.partition(":")[2]))
        else:
            self._start_next(run)
        return outcome.partition(":")[0]

    def _open(self, message: SliceMessage, run: Run, connection: Connection, lease: Lease) -> Work:
        """Take the run over: its fence is ours from here on; attempt and slice are counted."""
        state = self._ports.state(connection)
        state.fence(lease.fence)
        hops, attempts = max(run.checkpoint.hops, message.hop), run.checkpoint.attempts + 1
        checkpoint = replace(run.checkpoint, attempts=attempts, hops=hops)
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

    def _pass_on(self, run: Run, hop: int, delay: int) -> None:
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
