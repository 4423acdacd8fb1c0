"""The Crm port for one Salesforce login."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crmsync.adapters.salesforce import capabilities
from crmsync.adapters.salesforce.campaigns import Campaigns
from crmsync.adapters.salesforce.describe import OrgShape
from crmsync.adapters.salesforce.member_pages import MemberPages
from crmsync.adapters.salesforce.member_writes import MemberWrites
from crmsync.adapters.salesforce.members import Members
from crmsync.adapters.salesforce.org import Org
from crmsync.adapters.salesforce.people import PeopleReads
from crmsync.adapters.salesforce.people_writes import PeopleWrites
from crmsync.domain.connection import ApiBudget, Capability, Reach
from crmsync.domain.errors import ConnectionStopped, Retry
from crmsync.domain.person import Campaign, Member, OrgUser, Person
from crmsync.ports.crm import CampaignPage, CrmSchema, Delta, Look, MemberPage, PersonWrite, Written


@dataclass(slots=True)
class SalesforceCrm:
    """See ``crmsync.ports.crm.Crm`` for what each method promises.

    When a field or object went away since describe was read, describe is read again and the call
    repeated without it. `described` is what the platform offers everywhere.
    """

    org: Org
    described: tuple[Capability, ...] = ()
    pages: MemberPages = field(init=False)
    _schema: tuple[OrgShape, CrmSchema] | None = None

    def __post_init__(self) -> None:
        self.pages = MemberPages(self.org)

    @property
    def calls(self) -> int:
        """API calls made so far, counted as Salesforce does: a composite call is one."""
        return self.org.client.calls

    @property
    def budget(self) -> ApiBudget:
        """The org's usage as the last answer told it."""
        return self.org.client.budget

    @property
    def notes(self) -> str:
        """What describe told, as far as sync has a use for it."""
        return self.org.notes

    def identity(self) -> OrgUser:
        """The org and user behind the token; one call."""
        return self.org.identity()

    def schema(self) -> CrmSchema:
        """Fields and capabilities; an org whose API is closed has none, with the reason."""
        try:
            return self._schema_of(self.org.shape())
        except ConnectionStopped as error:
            if error.code != "api_disabled":
                raise
            return capabilities.without_api(self.described)

    def _schema_of(self, shape: OrgShape) -> CrmSchema:
        """Worked out once for each shape that was read."""
        if self._schema is None or self._schema[0] is not shape:
            found = capabilities.schema(self.org.probe, self.described, self.org.further)
            self._schema = (shape, found)
        return self._schema[1]

    def campaigns(self, search: str, cursor: str | None) -> CampaignPage:
        """One call."""
        return self.org.with_shape(lambda: Campaigns(self.org).page(search, cursor))

    def campaigns_named(self, name: str) -> tuple[Campaign, ...]:
        """One call."""
        return self.org.with_shape(lambda: Campaigns(self.org).named(name))

    def campaigns_by_id(self, ids: Sequence[str]) -> Mapping[str, Campaign]:
        """One call."""
        return self.org.with_shape(lambda: Campaigns(self.org).by_id(ids))

    def reach(self, campaign_ids: Sequence[str]) -> Reach:
        """One call."""
        return self.org.with_shape(lambda: Campaigns(self.org).reach(campaign_ids))

    def create_campaign(self, name: str) -> Written:
        """One call."""
        return Campaigns(self.org).create(name)

    def delta(self, campaign_ids: Sequence[str], since: datetime) -> Delta:
        """One call while the changes fit one page."""
        return self.org.with_shape(lambda: Members(self.org).delta(campaign_ids, since))

    def server_time(self) -> datetime:
        """One call, unless an answer told the time already."""
        if self.org.client.server_time is None:
            self.org.client.get("limits")
        if self.org.client.server_time is None:
            raise Retry("crm_answer_unreadable", "Your CRM did not tell its time.")
        return self.org.client.server_time

    def members_page(self, campaign_id: str, cursor: str | None) -> MemberPage:
        """One call for the first page, and one for every three after it."""
        return self.org.with_shape(lambda: self.pages.page(campaign_id, cursor))

    def member_ids(self, campaign_id: str) -> tuple[Member, ...]:
        """One call per 2,000 rows."""
        return self.org.with_shape(lambda: Members(self.org).ids(campaign_id))

    def look(self, campaign_ids: Sequence[str], person_ids: Sequence[str]) -> Look:
        """One call per 2,000 people."""
        return self.org.with_shape(lambda: PeopleReads(self.org).look(campaign_ids, person_ids))

    def predecessors(self, person_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """One call per 2,000 people."""
        return self.org.with_shape(lambda: PeopleReads(self.org).predecessors(person_ids))

    def people_by_email(self, addresses: Sequence[str]) -> tuple[Person, ...]:
        """One call per about 3,000 addresses."""
        return self.org.with_shape(lambda: PeopleReads(self.org).by_email(addresses))

    def people_by_external_id(self, contact_ids: Sequence[str]) -> tuple[Person, ...]:
        """One call per about 3,000 ids; none in an org without the field."""
        return self.org.with_shape(lambda: PeopleReads(self.org).by_external_id(contact_ids))

    def write_people(self, writes: Sequence[PersonWrite]) -> tuple[Written, ...]:
        """One call per 800 people, read back in it; one more for new ones without our id."""
        return PeopleWrites(self.org).write(writes) if writes else ()

    def add_members(self, campaign_id: str, people: Sequence[Person]) -> tuple[Written, ...]:
        """One call per 1,000 people."""
        return MemberWrites(self.org).add(campaign_id, people) if people else ()

    def remove_members(self, rows: Sequence[Member]) -> tuple[Written, ...]:
        """One call per 1,000 rows."""
        return MemberWrites(self.org).remove(rows) if rows else ()
