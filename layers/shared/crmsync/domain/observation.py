"""What a decision is made from, and what it results in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crmsync.domain.base import NO_MEMBERSHIP, Link, MembershipBase
from crmsync.domain.change import Change
from crmsync.domain.contact import Contact
from crmsync.domain.fields import FIELD_NAMES, READ_ONLY_IN_CRM, FieldRule
from crmsync.domain.identity import Match
from crmsync.domain.mapping import Direction
from crmsync.domain.membership import Seen
from crmsync.domain.person import Person, PersonKind

PASSING = frozenset({"needs_review", "new_person_review", "out_of_scope", "create_unconfirmed"})
"""Reasons that may go away without an edit, so the unit is gathered again by id.

Being out of scope is none for a member that never was synced.
"""


@dataclass(frozen=True, slots=True)
class Policy:
    """What one mapping of one connection allows; `writable` is what the CRM lets us write.

    `returned` are fields that the CRM gives to read again after it had stopped to.
    """

    mapping_id: str
    direction: Direction
    rules: Mapping[str, FieldRule] = field(default_factory=dict)
    fields: tuple[str, ...] = FIELD_NAMES
    writable: frozenset[str] = frozenset(FIELD_NAMES) - READ_ONLY_IN_CRM
    consent_writable: bool = True
    hold_new_people: bool = False
    remove_members_in_crm: bool = False
    returned: frozenset[str] = frozenset()
    connection_id: str = ""

    @property
    def synced(self) -> list[str]:
        """The fields that travel at all."""
        return [name for name in self.fields if self.rule(name) is not FieldRule.OFF]

    def rule(self, name: str) -> FieldRule:
        """The rule of a field; the CRM wins unless told otherwise."""
        return self.rules.get(name, FieldRule.CRM_WINS)

    def direction_of(self, name: str, person: Person) -> Direction | None:
        """Which way this field may travel; None when it may not travel at all."""
        if name in person.hidden_fields:
            return None
        if name in self.writable and person.kind is not PersonKind.LEAD:
            return self.direction
        return Direction.IMPORT if self.direction.writes_marketing else None


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything known about one unit at one moment; `match` is set when nothing is linked yet.

    `member_id` is what the campaign's row names, also when that is no person we can read. `moved`
    says that the link is about to follow its person into the one that took over, `heir` is who
    took over without the link, being linked already. `in_other_campaign` and `in_other_group` say
    that another mapping of the run, to the same group or of the same campaign, has the member.
    """

    contact: Contact | None = None
    person: Person | None = None
    member_id: str | None = None
    link: Link | None = None
    membership: MembershipBase = NO_MEMBERSHIP
    member_left: bool = False
    seen: Seen = Seen.UNKNOWN
    row_id: str | None = None
    match: Match | None = None
    in_scope: bool = True
    in_inactive_campaign: bool = False
    suppressed: bool = False
    may_create: bool = False
    moved: bool = False
    is_account: bool = False
    heir: Person | None = None
    in_other_campaign: bool = False
    in_other_group: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The change, and what the base becomes when every step of it is acknowledged.

    `stored_link` and `stored_membership` are the base as it is until then. `told` is all that
    happens to the unit when an earlier try did a part of it already.
    """

    change: Change
    link: Link | None = None
    membership: MembershipBase = NO_MEMBERSHIP
    consent_unreadable: bool = False
    stored_link: Link | None = None
    stored_membership: MembershipBase = NO_MEMBERSHIP
    moved: bool = False
    told: Change | None = None
