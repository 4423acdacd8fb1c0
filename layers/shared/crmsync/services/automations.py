"""The saved automation: edited as a draft, run only as finalized, paused at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from crmsync.domain.automation import Automation, Cadence, next_due
from crmsync.domain.connection import Connection
from crmsync.domain.mapping import Mapping
from crmsync.ports.automations import Automations
from crmsync.ports.clock import Clock
from crmsync.ports.ids import Ids
from crmsync.services.check_mappings import CheckMappings, with_ids
from crmsync.services.measure_reach import MeasureReach
from crmsync.services.put_again import put_again
from crmsync.services.see_connections import SeeConnections


@dataclass(frozen=True, slots=True)
class DraftInput:
    """What the page wants saved; None leaves the cadence or the switch as it is."""

    mappings: Sequence[Mapping]
    cadence: Cadence | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class EditAutomation:
    """Reads and drafts the automation of a connection. A draft has no effect on either side."""

    see: SeeConnections
    automations: Automations
    check: CheckMappings
    reach: MeasureReach
    clock: Clock
    ids: Ids

    def one(self, connection_id: str) -> Automation:
        """The automation of a connection that the caller may read; empty when none was saved."""
        connection = self.see.one(connection_id)
        return self.automations.get(connection.tenant_id, connection.id)

    def save(self, connection_id: str, draft: DraftInput) -> Automation:
        """The automation with this draft. What the schedule runs stays, but pauses or resumes.

        Pausing never waits for the CRM, nor for a campaign that can no longer be mapped.
        """
        connection = self.see.own(connection_id)
        self.check.require(connection, draft.mappings, ask_crm=draft.enabled is not False)
        saved = change_automation(
            self.automations, connection, lambda now: self._drafted(now, draft)
        )
        self.reach.measure(connection, saved.draft)
        return saved

    def _drafted(self, now: Automation, draft: DraftInput) -> Automation:
        enabled = now.enabled if draft.enabled is None else draft.enabled
        drafted = replace(
            now,
            draft=with_ids(draft.mappings, (*now.draft, *now.live), self.ids),
            draft_cadence=draft.cadence or now.draft_cadence,
            enabled=enabled,
        )
        return drafted if enabled is now.enabled else rescheduled(drafted, self.clock)


def rescheduled(automation: Automation, clock: Clock) -> Automation:
    """The automation due next as its live cadence says, or never while it is not scheduled."""
    if not automation.scheduled:
        return replace(automation, next_run_at=None)
    return replace(automation, next_run_at=next_due(automation.live_cadence, clock.now()))


def change_automation(
    automations: Automations, connection: Connection, change: Callable[[Automation], Automation]
) -> Automation:
    """Store what `change` makes of the current automation; again when the schedule wrote first."""
    tenant_id = connection.tenant_id
    return put_again(
        lambda: automations.get(tenant_id, connection.id),
        change,
        lambda wanted: automations.put(tenant_id, wanted),
    )
