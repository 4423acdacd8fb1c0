"""A Salesforce-like org in memory: what it holds, and what its own users do to it.

Nothing here is counted as an input or output; `FakeCrm` is the way in for the code under test.
Rows are frozen domain values in dicts, so a snapshot is a copy of the dicts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from crmsync.domain.connection import Capability
from crmsync.domain.fields import FIELD_NAMES, PHONE_FIELDS, READ_ONLY_IN_CRM, address_key
from crmsync.domain.person import Campaign, Member, OrgUser, Person, PersonKind

from tests.fakes.clock import FakeClock
from tests.fakes.snapshots import Snapshots

BLANK = dict.fromkeys(FIELD_NAMES, "")
PREFIXES = {
    PersonKind.CONTACT: "003",
    PersonKind.PERSON_ACCOUNT: "003",
    PersonKind.LEAD: "00Q",
}
LENGTHS = {
    "salutation": 40,
    "first_name": 40,
    "last_name": 80,
    "email": 80,
    "title": 128,
    "phone": 40,
    "mobile_phone": 40,
    "street": 255,
    "city": 40,
    "state": 80,
    "postal_code": 20,
    "country": 80,
}
BIN_DAYS = timedelta(days=15)
"""How long deleted records, and the trail of merges, can still be read."""

Refusal = tuple[str, str]
"""Code and sentence."""
Rule = Callable[[Person | None, Mapping[str, str]], Refusal | None]
Automation = Callable[[Person], Mapping[str, str]]


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
class Written:
    """One entry of the org's history. `actor` is `api` for what came through `FakeCrm`."""

    at: datetime
    actor: str
    verb: str
    record_id: str
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    opt_out: bool = False


@dataclass
class FakeOrg(Snapshots):
    """Knobs first, then what it holds.

    `external_id`: has the field for our contact ids. `deleted_rows_in_delta` and
    `deleted_people_in_delta`: what a changed-since read shows of deletions. `rows_need_person`: a
    member row is visible only with its person. `reads_back`: writes answer with the record.
    `normalise` rewrites a value as it is stored; `automation` rewrites the record right after.
    """

    clock: FakeClock
    org_id: str = "00D000000000001AAA"
    skew: timedelta = timedelta(seconds=0)
    external_id: bool = True
    person_accounts: bool = False
    creates_person_accounts: bool = False
    extra_fields: tuple[str, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    public: bool = True
    deleted_rows_in_delta: bool = True
    deleted_people_in_delta: bool = True
    changed_rows_bring_people: bool = False
    rows_need_person: bool = True
    reads_back: bool = True
    normalise: Callable[[str, str], str] | None = None
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
    stamps: dict[str, datetime] = field(default_factory=dict)
    emails: dict[str, tuple[str, ...]] = field(default_factory=dict)
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    deleted_at: dict[str, datetime] = field(default_factory=dict)
    replaced: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shares: dict[str, tuple[str, ...]] = field(default_factory=dict)
    hidden: dict[str, tuple[str, ...]] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    rows: dict[str, Member] = field(default_factory=dict)
    live: dict[str, dict[str, str]] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    poisoned: dict[str, Refusal] = field(default_factory=dict)
    ever_opted_out: dict[str, bool] = field(default_factory=dict)
    history: list[Written] = field(default_factory=list)
    serial: dict[str, int] = field(default_factory=dict)
    actor: str = "user"
    _stamp: datetime | None = None

    # --- clock and identity -------------------------------------------------------------------

    def now(self) -> datetime:
        """The org's clock: whole seconds, and not ours."""
        return (self.clock.now() + self.skew).replace(microsecond=0)

    @property
    def stamp(self) -> datetime:
        """What a change made now is stamped with."""
        return self._stamp or self.now()

    @contextmanager
    def committed_late(self, stamped: datetime) -> Iterator[FakeOrg]:
        """Changes that were stamped then and become visible only now."""
        self._stamp = stamped.replace(microsecond=0)
        try:
            yield self
        finally:
            self._stamp = None

    def new_id(self, prefix: str) -> str:
        """An 18-character id that sorts by creation within its kind."""
        self.serial[prefix] = self.serial.get(prefix, 0) + 1
        return f"{prefix}{self.org_id[11:15]}{self.serial[prefix]:08d}AAA"

    def login(self, user_id: str, name: str = "", *, view_all: bool = True) -> Login:
        """Add a user; people are theirs by `owner_id`."""
        url = f"https://{self.org_id.lower()}.my.salesforce.com"
        user = OrgUser(self.org_id, f"Org {self.org_id}", url, user_id, name or user_id)
        self.logins[user_id] = Login(user, view_all=view_all)
        return self.logins[user_id]

    @property
    def field_names(self) -> tuple[str, ...]:
        """The fields a person has here."""
        return (*FIELD_NAMES, *self.extra_fields)

    # --- visibility ---------------------------------------------------------------------------

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
        """Share one person of a private org."""
        self.shares[person_id] = (*self.shares.get(person_id, ()), user_id)

    # --- people, as CRM users edit them -------------------------------------------------------

    def add_person(
        self,
        owner_id: str,
        kind: PersonKind = PersonKind.CONTACT,
        *,
        opted_out: bool = False,
        **values: str,
    ) -> Person:
        """A user creates a person."""
        return self.create(owner_id, kind, values, opted_out=opted_out)

    def create(
        self,
        owner_id: str,
        kind: PersonKind,
        values: Mapping[str, str],
        *,
        opted_out: bool,
        external_id: str | None = None,
    ) -> Person:
        """A new person, whoever creates it."""
        person_id = self.new_id(PREFIXES[kind])
        account = self.new_id("001") if kind is not PersonKind.LEAD else None
        return self.store(
            Person(
                id=person_id,
                kind=kind,
                values={**BLANK, **dict.fromkeys(self.extra_fields, ""), **self.as_stored(values)},
                opted_out=opted_out,
                owner_id=owner_id,
                modified_at=self.stamp,
                account_id=account,
                external_id=external_id if self.external_id else None,
            ),
            verb="create",
        )

    def edit(self, person_id: str, **values: str) -> Person:
        """A user types new values; the org stores them its own way."""
        unknown = set(values) - set(self.field_names)
        assert not unknown, f"no such fields: {sorted(unknown)}"
        person = self.alive(person_id)
        return self.store(replace(person, values={**person.values, **self.as_stored(values)}))

    def opt_out(self, person_id: str) -> Person:
        """A user ticks the opt-out."""
        return self.store(replace(self.alive(person_id), opted_out=True))

    def user_clears_opt_out(self, person_id: str) -> Person:
        """A user unticks the opt-out, by mistake or not; no sync may ever do this."""
        return self.store(replace(self.alive(person_id), opted_out=False), verb="clear_opt_out")

    def give_to(self, person_id: str, owner_id: str) -> Person:
        """The person changes hands."""
        return self.store(replace(self.alive(person_id), owner_id=owner_id), verb="change_owner")

    def touch(self, person_id: str) -> Person:
        """Something saves the record without changing it."""
        return self.store(self.alive(person_id), verb="touch")

    def delete_person(self, person_id: str) -> None:
        """A user moves the person to the bin; member rows go with it."""
        self._end_rows_of(person_id)
        self.store(replace(self.alive(person_id), deleted=True), verb="delete")
        self.deleted_at[person_id] = self.now()

    def undelete_person(self, person_id: str) -> Person:
        """A user takes the person out of the bin; member rows do not come back."""
        self.deleted_at.pop(person_id, None)
        return self.store(replace(self.people[person_id], deleted=False), verb="undelete")

    def merge(
        self, master_id: str, loser_id: str, *, opted_out: bool | None = None, **values: str
    ) -> Person:
        """A user merges two people: the master keeps its id, the other goes to the bin.

        Member rows move to the master; where it is a member already the loser's row goes. Consent
        is the master's unless told otherwise, which is how an opt-out gets lost in a CRM.
        """
        master, loser = self.alive(master_id), self.alive(loser_id)
        self._move_rows(loser_id, master_id)
        self.store(replace(loser, deleted=True, merged_into=master_id), verb="merge_away")
        self.deleted_at[loser_id] = self.now()
        self.replaced[master_id] = (*self.replaced.get(master_id, ()), loser_id)
        kept = master.opted_out if opted_out is None else opted_out
        merged = {**master.values, **self.as_stored(values)}
        return self.store(replace(master, values=merged, opted_out=kept), verb="merge_into")

    def convert(
        self, lead_id: str, person_id: str | None = None, *, carry_consent: bool = True
    ) -> Person:
        """A user converts a lead into a new contact, or into an existing one."""
        lead = self.alive(lead_id)
        if person_id is None:
            out = bool(lead.opted_out) and carry_consent
            kind = PersonKind.CONTACT
            person_id = self.create(lead.owner_id, kind, lead.values, opted_out=out).id
        self._move_rows(lead_id, person_id)
        self.store(replace(lead, converted_into=person_id), verb="convert")
        self.replaced[person_id] = (*self.replaced.get(person_id, ()), lead_id)
        return self.people[person_id]

    def empty_bin(self) -> None:
        """What was deleted more than 15 days ago is gone, and with it where it was merged to."""
        for person_id, at in list(self.deleted_at.items()):
            if self.now() - at > BIN_DAYS:
                del self.deleted_at[person_id]
                self._index(self.people.pop(person_id), None)
                self.stamps.pop(person_id, None)

    def alive(self, person_id: str) -> Person:
        """A person that users can still edit."""
        person = self.people[person_id]
        assert not person.deleted, f"{person_id} is deleted"
        return person

    # --- campaigns and rows, as CRM users edit them -------------------------------------------

    def add_campaign(self, name: str, *, active: bool = True, owner: str = "") -> Campaign:
        """A user creates a campaign."""
        campaign = Campaign(self.new_id("701"), name, active, 0, owner=owner)
        self.live[campaign.id] = {}
        return self.store_campaign(campaign, "create")

    def change_campaign(
        self, campaign_id: str, *, active: bool | None = None, name: str | None = None
    ) -> Campaign:
        """A user activates, deactivates or renames a campaign."""
        campaign = self.campaigns[campaign_id]
        active = campaign.active if active is None else active
        return self.store_campaign(
            replace(campaign, active=active, name=name or campaign.name), "update"
        )

    def delete_campaign(self, campaign_id: str) -> None:
        """A user deletes a campaign; its rows go with it."""
        for row_id in list(self.live[campaign_id].values()):
            self.end_row(row_id)
        self.store_campaign(replace(self.campaigns[campaign_id], deleted=True), "delete")

    def store_campaign(self, campaign: Campaign, verb: str) -> Campaign:
        """Keep the campaign and stamp it."""
        self.campaigns[campaign.id] = campaign
        self.stamps[campaign.id] = self.stamp
        self._note(verb, campaign.id, {}, {"name": campaign.name})
        return campaign

    def counted_campaign(self, campaign_id: str) -> Campaign:
        """The campaign with its member count, which includes people nobody may see."""
        return replace(self.campaigns[campaign_id], member_count=self.counted.get(campaign_id, 0))

    def join(self, campaign_id: str, person_id: str, *, is_account: bool = False) -> Member:
        """Somebody becomes a member; a member already stays the one row it is."""
        known = self.live[campaign_id].get(person_id)
        if known is not None:
            return self.rows[known]
        row_id, now = self.new_id("00v"), self.stamp
        row = Member(
            row_id, campaign_id, person_id, is_account=is_account, created_at=now, modified_at=now
        )
        self._keep_row(row)
        self._note("join", row.id, {}, {"campaign": campaign_id, "person": person_id})
        return row

    def join_account(self, campaign_id: str) -> Member:
        """An account becomes a member; it is no person."""
        return self.join(campaign_id, self.new_id("001"), is_account=True)

    def leave(self, campaign_id: str, person_id: str) -> None:
        """A user removes the member row."""
        self.end_row(self.live[campaign_id][person_id])

    def end_row(self, row_id: str) -> None:
        """The row is deleted; CampaignMember rows never come back from the bin."""
        row = self.rows[row_id]
        if row.deleted:
            return
        self._drop_live(row)
        self.rows[row_id] = replace(row, deleted=True, modified_at=self.stamp)
        self.stamps[row_id] = self.stamp
        self._note("leave", row_id, {"campaign": row.campaign_id, "person": row.person_id}, {})

    def is_member(self, campaign_id: str, person_id: str) -> bool:
        """Whether a live row exists."""
        return person_id in self.live.get(campaign_id, {})

    def members_of(self, campaign_id: str) -> frozenset[str]:
        """Person ids of the live rows."""
        return frozenset(self.live.get(campaign_id, {}))

    def _keep_row(self, row: Member) -> None:
        self.rows[row.id] = row
        self.stamps[row.id] = self.stamp
        self.live[row.campaign_id][row.person_id] = row.id
        self._count(row, 1)

    def _drop_live(self, row: Member) -> None:
        if self.live[row.campaign_id].pop(row.person_id, None) is not None:
            self._count(row, -1)

    def _count(self, row: Member, step: int) -> None:
        if not row.is_account:
            self.counted[row.campaign_id] = self.counted.get(row.campaign_id, 0) + step

    def _end_rows_of(self, person_id: str) -> None:
        for held in self.live.values():
            if person_id in held:
                self.end_row(held[person_id])

    def _move_rows(self, from_id: str, to_id: str) -> None:
        for held in self.live.values():
            row_id = held.get(from_id)
            if row_id is not None and to_id in held:
                self.end_row(row_id)
            elif row_id is not None:
                self._drop_live(self.rows[row_id])
                row = self.rows[row_id]
                self._keep_row(replace(row, person_id=to_id, modified_at=self.stamp))

    # --- storing ------------------------------------------------------------------------------

    def as_stored(self, values: Mapping[str, str]) -> dict[str, str]:
        """The values as this org keeps them: trimmed, and through `normalise`."""
        trimmed = {name: value.strip() for name, value in values.items()}
        if self.normalise is None:
            return trimmed
        return {name: self.normalise(name, value) for name, value in trimmed.items()}

    def store(self, person: Person, verb: str = "update") -> Person:
        """Keep the person, let automation have its say, stamp it and note what happened."""
        if self.automation is not None and not person.deleted:
            values = {**person.values, **self.automation(person)}
            person = replace(person, values=values)
        person = replace(person, modified_at=self.stamp)
        before = self.people.get(person.id)
        self.people[person.id] = person
        self.stamps[person.id] = self.stamp
        self._index(before, person)
        if person.opted_out:
            self.ever_opted_out[person.id] = True
        old = before.values if before else {}
        after = {n: v for n, v in person.values.items() if old.get(n, "") != v}
        self._note(
            verb, person.id, {n: old.get(n, "") for n in after}, after, opted_out=person.opted_out
        )
        return person

    def _index(self, before: Person | None, after: Person | None) -> None:
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

    def _note(
        self,
        verb: str,
        record_id: str,
        before: Mapping[str, str],
        after: Mapping[str, str],
        *,
        opted_out: bool | None = False,
    ) -> None:
        entry = Written(self.now(), self.actor, verb, record_id, before, after, bool(opted_out))
        self.history.append(entry)

    # --- what refuses a write -----------------------------------------------------------------

    def poison(self, key: str, code: str = "field_custom_validation_exception") -> None:
        """Every write of the person with this id, contact id or address is refused."""
        self.poisoned[key] = (code, "The record was refused by a rule of this org.")

    def cure(self, key: str) -> None:
        """Writes work again."""
        self.poisoned.pop(key, None)

    def refusal(
        self, contact_id: str, person: Person | None, values: Mapping[str, str]
    ) -> Refusal | None:
        """Why this write is refused, if it is."""
        after = {**(person.values if person else BLANK), **values}
        ids = (contact_id, person.id if person else "", after.get("email", ""))
        for key in ids:
            if key in self.poisoned:
                return self.poisoned[key]
        problem = _shape_problem(values) or (self.validation and self.validation(person, values))
        if problem or after["last_name"].strip():
            return problem or None
        return ("required_field_missing", "Required fields are missing: last_name")

    def duplicates(self, user_id: str, values: Mapping[str, str]) -> tuple[str, ...]:
        """Who a duplicate rule points at for a new person; `email` or `email_name`."""
        if self.duplicate_rule is None or not values.get("email"):
            return ()
        same = [self.people[i] for i in self.emails.get(address_key(values["email"]), ())]
        return tuple(p.id for p in same if self._clashes(user_id, p, values))

    def _clashes(self, user_id: str, person: Person, values: Mapping[str, str]) -> bool:
        if person.deleted or not self.sees(user_id, person):
            return False
        names = ("first_name", "last_name")
        same_name = all(person.value(n).casefold() == values.get(n, "").casefold() for n in names)
        return same_name or self.duplicate_rule == "email"


def _email(person: Person | None) -> str | None:
    return address_key(person.value("email")) if person else None


def _shape_problem(values: Mapping[str, str]) -> Refusal | None:
    for name, value in values.items():
        if len(value) > LENGTHS.get(name, 255):
            return ("string_too_long", f"{name}: data value too large: {len(value)} characters")
    email, birthdate = values.get("email"), values.get("birthdate")
    if email and ("@" not in email.strip("@") or " " in email.strip()):
        return ("invalid_email_address", f"email: invalid email address: {email}")
    if birthdate and not _is_date(birthdate):
        return ("invalid_date", f"birthdate: not a date: {birthdate}")
    return None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def formats_phones(name: str, value: str) -> str:
    """A `normalise` that writes ten digits the American way."""
    digits = "".join(filter(str.isdigit, value))
    if name not in PHONE_FIELDS or len(digits) != 10:
        return value
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"


def lowers_email(name: str, value: str) -> str:
    """A `normalise` that keeps addresses in lower case."""
    return value.lower() if name == "email" else value
