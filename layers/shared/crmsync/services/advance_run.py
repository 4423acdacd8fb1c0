"""Go on with a run from wherever it stands, until it ends or the slice has to.

It must not know of queues, nor who holds the lease and why.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from crmsync.domain.connection import ConnectionStatus
from crmsync.domain.errors import ConnectionStopped, CrmSyncError, Defer, LeaseLost, Retry
from crmsync.domain.mapping_run import uncounted
from crmsync.domain.run import RunKind, RunState, Trigger
from crmsync.services.announce_run import announce_run
from crmsync.services.apply import Apply
from crmsync.services.break_off import cancel, cut_off, fail, stop
from crmsync.services.end_run import finish
from crmsync.services.make_plan import MakePlan
from crmsync.services.settle import BooksDiffer, Settle
from crmsync.services.work import LEASE_MARGIN, Work

MAX_HOPS = 500
"""Slices of one run at most; a run that needs more is going round in circles."""
MAX_ATTEMPTS = 5
RETRY_SECONDS = 30
MAX_DELAY = 900


class AdvanceRun:
    """Advances the run in hand by one slice."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def run(self) -> str:
        """Go on with the run; every expected error ends in a state people can read."""
        try:
            return self._advance()
        except LeaseLost:
            raise
        except Retry:
            return self._later(RETRY_SECONDS * self._work.run.checkpoint.attempts)
        except Defer as later:
            return self._later(min(later.seconds, MAX_DELAY), counted=False)
        except ConnectionStopped as stopped:
            return stop(self._work, stopped)
        except (CrmSyncError, BooksDiffer) as error:
            return self._break(error)

    def _break(self, error: CrmSyncError | BooksDiffer) -> str:
        """End the run; what only the operator can help with is raised after that."""
        outcome = fail(self._work, getattr(error, "code", "books_differ"), str(error))
        if type(error) is CrmSyncError or isinstance(error, BooksDiffer):
            raise error
        return outcome

    def _later(self, seconds: int, *, counted: bool = True) -> str:
        """Come back after `seconds`; the sweep leaves the run alone until then.

        A wait the CRM asked for is not an attempt that failed, so it is not counted as one.
        """
        due = self._work.ports.clock.now() + timedelta(seconds=seconds) + LEASE_MARGIN
        self._work.save(
            self._work.run,
            due_at=due,
            attempts=self._work.run.checkpoint.attempts if counted else 0,
        )
        return f"later:{seconds}"

    def _advance(self) -> str:
        """Go on from the run's state until it ends or the slice has to."""
        ended = self._ended_early()
        if ended is not None:
            return ended
        if self._work.run.state is RunState.GATHERING and not MakePlan(self._work).run():
            return "continue"
        if self._work.run.kind is not RunKind.SYNC:
            finish(self._work, self._work.run, RunState.PLANNED)
            return "planned"
        return self._apply()

    def _apply(self) -> str:
        if self._work.run.state is RunState.PLANNED:
            self._begin_applying()
        if self._work.run.state is RunState.APPLYING:
            if not Apply(self._work).run():
                return "continue"
            self._work.save(replace(self._work.run, state=RunState.SETTLING))
        Settle(self._work).run()
        return "done"

    def _ended_early(self) -> str | None:
        """What there is to say when the run cannot, or need not, go on."""
        run = self._work.run
        if run.finished:
            self._work.run = announce_run(self._work.ports.runs, self._work.ports.events, run)
            return "done"
        if run.checkpoint.attempts > MAX_ATTEMPTS:
            return fail(self._work, "gave_up", "It was interrupted too often without getting on.")
        if run.checkpoint.hops > MAX_HOPS:
            text = f"It did not end within {MAX_HOPS} slices. What it wrote is kept; sync again."
            return fail(self._work, "too_many_slices", text)
        return self._stopped_by_owner()

    def _stopped_by_owner(self) -> str | None:
        """What there is to say when the owner ended the connection or the run."""
        if self._work.connection.status is ConnectionStatus.DISCONNECTED:
            return cut_off(self._work)
        if self._work.cancel_requested() or self._is_paused():
            return cancel(self._work)
        if self._work.connection.status is not ConnectionStatus.CONNECTED:
            text = "The connection has to be connected again."
            return fail(self._work, "not_connected", text)
        return None

    def _is_paused(self) -> bool:
        """Whether the schedule that asked for the run was switched off since."""
        run = self._work.run
        if run.trigger is not Trigger.SCHEDULE:
            return False
        return not self._work.ports.automations.get(run.tenant_id, run.connection_id).enabled

    def _begin_applying(self) -> None:
        """From here on the counts are outcomes, not plans."""
        rows = tuple(uncounted(row) for row in self._work.run.mappings)
        checkpoint = self._work.checkpoint(cursor="")
        self._work.save(
            replace(self._work.run, state=RunState.APPLYING, mappings=rows, checkpoint=checkpoint)
        )
