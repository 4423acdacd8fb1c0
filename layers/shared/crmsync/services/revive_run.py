"""Look after a run that nobody has moved on in time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from crmsync.domain.mapping_run import failed
from crmsync.domain.run import Run, RunState, SliceMessage
from crmsync.ports.clock import Clock
from crmsync.ports.due import Due
from crmsync.ports.events import Events
from crmsync.ports.queue import SyncQueue
from crmsync.ports.runs import Runs
from crmsync.services.announce_run import announce_run

HOPELESS_AFTER = timedelta(hours=24)
"""A run this old that still gets stuck will not get anywhere."""
_LEASE = timedelta(seconds=90)
_HOLDER = "schedule_sync"
_STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class ReviveRun:
    """Brings runs to an end: no run is `running` for ever, and every end is announced."""

    runs: Runs
    queue: SyncQueue
    events: Events
    clock: Clock

    def __call__(self, due: Due) -> None:
        """Announce what ended unannounced, give up what is hopeless, enqueue the rest again.

        The message names the stored checkpoint, so a worker that is at it after all drops it.
        """
        run = self.runs.get(due.tenant_id, due.id)
        if run is None:
            return
        if run.finished:
            self._close(run)
        elif run.created_at + HOPELESS_AFTER <= self.clock.now():
            self._give_up(run)
        else:
            self._enqueue(run)

    def _close(self, run: Run) -> None:
        if run.event_sent:
            self.runs.save(run, due_at=None)
        else:
            announce_run(self.runs, self.events, run)

    def _enqueue(self, run: Run) -> None:
        checkpoint = run.checkpoint
        names = (run.tenant_id, run.connection_id, run.id)
        self.queue.send(SliceMessage(*names, checkpoint.version, checkpoint.hops))

    def _give_up(self, run: Run) -> None:
        """Under a lease of its own, so that a worker that still lives cannot write after it."""
        now = self.clock.now()
        names = (run.tenant_id, run.connection_id)
        lease = self.runs.acquire(*names, run.id, _HOLDER, now + _LEASE)
        if lease is None:
            return
        hours = HOPELESS_AFTER // timedelta(hours=1)
        ended = replace(
            run,
            state=RunState.FAILED,
            mappings=failed(run.mappings, _STUCK),
            error=f"The run did not end within {hours} hours. Start it again.",
            error_code=_STUCK,
            finished_at=now,
            progress=1.0,
            fence=lease.fence,
        )
        announce_run(self.runs, self.events, self.runs.save(ended, due_at=now))
        self.runs.release(*names, lease)
