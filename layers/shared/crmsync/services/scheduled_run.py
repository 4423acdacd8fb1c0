"""Make the run of an automation for its due time, once however often it is asked for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from crmsync.domain.automation import Automation
from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.run import Run, RunKind, Trigger
from crmsync.services.queue_run import QueueRun
from crmsync.services.run_rows import rows_of


@dataclass(frozen=True, slots=True)
class ScheduledRun:
    """Starts what automations ask for."""

    queue: QueueRun

    def scheduled(self, automation: Automation, connection: Connection) -> Run | None:
        """The run for the due time of the automation, once; None while nothing can run."""
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
            id=_scheduled_id(connection, due),
            trigger=Trigger.SCHEDULE,
            rows=rows_of(automation.live),
            terms_version=automation.terms.version,
        )


def _scheduled_id(connection: Connection, due: datetime) -> str:
    """Derived from the due time, so two ticks for one due time make one run."""
    text = f"{connection.tenant_id}|{connection.id}|{due.isoformat()}"
    return "run_" + hashlib.sha256(text.encode()).hexdigest()[:26]
