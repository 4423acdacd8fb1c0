"""What users do on both sides: the everyday work on people, contacts and memberships."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from crmsync.domain.contact import Contact
from crmsync.domain.errors import CrmSyncError
from crmsync.domain.person import Person
from crmsync.services.opt_in import OptIn

from tests.fakes.control import FakeConnections
from tests.fakes.crm import FakeCrm
from tests.properties.ledger import CRM, MARKETING
from tests.properties.stage import FIELDS, ME, OTHER, Line, Stage, kinds

LATEST = 600
"""Seconds a transaction may be visible after its stamp, as design 6 allows for."""


class Users(Stage):
    """Moves of users; each draws what it needs and tells the ledger."""

    # --- somebody new ---------------------------------------------------------------------------

    def joins_crm(self) -> None:
        """Somebody new appears in a campaign."""
        person = self.new_person(self.fresh("h"))
        self.user_joins(self.any_line(), person.id)

    def joins_marketing(self) -> None:
        """Somebody new appears in a group."""
        line = self.any_line()
        contact = self.new_contact(self.fresh("h"))
        self.tenant.add_members(line.group_id, [contact.id])
        self.ledger.moved(contact.id, line.number, MARKETING, joined=True)

    def joins_both(self) -> None:
        """One human is typed in on both sides before any sync, each with a value of its own."""
        line, name = self.any_line(), self.fresh("h")
        person, contact = self.new_person(name, mail=True), self.new_contact(name, mail=True)
        if self.rng.random() < 0.7:
            self.user_joins(line, person.id)
        if self.rng.random() < 0.7:
            self.tenant.add_members(line.group_id, [contact.id])
            self.ledger.moved(contact.id, line.number, MARKETING, joined=True)

    def new_person(self, name: str, *, mail: bool = False, **values: str) -> Person:
        """A CRM user types in a person."""
        filled = self._about(name, mail=mail) | values
        owner = ME if self.rng.random() < 0.85 else OTHER
        kind = self.rng.choice(kinds(self))
        out = self.rng.random() < 0.07
        with self.maybe_late():
            person = self.org.add_person(owner, kind, opted_out=out, **filled)
        for field in FIELDS:
            if person.values.get(field):
                self.types(person.id, field, CRM, person.values[field])
        if out:
            self.ledger.opted_out.add(person.id)
        return person

    def new_contact(self, name: str, *, mail: bool = False) -> Contact:
        """A marketing user types in a contact."""
        filled = self._about(name, mail=mail)
        out = self.rng.random() < 0.07
        contact = self.tenant.user_adds(self.fresh("k"), opt_out=out, **filled)
        for field in FIELDS:
            if filled.get(field):
                self.types(contact.id, field, MARKETING, filled[field])
        if out:
            self.tenant.suppress([filled.get("email", "")] if filled.get("email") else [], "user")
            self.ledger.opted_out.add(contact.id)
        return contact

    def _about(self, name: str, *, mail: bool) -> dict[str, str]:
        values = {"first_name": "Ada", "last_name": name, "title": self.value("title")}
        if mail or not (self.has("no_email") and self.rng.random() < 0.4):
            values["email"] = f"{name}@x.example"
        return values

    def types(self, record_id: str, name: str, side: str, value: str) -> None:
        """The ledger learns of a value, also as the org would store it."""
        self.ledger.edited(record_id, name, side, value)
        self.ledger.typed(name, self.as_org(name, value))

    # --- edits ----------------------------------------------------------------------------------

    def edits_crm(self) -> None:
        """A CRM user changes one field."""
        person = self.any_person()
        if person is not None:
            name = self._any_field(person)
            self.user_edits_person(person, name, self._new_value(name))

    def user_edits_person(self, person: Person, name: str, value: str) -> None:
        """A CRM user types this value; to type what is there already changes nothing."""
        if name not in person.values or person.value(name) == value:
            return
        if value:
            self.ledger.typed(name, value)
        with self.maybe_late(person.id):
            stored = self.org.edit(person.id, **{name: value}).value(name)
        self.types(person.id, name, CRM, stored)

    def edits_marketing(self) -> None:
        """A marketing user changes one field."""
        contact = self.any_contact()
        if contact is not None:
            name = self._any_field(contact)
            value = self._new_value(name)
            if contact.value(name) == value:
                return
            self.tenant.user_edits(contact.id, **{name: value})
            self.types(contact.id, name, MARKETING, value)

    def _any_field(self, who: Person | Contact) -> str:
        """Addresses change for linked records only: before, they say who is who."""
        name = self.rng.choice(FIELDS)
        linked = any(who.id in (k.contact_id, k.person_id) for k in self.links().values())
        return name if linked or name != "email" else "title"

    def _new_value(self, name: str) -> str:
        """A fresh value, now and then a blank; an address is never taken away."""
        blank = name != "email" and self.rng.random() < 0.12
        return "" if blank else self.value(name)

    def touches_crm(self) -> None:
        """Something saves a CRM record without changing it."""
        person = self.any_person()
        if person is not None:
            self.org.touch(person.id)

    def gets_address(self) -> None:
        """Somebody without an address is given one."""
        for person in self.people():
            if not person.value("email"):
                self.user_edits_person(person, "email", self.value("email"))
                return
        for contact in self.contacts():
            if not contact.value("email"):
                value = self.value("email")
                self.tenant.user_edits(contact.id, email=value)
                self.types(contact.id, "email", MARKETING, value)
                return

    # --- consent --------------------------------------------------------------------------------

    def opts_out_crm(self) -> None:
        """A CRM user ticks the opt-out."""
        person = self.any_person()
        if person is not None:
            with self.maybe_late(person.id):
                self.org.opt_out(person.id)
            self.ledger.opted_out.add(person.id)
            self._forget_opt_in(person.id)

    def opts_out_marketing(self) -> None:
        """A contact unsubscribes."""
        contact = self.any_contact()
        if contact is not None:
            self.tenant.user_opts_out(contact.id)
            self.ledger.opted_out.add(contact.id)
            self.ledger.opted_in.clear()

    def unticks_crm(self) -> None:
        """A CRM user takes the tick away again, by mistake or not."""
        person = self.any_person()
        if person is not None and person.opted_out:
            self.org.user_clears_opt_out(person.id)
            self.ledger.opted_out.discard(person.id)

    def opts_in_marketing(self) -> None:
        """A contact asks to be mailed again, and the API looks whether that may be."""
        out = [c for c in self.contacts() if c.email_opt_out]
        if not out:
            return
        contact = self.rng.choice(out)
        try:
            self._opt_in().require(contact, contact.value("email"), "signed form")
        except CrmSyncError:
            return
        self.tenant.user_opts_in(contact.id)
        self._opted_in(contact.id)

    def _opt_in(self) -> OptIn:
        return OptIn(
            "t1",
            self.tenant,
            FakeConnections(self.world.control),
            self.world.state_of,
            lambda c: FakeCrm(self.org, self.user_of(c)),
        )

    def _opted_in(self, contact_id: str) -> None:
        """Nobody's record of this human says otherwise any more."""
        link = self.links().get(contact_id)
        self.ledger.opted_out -= {contact_id, link.person_id if link else ""}
        self.ledger.opted_in.add(contact_id)

    def _forget_opt_in(self, person_id: str) -> None:
        self.ledger.opted_in.clear()
        self.ledger.opted_out.add(person_id)

    # --- memberships ----------------------------------------------------------------------------

    def moves_crm(self) -> None:
        """A CRM user takes somebody out of a campaign, or puts somebody in."""
        person, line = self.any_person(), self.any_line()
        if person is None:
            return
        if self.in_campaign(line, person.id):
            self.user_leaves(line, person.id)
        else:
            self.user_joins(line, person.id)

    def user_joins(self, line: Line, person_id: str) -> None:
        """A CRM user puts the person in."""
        with self.maybe_late(person_id):
            self.org.join(line.campaign_id, person_id)
        self.ledger.moved(person_id, line.number, CRM, joined=True)

    def user_leaves(self, line: Line, person_id: str) -> None:
        """A CRM user takes the person out."""
        row_id = self.org.live[line.campaign_id][person_id]
        with self.maybe_late(row_id):
            self.org.leave(line.campaign_id, person_id)
        self.ledger.moved(person_id, line.number, CRM, joined=False)

    def moves_marketing(self) -> None:
        """A marketing user takes somebody out of a group, or puts somebody in."""
        contact, line = self.any_contact(), self.any_line()
        if contact is None:
            return
        inside = self.in_group(line, contact.id)
        change = self.tenant.remove_members if inside else self.tenant.add_members
        change(line.group_id, [contact.id])
        self.ledger.moved(contact.id, line.number, MARKETING, joined=not inside)

    # --- choosing -------------------------------------------------------------------------------

    def any_line(self) -> Line:
        """Any mapping of this history."""
        return self.rng.choice(self.lines)

    def any_person(self) -> Person | None:
        """Anybody a CRM user may work on."""
        known = self.people()
        return self.rng.choice(known) if known else None

    def any_contact(self) -> Contact | None:
        """Anybody a marketing user may work on."""
        known = self.contacts()
        return self.rng.choice(known) if known else None

    @contextmanager
    def maybe_late(self, record_id: str = "") -> Iterator[None]:
        """Now and then the change was stamped minutes before anybody can see it.

        A row's stamp never goes back: whoever changes it next has to wait for the lock.
        """
        if not self.has("late") or self.rng.random() < 0.5:
            yield
            return
        stamped = self.org.now() - timedelta(seconds=self.rng.randint(0, LATEST))
        with self.org.committed_late(max(stamped, self.org.stamps.get(record_id, stamped))):
            yield
