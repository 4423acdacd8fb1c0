"""Start the run of an automation that is due, once per due time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from crmsync.domain.automation import Automation, next_due
from crmsync.domain.errors import Conflict
from crmsync.ports.automations import Automations
from crmsync.ports.clock import Clock
from crmsync.ports.connections import Connections
from crmsync.ports.due import Due
from crmsync.services.scheduled_run import ScheduledRun


@dataclass(frozen=True, slots=True)
class StartDue:
    """Starts runs whose time has come."""

    connections: Connections
    automations: Automations
    start: ScheduledRun
    clock: Clock

    def __call__(self, due: Due) -> None:
        """Afterwards the run is started and the next due time set; missed times count as one.

        A connection that cannot be used keeps its times without runs, so it goes on by itself
        once somebody signed in again.
        """
        automation = self.automations.get(due.tenant_id, due.id)
        planned = automation.next_run_at
        if not automation.scheduled or planned is None or planned > self.clock.now():
            return
        connection = self.connections.get(due.tenant_id, due.id)
        if connection is not None:
            self.start.scheduled(automation, connection)
        self._advance(due, automation, planned)

    def _advance(self, due: Due, automation: Automation, planned: datetime) -> None:
        """Somebody who edits the automation meanwhile may have set a new time, which stands."""
        while automation.next_run_at == planned:
            later = self._following(automation, planned)
            try:
                automation = self.automations.put(
                    due.tenant_id, replace(automation, next_run_at=later)
                )
            except Conflict:
                automation = self.automations.get(due.tenant_id, due.id)

    def _following(self, automation: Automation, planned: datetime) -> datetime:
        """Counted from the planned time, not from the tick, so that times do not drift."""
        now = self.clock.now()
        following = next_due(automation.live_cadence, planned)
        return following if following > now else next_due(automation.live_cadence, now)
