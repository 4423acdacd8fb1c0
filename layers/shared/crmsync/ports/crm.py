"""The CRM as the sync engine sees it: campaigns, members, people. One instance per connection.

Every method is one numbered input or output. Ids are 18 characters. Times are the server's.
All methods raise `Retry`, `Defer` or `ConnectionStopped`; per-record refusals are values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from crmsync.domain.connection import ApiBudget, Capability, Reach
from crmsync.domain.fields import Values
from crmsync.domain.person import Campaign, Member, OrgUser, Person


@dataclass(frozen=True, slots=True)
class CrmSchema:
    """What this login may do in this org, read from describe.

    `offered` are further fields that a field rule may name; those it does name are in `fields`.
    `hidden` fields cannot be read; of these, the `retyped` are there but hold no text.
    """

    fields: tuple[str, ...]
    writable: frozenset[str]
    hidden: frozenset[str]
    consent_readable: bool
    consent_writable: bool
    external_id: bool
    person_accounts: bool
    capabilities: tuple[Capability, ...]
    offered: tuple[str, ...] = ()
    retyped: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """One page of active campaigns; `cursor` is None on the last one."""

    items: tuple[Campaign, ...]
    cursor: str | None
    hidden_inactive_count: int


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Live members of one campaign in order of person id, with the people themselves.

    `people` lacks members that are accounts. `cursor` is None on the last page.
    """

    members: tuple[Member, ...]
    people: Mapping[str, Person]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Delta:
    """All that changed in the mapped campaigns since a moment, deleted rows where visible.

    `campaigns` are all that were asked for; one that is missing cannot be seen any more. `org_id`
    tells a refreshed sandbox from the org we know. `truncated` means that more changed than one
    call returns: fall back to a complete read.
    """

    server_time: datetime
    campaigns: Mapping[str, Campaign]
    members: tuple[Member, ...]
    people: Mapping[str, Person]
    org_id: str | None = None
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """A direct read by id: people that can be seen (deleted ones included) and live rows."""

    people: Mapping[str, Person]
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class PersonWrite:
    """Create or change one person. `person` is None to create; then `contact_id` is its key.

    `values` are the changed fields only; '' clears. `opt_out` can only be raised.
    """

    contact_id: str
    values: Values = field(default_factory=dict)
    opt_out: bool = False
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one write, in the order asked. Exactly one of `id` and `error` is set.

    `person` is the record as read back in the same call, where the CRM gave it.
    `error` is a `RecordRefused` code (`schema_changed`: the write named a field that is gone now);
    `unknown` means the reply was lost and nobody can know.
    `existed` means that it was there already and nothing was made. `matches` are the ids a
    duplicate rule pointed at.
    """

    id: str | None = None
    person: Person | None = None
    error: str | None = None
    detail: str = ""
    unknown: bool = False
    existed: bool = False
    matches: tuple[str, ...] = ()


class Crm(Protocol):
    """One login's view of one org."""

    @property
    def calls(self) -> int:
        """API calls made through this instance so far."""
        ...

    @property
    def budget(self) -> ApiBudget:
        """The org's daily calls as its last answer told them."""
        ...

    @property
    def notes(self) -> str:
        """What to give the next session of the connection, which then need not ask again."""
        ...

    def identity(self) -> OrgUser:
        """Who this token belongs to, and in which org."""
        ...

    def schema(self) -> CrmSchema:
        """Fields and capabilities from describe; cached by the adapter for one run."""
        ...

    def campaigns(self, search: str, cursor: str | None) -> CampaignPage:
        """Live, active campaigns whose name contains `search`, by name."""
        ...

    def campaigns_named(self, name: str) -> tuple[Campaign, ...]:
        """All live campaigns of exactly this name (case ignored), inactive ones included."""
        ...

    def campaigns_by_id(self, ids: Sequence[str]) -> Mapping[str, Campaign]:
        """The campaigns that can be seen, deleted ones included."""
        ...

    def reach(self, campaign_ids: Sequence[str]) -> Reach:
        """How many people these campaigns hold, this login sees, and its user owns."""
        ...

    def create_campaign(self, name: str) -> Written:
        """Create an active campaign. The caller checks the name first and after a lost reply."""
        ...

    def delta(self, campaign_ids: Sequence[str], since: datetime) -> Delta:
        """Everything stamped at or after `since`; one API call when nothing changed."""
        ...

    def server_time(self) -> datetime:
        """The CRM's clock, from a cheap call."""
        ...

    def members_page(self, campaign_id: str, cursor: str | None) -> MemberPage:
        """Up to 2,000 live members with their people, by keyset, so any page can be asked again."""
        ...

    def member_ids(self, campaign_id: str) -> tuple[Member, ...]:
        """Every live row of the campaign, ids only; complete or an error."""
        ...

    def look(self, campaign_ids: Sequence[str], person_ids: Sequence[str]) -> Look:
        """People by id and their live rows in these campaigns, in one call per 2,000."""
        ...

    def predecessors(self, person_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Ids of merged or converted records, by the id of the person that took over from them."""
        ...

    def people_by_email(self, addresses: Sequence[str]) -> tuple[Person, ...]:
        """Every person the login sees with one of these addresses, converted leads left out."""
        ...

    def people_by_external_id(self, contact_ids: Sequence[str]) -> tuple[Person, ...]:
        """People that carry one of our contact ids; empty where the org has no such field."""
        ...

    def write_people(self, writes: Sequence[PersonWrite]) -> tuple[Written, ...]:
        """Create or change people; a result per write, in order. Consent is never lowered."""
        ...

    def add_members(self, campaign_id: str, people: Sequence[Person]) -> tuple[Written, ...]:
        """Add people; one that is a member already counts as added."""
        ...

    def remove_members(self, rows: Sequence[Member]) -> tuple[Written, ...]:
        """Remove membership rows; one that is gone already counts as removed."""
        ...
