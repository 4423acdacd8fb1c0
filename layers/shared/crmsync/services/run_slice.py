"""One slice of one run: claim the connection, go on from the checkpoint, save, pass on.

Duplicate, late and reordered messages are harmless: a message for an older checkpoint is dropped
unless the worker that moved past it is dead, and only the holder of the lease works.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.errors import ConnectionStopped, CrmSyncError, Defer, LeaseLost, Retry
from crmsync.domain.run import MappingState, Run, RunKind, RunState, SliceMessage, uncounted
from crmsync.ports.control import Lease
from crmsync.services.announce_run import announce_run
from crmsync.services.apply import Apply
from crmsync.services.end_run import finish
from crmsync.services.make_plan import MakePlan
from crmsync.services.settle import BooksDiffer, Settle
from crmsync.services.stop_connection import stop_connection
from crmsync.services.work import LEASE_MARGIN, Ports, Work

MAX_HOPS = 500
"""Slices of one run at most; a run that needs more is going round in circles."""
MAX_ATTEMPTS = 5
RETRY_SECONDS = 30
MAX_DELAY = 900
LOGIN_CODES = frozenset(
    {
        "access_denied",
        "app_blocked",
        "different_org",
        "grant_refused",
        "host_not_allowed",
        "inactive_org",
        "inactive_user",
        "invalid_grant",
        "needs_reauth",
        "no_refresh_token",
        "org_moved",
        "refresh_answer_lost",
        "scope_refused",
        "session_refused",
    }
)
"""What a connection can only be healed of by signing in again."""


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
            outcome = self._guarded(work)
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

    def _guarded(self, work: Work) -> str:
        """Go on with the run; every expected error ends in a state people can read."""
        try:
            return self._advance(work)
        except LeaseLost:
            raise
        except Retry:
            return self._later(work, RETRY_SECONDS * work.run.checkpoint.attempts)
        except Defer as later:
            return self._later(work, min(later.seconds, MAX_DELAY), counted=False)
        except ConnectionStopped as stopped:
            return self._stop(work, stopped)
        except (CrmSyncError, BooksDiffer) as error:
            return self._break(work, error)

    def _break(self, work: Work, error: CrmSyncError | BooksDiffer) -> str:
        """End the run; what only the operator can help with is raised after that."""
        outcome = self._fail(work, getattr(error, "code", "books_differ"), str(error))
        if type(error) is CrmSyncError or isinstance(error, BooksDiffer):
            raise error
        return outcome

    def _later(self, work: Work, seconds: int, *, counted: bool = True) -> str:
        """Come back after `seconds`; the sweep leaves the run alone until then.

        A wait the CRM asked for is not an attempt that failed, so it is not counted as one.
        """
        due = self._ports.clock.now() + timedelta(seconds=seconds) + LEASE_MARGIN
        work.save(work.run, due_at=due, attempts=work.run.checkpoint.attempts if counted else 0)
        return f"later:{seconds}"

    def _advance(self, work: Work) -> str:
        """Go on from the run's state until it ends or the slice has to."""
        ended = self._ended_early(work)
        if ended is not None:
            return ended
        if work.run.state is RunState.GATHERING and not MakePlan(work).run():
            return "continue"
        if work.run.kind is not RunKind.SYNC:
            finish(work, work.run, RunState.PLANNED)
            return "planned"
        return self._apply(work)

    def _apply(self, work: Work) -> str:
        if work.run.state is RunState.PLANNED:
            self._begin_applying(work)
        if work.run.state is RunState.APPLYING:
            if not Apply(work).run():
                return "continue"
            work.save(replace(work.run, state=RunState.SETTLING))
        Settle(work).run()
        return "done"

    def _ended_early(self, work: Work) -> str | None:
        """What there is to say when the run cannot, or need not, go on."""
        run = work.run
        if run.finished:
            work.run = announce_run(self._ports.runs, self._ports.events, run)
            return "done"
        if run.checkpoint.attempts > MAX_ATTEMPTS:
            return self._fail(work, "gave_up", "It was interrupted too often without getting on.")
        if run.checkpoint.hops > MAX_HOPS:
            text = f"It did not end within {MAX_HOPS} slices. What it wrote is kept; sync again."
            return self._fail(work, "too_many_slices", text)
        return self._stopped_by_owner(work)

    def _stopped_by_owner(self, work: Work) -> str | None:
        """What there is to say when the owner ended the connection or the run."""
        if work.connection.status is ConnectionStatus.DISCONNECTED:
            return self._cut_off(work)
        if work.cancel_requested():
            finish(work, work.run, RunState.CANCELLED)
            return "cancelled"
        if work.connection.status is not ConnectionStatus.CONNECTED:
            text = "The connection has to be connected again."
            return self._fail(work, "not_connected", text)
        return None

    def _begin_applying(self, work: Work) -> None:
        """From here on the counts are outcomes, not plans."""
        rows = tuple(uncounted(row) for row in work.run.mappings)
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
                reason=stopped.code,
            )
        connection = self._ports.connections.get(work.run.tenant_id, work.run.connection_id)
        if connection is None or connection.status is ConnectionStatus.DISCONNECTED:
            return self._cut_off(work)
        return self._fail(work, stopped.code, stopped.detail)

    def _cut_off(self, work: Work) -> str:
        """The owner disconnected: that ends the run and is no failure of it."""
        text = "The connection was disconnected. What was done until then stays."
        ended = replace(work.run, error_code="disconnected", error=text)
        finish(work, ended, RunState.CANCELLED)
        return "cancelled"

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


def _is_login(stopped: ConnectionStopped) -> bool:
    """Whether only signing in again can help."""
    return stopped.code in LOGIN_CODES
