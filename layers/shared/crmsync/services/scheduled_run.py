"""Make the run of an automation for its due time, once however often it is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from crmsync.domain.automation import Automation
from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.ids import derived_id
from crmsync.domain.run import Run, RunKind, Trigger
from crmsync.services.queue_run import QueueRun
from crmsync.services.run_rows import rows_of


@dataclass(frozen=True, slots=True)
class ScheduledRun:
    """Starts what automations ask for."""

    queue: QueueRun

    def scheduled(self, automation: Automation, connection: Connection) -> Run | None:
        """The run for the due time of the automation; None while nothing can run.

        Its id follows from the due time, so two ticks for one due time make one run.
        """
        due = automation.next_run_at
        if due is None or not automation.scheduled or automation.terms is None:
            return None
        if connection.status is not ConnectionStatus.CONNECTED:
            return None
        waiting = self.queue.runs.unfinished(connection.tenant_id, connection.id)
        if any(run.trigger is Trigger.SCHEDULE for run in waiting):
            return None
        return self.queue.start(
            connection,
            RunKind.SYNC,
            automation.terms.user_id,
            id=derived_id("run", connection.tenant_id, connection.id, due.isoformat()),
            trigger=Trigger.SCHEDULE,
            rows=rows_of(automation.live),
            terms_version=automation.terms.version,
        )
