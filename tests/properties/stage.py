"""Where a history plays: one org, one tenant, connections, mappings, and the records in them.

Everything is drawn from one seed. `features` says what may happen in this history: a few things at
a time, because a history in which everything happens reaches no depth in anything.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from crmsync.domain.base import Link
from crmsync.domain.change import Change
from crmsync.domain.connection import (
    Connection,
    ConnectionSettings,
    ConnectionStatus,
    NewPeople,
)
from crmsync.domain.contact import Contact, mailable
from crmsync.domain.fields import FieldRule, address_key, same
from crmsync.domain.mapping import Direction, Mapping
from crmsync.domain.person import Person, PersonKind

from tests.fakes.builders import a_mapping
from tests.fakes.org import FakeOrg
from tests.fakes.world import World
from tests.properties.ledger import Ledger, Pair

ME, OTHER = "u1", "u2"
TENANT, STRANGERS = "t1", "t2"
FIELDS = ("title", "city", "phone", "company", "email")
FEATURES = (
    "accounts",
    "automation",
    "campaigns",
    "cancel",
    "consent",
    "deletion",
    "holding",
    "inactive",
    "late",
    "leads",
    "merges",
    "no_email",
    "owners",
    "poison",
    "previews",
    "quota",
    "reauth",
    "restore",
    "rules",
    "schedule",
    "second_connection",
    "second_mapping",
    "slices",
    "spouses",
    "undo",
    "visibility",
)


@dataclass
class Line:
    """One mapping of one connection, and what both its ends are."""

    number: int
    connection_id: str
    campaign_id: str
    group_id: str
    direction: Direction
    mapping: Mapping


class Stage:
    """The world of one history, and how to find one's way in it."""

    make_world: type[World] = World
    """What the world is made of: fakes, unless told otherwise."""

    def __init__(
        self,
        seed: int,
        direction: Direction | None = None,
        features: frozenset[str] | None = None,
    ) -> None:
        self.seed = seed
        self.rng = random.Random(seed)  # noqa: S311 - a replayable history, not a secret
        self.features = self._drawn() if features is None else features
        slow = self.rng.choice((0.4, 1.0)) if "slices" in self.features else 0.0
        self.world = self.make_world(seed, latency=slow)
        self.org: FakeOrg = self.world.org()
        self.tenant = self.world.tenant(TENANT)
        self.ledger = Ledger()
        self.serial = 0
        self.mark = (0, 0)
        self.direction = direction
        self._choose_org()
        self.lines: list[Line] = []
        self.connection = self._connect(ME)
        self._add_line(self.connection, "Spring", "g1", self.rules())
        if "second_mapping" in self.features:
            self._add_line(self.connection, "Autumn", "g2", {})
        if "second_connection" in self.features:
            self._add_line(self._connect(OTHER), "Winter", "g3", {})
        self._set_canaries()

    def has(self, feature: str) -> bool:
        """Whether this may happen in this history."""
        return feature in self.features

    def _drawn(self) -> frozenset[str]:
        """A few features; every third history has none, to go deep where everybody goes."""
        how_many = self.rng.choice((0, 0, 1, 2, 3, 4, 6))
        return frozenset(self.rng.sample(FEATURES, how_many))

    # --- setting the stage ----------------------------------------------------------------------

    def _choose_org(self) -> None:
        rng, org = self.rng, self.org
        org.external_id = rng.random() < 0.5
        org.deleted_rows_in_delta = rng.random() < 0.5
        org.deleted_people_in_delta = rng.random() < 0.5
        org.changed_rows_bring_people = rng.random() < 0.9
        org.page_size = rng.choice((2, 3, 2000))
        org.delta_limit = rng.choice((3, 2000, 2000))
        org.reads_back = rng.random() < 0.8
        org.person_accounts = self.has("accounts")
        org.creates_person_accounts = self.has("accounts") and rng.random() < 0.5
        if rng.random() < 0.4:
            org.normalise = tidy
        if self.has("automation"):
            org.automation = rewriting
        self.world.page_size = rng.choice((2, 1000))

    def rules(self) -> dict[str, FieldRule]:
        """Rules for some fields, if this history has any."""
        if not self.has("rules"):
            return {}
        names = self.rng.sample(FIELDS, 2)
        return {name: self.rng.choice(list(FieldRule)) for name in names}

    def _connect(self, user_id: str) -> Connection:
        rng = self.rng
        hold = NewPeople.HOLD if self.has("holding") else NewPeople.CREATE
        settings = ConnectionSettings(
            new_people=hold, remove_members_in_crm=rng.random() < 0.5, field_rules=self.rules()
        )
        made = self.world.connect(user_id=user_id, settings=settings)
        if self.has("consent") and user_id == ME:
            self.org.logins[user_id].consent_readable = rng.random() < 0.5
            self.org.logins[user_id].consent_writable = False
        if OTHER not in self.org.logins:
            self.org.login(OTHER)
        return made

    def _add_line(
        self, connection: Connection, name: str, group_id: str, rules: dict[str, FieldRule]
    ) -> None:
        campaign = self.org.add_campaign(name)
        self.tenant.create_group(group_id, name)
        direction = self.direction or self.rng.choice(list(Direction))
        number = len(self.lines)
        mapping = a_mapping(campaign.id, group_id, direction, f"m{number + 1}")
        mapping = replace(mapping, rules=rules)
        self.lines.append(Line(number, connection.id, campaign.id, group_id, direction, mapping))

    def _set_canaries(self) -> None:
        """Records next to what is mapped, on both sides and in another tenant: never touched."""
        person = self.org.add_person(ME, last_name="canary", email="canary@x.example", title="no")
        self.org.join(self.org.add_campaign("Unmapped").id, person.id)
        self.tenant.create_group("gx", "Unmapped")
        contact = self.tenant.user_adds("canary", "gx", last_name="bird", email="bird@x.example")
        stranger = self.world.tenant(STRANGERS)
        stranger.create_group("g1", "Spring")
        stranger.user_adds("stranger", "g1", last_name="stranger", email="h0001@x.example")
        self.canaries = (person, contact, stranger.snapshot())

    # --- finding one's way ----------------------------------------------------------------------

    @property
    def mixed(self) -> bool:
        """Whether the mappings disagree about directions, so that no side is the source."""
        return len({line.direction for line in self.lines}) > 1

    def connection_of(self, line: Line) -> Connection:
        """The line's connection as stored now."""
        return self.stored(line.connection_id)

    def stored(self, connection_id: str) -> Connection:
        """A connection as stored now."""
        return self.world.control.connections[TENANT, connection_id]

    def connection_ids(self) -> list[str]:
        """The connections, in the order they were made."""
        return list(dict.fromkeys(line.connection_id for line in self.lines))

    def user_of(self, connection: Connection) -> str:
        """The CRM user a connection acts as."""
        assert connection.org is not None
        return connection.org.user_id

    def links(self) -> dict[str, Link]:
        """All links, by contact id; both connections share them."""
        return self.world.memory_of(self.connection).links

    def person(self, person_id: str) -> Person | None:
        """The person as the org holds it, None when it is gone for good."""
        return self.org.people.get(person_id)

    def people(self) -> list[Person]:
        """People a CRM user may still work on, canaries left out."""
        known = sorted(self.org.people.values(), key=lambda p: p.id)
        return [p for p in known if not gone(p) and p.id != self.canaries[0].id]

    def contacts(self) -> list[Contact]:
        """Contacts, canaries left out."""
        known = sorted(self.tenant.by_id.values(), key=lambda c: c.id)
        return [c for c in known if c.id != "canary"]

    def in_group(self, line: Line, contact_id: str) -> bool:
        """Whether the contact is in the line's group."""
        return contact_id in self.tenant.members.get(line.group_id, ())

    def in_campaign(self, line: Line, person_id: str) -> bool:
        """Whether the person has a live row in the line's campaign."""
        return self.org.is_member(line.campaign_id, person_id)

    def in_scope(self, line: Line, person: Person) -> bool:
        """Whether the line's connection may work with the person."""
        connection = self.connection_of(line)
        user = self.user_of(connection)
        mine = connection.sync_by_visibility or person.owner_id == user
        return mine and self.org.sees(user, person)

    def in_inactive(self, line: Line, person_id: str) -> bool:
        """Whether the person is in the connection's inactive campaign."""
        designated = self.connection_of(line).inactive_campaign_id
        return designated is not None and self.org.is_member(designated, person_id)

    def runs_now(self, line: Line) -> bool:
        """Whether the line is synced at all: its campaign is there for the login, and active."""
        campaign = self.org.campaigns[line.campaign_id]
        user = self.user_of(self.connection_of(line))
        seen = user not in self.org.hidden.get(line.campaign_id, ())
        return seen and campaign.active and not campaign.deleted

    def pairs(self) -> list[Pair]:
        """Linked contacts and people that both still exist."""
        found = [(link.contact_id, link.person_id) for link in self.links().values()]
        return [
            (c, p)
            for c, p in sorted(found)
            if c in self.tenant.by_id and p in self.org.people and not gone(self.org.people[p])
        ]

    def belongs(self, line: Line, pair: Pair) -> bool:
        """Whether the line syncs this pair: it runs, sees the person, and the source has it."""
        person = self.org.people[pair[1]]
        if not (self.runs_now(line) and self.in_scope(line, person)):
            return False
        left, right = self.in_group(line, pair[0]), self.in_campaign(line, pair[1])
        match line.direction:
            case Direction.IMPORT:
                return right
            case Direction.EXPORT:
                return left
            case Direction.BOTH:
                return left or right

    def is_poisoned(self, pair: Pair) -> bool:
        """Whether the org refuses every write to this person."""
        return bool({*pair} & set(self.org.poisoned))

    def as_org(self, name: str, value: str) -> str:
        """What the org makes of a value."""
        stored = self.org.as_stored({name: value})[name]
        return rewritten(name, stored) if self.has("automation") else stored

    def stands_for(self, name: str, held: str, typed: str) -> bool:
        """Whether a value held is the one that was typed, as typed or as the org stores it."""
        return same(name, held, typed) or same(name, held, self.as_org(name, typed))

    def is_connected(self, line: Line) -> bool:
        """Whether the line's login works."""
        connection = self.connection_of(line)
        login = self.org.logins[self.user_of(connection)]
        return connection.status is ConnectionStatus.CONNECTED and login.stopped is None

    def can_write(self, pair: Pair) -> bool:
        """Whether every connection that syncs the pair works now."""
        return all(self.is_connected(n) for n in self.lines if self.belongs(n, pair))

    def is_asked_about(self, record_id: str) -> bool:
        """Whether a person was asked about this record, so that it waits."""
        reviews = self.world.control.reviews.values()
        return any(record_id in (r.contact_id, r.person_id) for r in reviews if not r.decision)

    def has_foreign_twin(self, line: Line, contact: Contact) -> bool:
        """Whether the contact is somebody the org knows, but not as one of ours."""
        ids = self.org.emails.get(address_key(contact.value("email")), ())
        people = [p for i in ids if not gone(p := self.org.people[i])]
        names = ("first_name", "last_name")
        same_name = [p for p in people if all(p.value(n) == contact.value(n) for n in names)]
        return any(not self.in_scope(line, p) for p in same_name)

    def mailable(self, contact: Contact) -> bool:
        """Whether anybody may mail the contact."""
        suppressed = address_key(contact.value("email")) in self.tenant.suppressed
        return mailable(contact, suppressed=suppressed)[0]

    def results(self) -> list[tuple[Change, ...]]:
        """What each run did to each of its mappings, all parts of a mapping together."""
        found: dict[tuple[str, int], tuple[Change, ...]] = {}
        for run in self.world.control.runs.values():
            for ref in run.checkpoint.results:
                part = self.world.artifacts.parts[TENANT, ref.key]
                key = (run.id, ref.mapping)
                found[key] = (*found.get(key, ()), *part)
        return list(found.values())

    def logged(self, pair: Pair, name: str) -> set[str]:
        """Every value of this field that a plan or a result tells of."""
        known: set[str] = set()
        for changes in self.world.artifacts.parts.values():
            for change in changes:
                if change.contact_id == pair[0] or change.person_id == pair[1]:
                    for each in change.fields:
                        if each.name == name:
                            known |= {each.before, each.after, each.other}
        return known

    # --- names ----------------------------------------------------------------------------------

    def fresh(self, prefix: str) -> str:
        """A name nobody had before."""
        self.serial += 1
        return f"{prefix}{self.serial:04d}"

    def value(self, name: str) -> str:
        """A value nobody wrote before and that fits the field."""
        self.serial += 1
        if name == "phone":
            return f"(555) 010-{self.serial:04d}"
        if name == "email":
            return f"mail{self.serial:04d}@y.example"
        return f"{name.title()} {self.serial:04d}"


def gone(person: Person) -> bool:
    """Whether nobody can work on the record any more."""
    return person.deleted or person.converted_into is not None


def kinds(stage: Stage) -> list[PersonKind]:
    """The kinds of people of this history."""
    found = [PersonKind.CONTACT]
    if stage.has("leads"):
        found.append(PersonKind.LEAD)
    if stage.has("accounts"):
        found.append(PersonKind.PERSON_ACCOUNT)
    return found


def tidy(name: str, value: str) -> str:
    """An org that formats phones its own way and writes cities in capitals."""
    if name == "city":
        return value.upper()
    if name != "phone":
        return value
    digits = "".join(c for c in value if c.isdigit())
    return f"+1 {digits[:3]}.{digits[3:6]}.{digits[6:]}" if len(digits) == 10 else value


def rewritten(name: str, value: str) -> str:
    """What the org's automation makes of a value: titles get a prefix."""
    if name == "title" and value and not value.startswith("Dr. "):
        return f"Dr. {value}"
    return value


def rewriting(person: Person) -> dict[str, str]:
    """An automation that runs whenever a person is saved."""
    return {"title": rewritten("title", person.value("title"))}
