"""Find out who unlinked people and contacts are, asking both sides for candidates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from crmsync.domain.base import Link, agreed_on
from crmsync.domain.contact import Contact
from crmsync.domain.fields import address_key
from crmsync.domain.identity import (
    NO_DECISIONS,
    Decisions,
    Match,
    Verdict,
    match_contact,
    match_person,
)
from crmsync.domain.person import Person
from crmsync.ports.state import Claim
from crmsync.services.work import Work

Record = TypeVar("Record", Person, Contact)


@dataclass(frozen=True, slots=True)
class Found:
    """What matching found for one record: the other one, or a link that is about to move."""

    match: Match
    person_id: str | None = None
    contact_id: str | None = None
    link: Link | None = None
    may_create: bool = False
    moved: bool = False


class Matching:
    """Matches unlinked records. `people` collects everybody the search came across.

    With `trust_crm` nobody is looked up who may have been merged or converted since the plan; an
    address that both sides know is searched all the same, for the answer decides who is who.
    """

    def __init__(self, work: Work, *, trust_crm: bool) -> None:
        self._work = work
        self._trust_crm = trust_crm
        self.people: dict[str, Person] = {}

    def for_people(self, people: Sequence[Person]) -> dict[str, Found]:
        """The contact of each unlinked person, by person id."""
        if not people:
            return {}
        inherited = self._inherited(people)
        rest = [p for p in people if p.id not in inherited]
        candidates = self._unlinked_contacts(rest)
        rivals = self._rivals(rest, candidates)
        decided = self._work.state.decisions([p.id for p in rest]) if rest else {}
        found = dict(inherited)
        for person in rest:
            mine = (
                candidates[address_key(person.value("email"))]
                + candidates[person.external_id or ""]
            )
            others = [r for r in rivals[address_key(person.value("email"))] if r.id != person.id]
            choice = decided.get(person.id, NO_DECISIONS)
            match = match_contact(person, _unique(mine), others, choice)
            found[person.id] = self._found_contact(person, match, choice)
        return found

    def for_contacts(self, contact_ids: Sequence[str]) -> dict[str, Found]:
        """The person of each unlinked contact, by contact id."""
        if not contact_ids:
            return {}
        contacts = self._work.marketing.contacts(contact_ids)
        people = self._unlinked_people(contacts.values())
        rivals = self._unlinked_contacts_of(contacts.values())
        decided = self._work.state.decisions(sorted(contacts))
        claims = self._work.state.claims(sorted(contacts))
        return {
            contact.id: self._found_person(
                contact,
                people[address_key(contact.value("email"))] + people[contact.id],
                [r for r in rivals[address_key(contact.value("email"))] if r.id != contact.id],
                decided.get(contact.id, NO_DECISIONS),
                claims.get(contact.id),
            )
            for contact in contacts.values()
        }

    def _inherited(self, people: Sequence[Person]) -> dict[str, Found]:
        """People that took over from one we had linked: the link is theirs now."""
        if self._trust_crm:
            return {}
        before = self._work.crm.predecessors([p.id for p in people])
        gone = sorted({i for ids in before.values() for i in ids})
        links = self._work.state.links_by_person(gone) if gone else {}
        self._inherit_consent({p.id: p for p in people}, before, links)
        found = {}
        for person_id, ids in before.items():
            held = sorted((links[i] for i in ids if i in links), key=lambda link: link.contact_id)
            if held:
                link = replace(held[0], person_id=person_id)
                found[person_id] = Found(
                    Match(Verdict.MATCH, link.contact_id),
                    person_id,
                    link.contact_id,
                    link,
                    moved=True,
                )
        return found

    def _inherit_consent(
        self,
        people: Mapping[str, Person],
        before: Mapping[str, Sequence[str]],
        links: Mapping[str, Link],
    ) -> None:
        """Who opted out before a merge or conversion, opted out."""
        gone = self._work.crm.look([], sorted(links)).people if links else {}
        for person_id, ids in before.items():
            if any(gone[i].opted_out for i in ids if i in gone):
                self.people[person_id] = replace(people[person_id], inherits_opt_out=True)

    def _found_contact(self, person: Person, match: Match, choice: Decisions) -> Found:
        if match.verdict is not Verdict.MATCH or match.id is None:
            return Found(match, person_id=person.id, may_create=choice.create)
        claim = self._work.state.claims([match.id]).get(match.id)
        link = _claimed_link(claim, person) if claim else None
        return Found(match, person.id, match.id, link)

    def _found_person(
        self,
        contact: Contact,
        people: list[Person],
        rivals: list[Contact],
        choice: Decisions,
        claim: Claim | None,
    ) -> Found:
        match = match_person(contact, _unique(people), rivals, choice)
        if match.verdict is Verdict.MATCH and match.id is not None:
            link = _claimed_link(claim, self.people[match.id]) if claim else None
            return Found(match, match.id, contact.id, link)
        if claim and match.verdict is Verdict.NEW and self._recent(claim):
            return Found(Match(Verdict.WAIT), contact_id=contact.id)
        return Found(match, contact_id=contact.id, may_create=choice.create)

    def _recent(self, claim: Claim) -> bool:
        if claim.holder == self._work.run.id and self._work.crm.schema().external_id:
            return False
        return not claim.has_lapsed(self._work.ports.clock.now())

    def _unlinked_contacts(self, people: Sequence[Person]) -> dict[str, list[Contact]]:
        """Unlinked contacts by address and, for people that carry one, by external id."""
        found: dict[str, list[Contact]] = defaultdict(list)
        addresses = sorted({address_key(p.value("email")) for p in people if p.value("email")})
        ids = sorted({p.external_id for p in people if p.external_id})
        contacts = list(self._work.marketing.contacts_by_email(addresses)) if addresses else []
        by_id = self._work.marketing.contacts(ids) if ids else {}
        known = {c.id: c for c in (*contacts, *by_id.values())}
        linked = self._work.state.links_by_contact(sorted(known)) if known else {}
        for contact in known.values():
            if contact.id not in linked:
                found[address_key(contact.value("email"))].append(contact)
                found[contact.id].append(contact)
        return found

    def _unlinked_contacts_of(self, contacts: Iterable[Contact]) -> dict[str, list[Contact]]:
        addresses = sorted({address_key(c.value("email")) for c in contacts if c.value("email")})
        found: dict[str, list[Contact]] = defaultdict(list)
        known = self._work.marketing.contacts_by_email(addresses) if addresses else ()
        linked = self._work.state.links_by_contact(sorted(c.id for c in known)) if known else {}
        for contact in known:
            if contact.id not in linked:
                found[address_key(contact.value("email"))].append(contact)
        return found

    def _rivals(
        self, people: Sequence[Person], candidates: dict[str, list[Contact]]
    ) -> dict[str, list[Person]]:
        """Other unlinked people of an address; only asked for where there is something to win."""
        contested = sorted(
            {
                address_key(p.value("email"))
                for p in people
                if candidates[address_key(p.value("email"))]
            }
            - {""}
        )
        rivals: dict[str, list[Person]] = defaultdict(list)
        for person in self._search(contested):
            rivals[address_key(person.value("email"))].append(person)
        return rivals

    def _unlinked_people(self, contacts: Iterable[Contact]) -> dict[str, list[Person]]:
        """Unlinked people by address and by the contact id they carry."""
        contacts = list(contacts)
        addresses = sorted({address_key(c.value("email")) for c in contacts if c.value("email")})
        found: dict[str, list[Person]] = defaultdict(list)
        carrying = self._carrying([c.id for c in contacts])
        for person in _unique([*self._search(addresses), *carrying]):
            found[address_key(person.value("email"))].append(person)
            found[person.external_id or ""].append(person)
        return found

    def _carrying(self, contact_ids: list[str]) -> tuple[Person, ...]:
        if not contact_ids or not self._work.crm.schema().external_id:
            return ()
        people = self._work.crm.people_by_external_id(sorted(contact_ids))
        return self._not_linked(people)

    def _search(self, addresses: Sequence[str]) -> tuple[Person, ...]:
        """Everybody the login sees with these addresses who is not linked yet."""
        if not addresses:
            return ()
        return self._not_linked(self._work.crm.people_by_email(addresses))

    def _not_linked(self, people: Sequence[Person]) -> tuple[Person, ...]:
        linked = self._work.state.links_by_person(sorted(p.id for p in people)) if people else {}
        free = tuple(p for p in people if p.id not in linked)
        self.people.update({p.id: p for p in free})
        return free


def _claimed_link(claim: Claim, person: Person) -> Link:
    """The link of a person we created and lost sight of: what we sent is what was agreed."""
    return Link(claim.contact_id, person.id, agreed_on(claim.values, person.values))


def _unique(records: Iterable[Record]) -> list[Record]:
    return list({record.id: record for record in records}.values())
