"""One signed-in user's way to everything they may do: the services of the API, bound to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crmsync.domain.automation import Automation
from crmsync.domain.caller import Caller
from crmsync.domain.connection import Connection
from crmsync.ports.artifacts import Artifacts
from crmsync.ports.audit import AuditLog, AuditPage
from crmsync.ports.automations import Automations
from crmsync.ports.clock import Clock
from crmsync.ports.connections import Connections
from crmsync.ports.crm import Crm
from crmsync.ports.ids import Ids
from crmsync.ports.marketing import Marketing
from crmsync.ports.notices import Notices
from crmsync.ports.queue import SyncQueue
from crmsync.ports.reviews import Reviews
from crmsync.ports.runs import Runs
from crmsync.ports.state import SyncState
from crmsync.services.answer_reviews import AnswerReviews
from crmsync.services.audited import Audit, AuditedAutomations, AuditedConnections
from crmsync.services.automations import EditAutomation
from crmsync.services.check_mappings import CheckMappings
from crmsync.services.contact_history import ContactHistory
from crmsync.services.edit_connection import EditConnection
from crmsync.services.edit_contacts import EditContacts
from crmsync.services.finalize_automation import FinalizeAutomation
from crmsync.services.groups import Groups
from crmsync.services.limit_rate import LimitRate
from crmsync.services.list_campaigns import ListCampaigns
from crmsync.services.measure_reach import MeasureReach
from crmsync.services.notices import ReadNotices
from crmsync.services.opt_in import OptIn
from crmsync.services.order_runs import OrderRuns
from crmsync.services.past_lists import PastLists
from crmsync.services.report_run import ReportRun
from crmsync.services.see_connections import SeeConnections
from crmsync.services.show_changes import ShowChanges
from crmsync.services.show_contacts import ShowContacts
from crmsync.services.show_platforms import ShowPlatforms
from crmsync.services.show_runs import ShowRuns
from crmsync.services.start_run import StartRun


@dataclass(frozen=True, slots=True)
class DeskPorts:
    """What the services of the API need from outside. The factories bind tenant and connection."""

    connections: Connections
    automations: Automations
    runs: Runs
    notices: Notices
    reviews: Reviews
    artifacts: Artifacts
    clock: Clock
    ids: Ids
    marketing: Callable[[str], Marketing]
    state: Callable[[Connection], SyncState]
    crm: Callable[[Connection, Caller], Crm]
    queue: SyncQueue
    limit: LimitRate
    audit: AuditLog


@dataclass(frozen=True, slots=True)
class Desk:
    """Hands out each service with the caller's tenant and name in it, and nobody else's."""

    ports: DeskPorts
    caller: Caller

    @property
    def connections(self) -> SeeConnections:
        """Which connections the caller sees."""
        return SeeConnections(self.ports.connections, self.caller)

    def automation_of(self, connection: Connection) -> Automation:
        """The automation of a connection that the caller was found to see."""
        return self.ports.automations.get(connection.tenant_id, connection.id)

    @property
    def edit_connection(self) -> EditConnection:
        """The owner's choices."""
        audited = AuditedConnections(self.ports.connections, self._audit)
        return EditConnection(self.connections, audited, self._crm, self.automation_of)

    @property
    def platforms(self) -> ShowPlatforms:
        """The cards of the Integrations page."""
        return ShowPlatforms(self.connections)

    @property
    def campaigns(self) -> ListCampaigns:
        """Campaigns of a connection."""
        return ListCampaigns(self.connections, self._crm)

    @property
    def groups(self) -> Groups:
        """The tenant's groups."""
        return Groups(self._marketing, self.ports.ids, self._history)

    @property
    def contacts(self) -> ShowContacts:
        """The tenant's contacts."""
        return ShowContacts(self._marketing)

    @property
    def edit_contacts(self) -> EditContacts:
        """Contacts, to be written."""
        return EditContacts(self._marketing, self.ports.ids, self._opt_in, self._history)

    @property
    def automation(self) -> EditAutomation:
        """Automations and their drafts."""
        ports = self.ports
        reach = MeasureReach(ports.connections, self._crm)
        return EditAutomation(
            self.connections, self._automations, self._check, reach, ports.clock, ports.ids
        )

    @property
    def finalize(self) -> FinalizeAutomation:
        """Drafts put into force."""
        ports = self.ports
        return FinalizeAutomation(
            self.connections, self._automations, ports.runs, self._check, ports.clock
        )

    @property
    def runs(self) -> ShowRuns:
        """Runs, to be followed."""
        return ShowRuns(self.connections, self.ports.runs, self.ports.artifacts)

    @property
    def past_lists(self) -> PastLists:
        """What the lists were."""
        ports = self.ports
        return PastLists(
            self.connections, ports.runs, ports.automations, ports.artifacts, ports.clock
        )

    @property
    def order_runs(self) -> OrderRuns:
        """Runs, to be started and stopped."""
        ports = self.ports
        start = StartRun(runs=ports.runs, queue=ports.queue, ids=ports.ids, clock=ports.clock)
        return OrderRuns(
            self.connections,
            self.runs,
            ports.automations,
            self._check,
            ports.ids,
            start,
            ports.limit,
        )

    @property
    def changes(self) -> ShowChanges:
        """What a run did, record by record."""
        return ShowChanges(self.ports.artifacts)

    @property
    def report(self) -> ReportRun:
        """The same for a spreadsheet."""
        return ReportRun(self.changes)

    @property
    def reviews(self) -> AnswerReviews:
        """Questions for the caller."""
        return AnswerReviews(self.connections, self.ports.reviews, self.ports.state)

    @property
    def notices(self) -> ReadNotices:
        """Notifications of the caller."""
        return ReadNotices(self.ports.notices, self.ports.ids, self.caller)

    def audit_page(self, connection_id: str, cursor: str | None, limit: int) -> AuditPage:
        """Who changed what about a connection that the caller sees."""
        seen = self.connections.one(connection_id)
        return self.ports.audit.page(seen.tenant_id, seen.id, cursor, limit)

    @property
    def _audit(self) -> Audit:
        return Audit(self.ports.audit, self.ports.ids, self.ports.clock, self.caller.user_id)

    @property
    def _automations(self) -> AuditedAutomations:
        return AuditedAutomations(self.ports.automations, self.ports.connections, self._audit)

    @property
    def _marketing(self) -> Marketing:
        return self.ports.marketing(self.caller.tenant_id)

    @property
    def _check(self) -> CheckMappings:
        return CheckMappings(self._marketing, self._crm)

    @property
    def _history(self) -> ContactHistory:
        return ContactHistory(self._marketing, self.ports.clock, self.caller.user_id)

    @property
    def _opt_in(self) -> OptIn:
        ports = self.ports
        return OptIn(
            self.caller.tenant_id, self._marketing, ports.connections, ports.state, self._crm
        )

    def _crm(self, connection: Connection) -> Crm:
        return self.ports.crm(connection, self.caller)
