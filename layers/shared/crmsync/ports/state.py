"""What sync remembers between runs: links with their base, memberships, pending units, decisions.

Keyed by tenant and org, so two connections to one org share links and cannot both create.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from crmsync.domain.base import Link, MembershipBase
from crmsync.domain.fields import Values
from crmsync.domain.identity import Decisions

CLAIM_LASTS = timedelta(minutes=10)
"""Longer than any worker lives and than Salesforce works on one request."""


@dataclass(frozen=True, slots=True)
class MappingMemory:
    """What a mapping (campaign and group of one connection) knew after its last settled run.

    `fingerprint` covers all whose change needs a complete read. `live_members` is what the campaign
    counted at the watermark, `young` which rows of those were minutes old (None: not known),
    `own_rows` how many rows we added to it since, and `group_size` what the group held. `creations`
    are the creates of the last runs; `local_watermark` is our own clock when the last settled run
    began to gather, and `settled_by` that run, so that settling it again after a crash counts
    nothing twice. `fields` is what the CRM gave to read then.
    """

    watermark: datetime | None = None
    fingerprint: str = ""
    full_at: datetime | None = None
    live_members: int = 0
    young: tuple[str, ...] | None = None
    own_rows: int = 0
    creations: tuple[int, ...] = ()
    held_preview_id: str | None = None
    held_until: datetime | None = None
    paused_reason: str | None = None
    group_size: int = 0
    local_watermark: datetime | None = None
    settled_by: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """The right, and the stated intent, to create one person; kept until the link exists."""

    contact_id: str
    holder: str
    claimed_at: datetime
    values: Values = field(default_factory=dict)

    def has_lapsed(self, at: datetime) -> bool:
        """Whether its holder is dead by then, and what it asked for would have turned up."""
        return at - self.claimed_at >= CLAIM_LASTS


@dataclass(frozen=True, slots=True)
class BasePage:
    """Membership bases of one mapping by contact id; `cursor` is None on the last page."""

    items: Mapping[str, MembershipBase]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Pending:
    """Units to look at again by id: contacts and people."""

    contact_ids: frozenset[str] = frozenset()
    person_ids: frozenset[str] = frozenset()


class SyncState(Protocol):
    """The memory of one connection: links by (tenant, org), the rest by connection."""

    def links_by_contact(self, contact_ids: Sequence[str]) -> Mapping[str, Link]:
        """Links by contact id; strongly consistent."""
        ...

    def links_by_person(self, person_ids: Sequence[str]) -> Mapping[str, Link]:
        """Links by person id; strongly consistent."""
        ...

    def put_links(self, links: Sequence[Link]) -> tuple[Link | None, ...]:
        """Store each if its `version` is current (0: neither id is linked); None when it is not.

        The stored links come back with their new version, in order.
        """
        ...

    def move_link(self, link: Link, person_id: str) -> Link | None:
        """Point the link at another person; None when that person is linked or the link moved."""
        ...

    def claims(self, contact_ids: Sequence[str]) -> Mapping[str, Claim]:
        """The claims that exist, by contact id; strongly consistent."""
        ...

    def claim(self, claims: Sequence[Claim]) -> tuple[Claim, ...]:
        """Take the right to create; for each the claim that holds now, ours or an earlier one.

        A claim of the same holder, or one that has lapsed, is replaced by the new one.
        """
        ...

    def release_claims(self, contact_ids: Sequence[str]) -> None:
        """Give claims up: the link exists, or nothing was created."""
        ...

    def memory(self, campaign_id: str, group_id: str) -> MappingMemory:
        """What the mapping remembers; an empty memory when it never settled."""
        ...

    def remember(self, campaign_id: str, group_id: str, memory: MappingMemory) -> None:
        """Replace what the mapping remembers."""
        ...

    def membership_bases(
        self, campaign_id: str, group_id: str, contact_ids: Sequence[str]
    ) -> Mapping[str, MembershipBase]:
        """The bases that exist, by contact id."""
        ...

    def membership_base_page(self, campaign_id: str, group_id: str, cursor: str | None) -> BasePage:
        """All bases of a mapping in order of contact id."""
        ...

    def put_membership_bases(
        self, campaign_id: str, group_id: str, bases: Mapping[str, MembershipBase]
    ) -> None:
        """Store bases by contact id; one equal to an empty base is forgotten."""
        ...

    def pending(self, campaign_id: str, group_id: str) -> Pending:
        """What did not end in agreement last time."""
        ...

    def put_pending(self, campaign_id: str, group_id: str, pending: Pending) -> None:
        """Replace the pending units of a mapping."""
        ...

    def decisions(self, keys: Sequence[str]) -> Mapping[str, Decisions]:
        """What people decided, by contact or person id."""
        ...

    def put_decision(self, key: str, decisions: Decisions) -> None:
        """Remember a decision for good."""
        ...

    def fence(self, number: int) -> None:
        """From now on every write of this instance is refused once a higher fence exists."""
        ...
