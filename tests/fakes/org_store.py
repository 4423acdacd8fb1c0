"""What an org holds, who may see it, and its clock. Rows are frozen values in dicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from crmsync.domain.connection import Capability
from crmsync.domain.fields import FIELD_NAMES, READ_ONLY_IN_CRM, address_key
from crmsync.domain.person import Campaign, Member, OrgUser, Person
from crmsync.ports.crm import CrmSchema

from tests.fakes.clock import FakeClock
from tests.fakes.org_rules import Automation, Normalise, Refusal, Rule
from tests.fakes.snapshots import Snapshots


@dataclass
class Login:
    """What one CRM user may see and write."""

    user: OrgUser
    view_all: bool = True
    hidden_fields: frozenset[str] = frozenset()
    read_only: frozenset[str] = READ_ONLY_IN_CRM
    consent_readable: bool = True
    consent_writable: bool = True
    stopped: Refusal | None = None

    @property
    def masks(self) -> bool:
        """Whether records look different to this user than they are."""
        return bool(self.hidden_fields) or not self.consent_readable


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the org's history. `actor` is `api` for what came through `FakeCrm`."""

    at: datetime
    actor: str
    verb: str
    record_id: str
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    opt_out: bool = False


@dataclass
class OrgStore(Snapshots):
    """Knobs first, then what the org holds.

    `external_id`: has the field for our contact ids. `offered`: further text fields.
    `public`: everybody sees everybody. `deleted_rows_in_delta`, `deleted_people_in_delta` and
    `changed_rows_bring_people`: what a changed-since read shows. `rows_need_person`: a membership
    row is visible only with its person. `reads_back`: writes answer with the record.
    `duplicate_rule`: `email`, `email_name` or none. `delta_limit`: rows before it is truncated.
    """

    clock: FakeClock
    org_id: str = "00D000000000001AAA"
    skew: timedelta = timedelta(seconds=0)
    external_id: bool = True
    person_accounts: bool = False
    creates_person_accounts: bool = False
    extra_fields: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    public: bool = True
    deleted_rows_in_delta: bool = True
    deleted_people_in_delta: bool = True
    changed_rows_bring_people: bool = True
    rows_need_person: bool = True
    reads_back: bool = True
    normalise: Normalise | None = None
    automation: Automation | None = None
    validation: Rule | None = None
    duplicate_rule: str | None = None
    page_size: int = 2000
    delta_limit: int = 2000
    daily_max: int = 100_000
    daily_used: int = 0
    share: float = 0.5
    logins: dict[str, Login] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    rows: dict[str, Member] = field(default_factory=dict)
    live: dict[str, dict[str, str]] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    created: dict[str, datetime] = field(default_factory=dict)
    stamps: dict[str, datetime] = field(default_factory=dict)
    emails: dict[str, tuple[str, ...]] = field(default_factory=dict)
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    deleted_at: dict[str, datetime] = field(default_factory=dict)
    replaced: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shares: dict[str, tuple[str, ...]] = field(default_factory=dict)
    hidden: dict[str, tuple[str, ...]] = field(default_factory=dict)
    noted: dict[str, CrmSchema] = field(default_factory=dict)
    poisoned: dict[str, Refusal] = field(default_factory=dict)
    ever_opted_out: dict[str, bool] = field(default_factory=dict)
    history: list[Entry] = field(default_factory=list)
    serial: dict[str, int] = field(default_factory=dict)
    actor: str = "user"
    late: datetime | None = None

    # --- clock and ids ------------------------------------------------------------------------

    def now(self) -> datetime:
        """The org's clock: whole seconds, and not ours."""
        return (self.clock.now() + self.skew).replace(microsecond=0)

    @property
    def stamp(self) -> datetime:
        """What a change made now is stamped with."""
        return self.late or self.now()

    @contextmanager
    def committed_late(self, stamped: datetime) -> Iterator[Self]:
        """Changes made inside were stamped then and become visible only now."""
        self.late = stamped.replace(microsecond=0)
        try:
            yield self
        finally:
            self.late = None

    @contextmanager
    def acting(self, actor: str) -> Iterator[None]:
        """Whose doing the history says it was."""
        before, self.actor = self.actor, actor
        try:
            yield
        finally:
            self.actor = before

    def new_id(self, prefix: str) -> str:
        """An 18-character id that sorts by creation within its kind."""
        self.serial[prefix] = self.serial.get(prefix, 0) + 1
        return f"{prefix}{self.org_id[11:15]}{self.serial[prefix]:08d}AAA"

    @property
    def field_names(self) -> tuple[str, ...]:
        """The fields a person has here."""
        return (*FIELD_NAMES, *self.extra_fields)

    # --- who sees what ------------------------------------------------------------------------

    def login(self, user_id: str, name: str = "", *, view_all: bool = True) -> Login:
        """Add a user; people are theirs by `owner_id`."""
        url = f"https://{self.org_id.lower()}.my.salesforce.com"
        user = OrgUser(self.org_id, f"Org {self.org_id}", url, user_id, name or user_id)
        self.logins[user_id] = Login(user, view_all=view_all)
        return self.logins[user_id]

    def sees(self, user_id: str, person: Person) -> bool:
        """Whether sharing shows this person to this user."""
        if user_id in self.hidden.get(person.id, ()):
            return False
        if self.public or person.owner_id == user_id or self.logins[user_id].view_all:
            return True
        return user_id in self.shares.get(person.id, ())

    def hide(self, record_id: str, user_id: str) -> None:
        """Sharing no longer shows this person or campaign to the user."""
        self.hidden[record_id] = (*self.hidden.get(record_id, ()), user_id)

    def unhide(self, record_id: str, user_id: str) -> None:
        """Sharing shows it again."""
        self.hidden[record_id] = tuple(u for u in self.hidden.get(record_id, ()) if u != user_id)

    def share_with(self, person_id: str, user_id: str) -> None:
        """Share one person of an org that is not public."""
        self.shares[person_id] = (*self.shares.get(person_id, ()), user_id)

    # --- storing people -----------------------------------------------------------------------

    def as_stored(self, values: Mapping[str, str]) -> dict[str, str]:
        """The values as this org keeps them: trimmed, and through `normalise`."""
        trimmed = {name: value.strip() for name, value in values.items()}
        if self.normalise is None:
            return trimmed
        return {name: self.normalise(name, value) for name, value in trimmed.items()}

    def store(self, person: Person, verb: str = "update") -> Person:
        """Keep the person, let automation have its say, stamp it and note what happened."""
        if self.automation is not None and not person.deleted:
            person = replace(person, values={**person.values, **self.automation(person)})
        person = replace(person, modified_at=self.stamp)
        before = self.people.get(person.id)
        self.people[person.id] = person
        self.stamps[person.id] = self.stamp
        self.index(before, person)
        if person.opted_out:
            self.ever_opted_out[person.id] = True
        old = before.values if before else {}
        after = {n: v for n, v in person.values.items() if old.get(n, "") != v}
        was = {name: old.get(name, "") for name in after}
        self.note(verb, person.id, was, after, opt_out=bool(person.opted_out))
        return person

    def index(self, before: Person | None, after: Person | None) -> None:
        """Keep the look-ups by address and by our own id."""
        for index, old, new in (
            (self.emails, _email(before), _email(after)),
            (self.keys, before and before.external_id, after and after.external_id),
        ):
            if old == new:
                continue
            if old and before:
                index[old] = tuple(i for i in index[old] if i != before.id)
            if new and after:
                index[new] = (*index.get(new, ()), after.id)

    def note(
        self,
        verb: str,
        record_id: str,
        before: Mapping[str, str],
        after: Mapping[str, str],
        *,
        opt_out: bool = False,
    ) -> None:
        """Add a line to the history."""
        entry = Entry(self.now(), self.actor, verb, record_id, before, after, opt_out)
        self.history.append(entry)


def _email(person: Person | None) -> str | None:
    return address_key(person.value("email")) if person else None
