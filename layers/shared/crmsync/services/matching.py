"""Find out who unlinked people and contacts are, asking both sides for candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from crmsync.services.candidates import Candidates, unique
from crmsync.services.inheritance import Inheritance
from crmsync.services.work import Work


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
        self._candidates = Candidates(work)
        self.people = self._candidates.people

    def for_people(self, people: Sequence[Person]) -> dict[str, Found]:
        """The contact of each unlinked person, by person id."""
        if not people:
            return {}
        inherited = self._inherited(people)
        rest = [p for p in people if p.id not in inherited]
        choices = self._choices([p.id for p in rest])
        matches = self._matches(rest, choices)
        matched = sorted({match.id for match in matches.values() if match.id})
        claims = self._work.state.claims(matched) if matched else {}
        found = {p.id: _found_contact(p, matches[p.id], choices[p.id], claims) for p in rest}
        return {**inherited, **found}

    def for_contacts(self, contact_ids: Sequence[str]) -> dict[str, Found]:
        """The person of each unlinked contact, by contact id."""
        if not contact_ids:
            return {}
        contacts = self._work.marketing.contacts(contact_ids)
        choices = self._choices(sorted(contacts))
        people = self._candidates.people_of(contacts.values(), _same(choices))
        rivals = self._candidates.contacts_beside(contacts.values())
        claims = self._work.state.claims(sorted(contacts))
        found = {}
        for contact in contacts.values():
            choice = choices[contact.id]
            keys = (address_key(contact.value("email")), contact.id, *choice.same)
            mine = unique(person for key in keys for person in people[key])
            others = [r for r in rivals[keys[0]] if r.id != contact.id]
            match = match_person(contact, mine, others, choice)
            found[contact.id] = self._found_person(contact, match, choice, claims.get(contact.id))
        return found

    def _matches(
        self, people: Sequence[Person], choices: Mapping[str, Decisions]
    ) -> dict[str, Match]:
        candidates = self._candidates.contacts_of(people, _same(choices))
        rivals = self._candidates.rivals(people, candidates)
        matches = {}
        for person in people:
            choice = choices[person.id]
            keys = (address_key(person.value("email")), person.external_id or "", *choice.same)
            mine = unique(contact for key in keys for contact in candidates[key])
            others = [r for r in rivals[keys[0]] if r.id != person.id]
            matches[person.id] = match_contact(person, mine, others, choice)
        return matches

    def _choices(self, ids: Sequence[str]) -> dict[str, Decisions]:
        decided = self._work.state.decisions(ids) if ids else {}
        return {key: decided.get(key, NO_DECISIONS) for key in ids}

    def _inherited(self, people: Sequence[Person]) -> dict[str, Found]:
        """People that took over from one we had linked: the link is theirs now."""
        if self._trust_crm:
            return {}
        inheritance = Inheritance(self._work)
        links = inheritance.links_of(people)
        self.people.update(inheritance.people)
        return {
            person_id: Found(
                Match(Verdict.MATCH, link.contact_id), person_id, link.contact_id, link, moved=True
            )
            for person_id, link in links.items()
        }

    def _found_person(
        self, contact: Contact, match: Match, choice: Decisions, claim: Claim | None
    ) -> Found:
        if match.id:
            link = _claimed_link(claim, self.people[match.id]) if claim else None
            return Found(match, match.id, contact.id, link)
        if claim and match.verdict is Verdict.NEW and self._recent(claim):
            return Found(Match(Verdict.WAIT), contact_id=contact.id)
        return Found(match, contact_id=contact.id, may_create=choice.create)

    def _recent(self, claim: Claim) -> bool:
        if claim.holder == self._work.run.id and self._work.crm.schema().external_id:
            return False
        return not claim.has_lapsed(self._work.ports.clock.now())


def _same(choices: Mapping[str, Decisions]) -> frozenset[str]:
    """Everybody whom a person said to be the same as one of these."""
    return frozenset(i for choice in choices.values() for i in choice.same)


def _found_contact(
    person: Person, match: Match, choice: Decisions, claims: Mapping[str, Claim]
) -> Found:
    if not match.id:
        return Found(match, person_id=person.id, may_create=choice.create)
    claim = claims.get(match.id)
    link = _claimed_link(claim, person) if claim else None
    return Found(match, person.id, match.id, link)


def _claimed_link(claim: Claim, person: Person) -> Link:
    """The link of a person we created and lost sight of: what we sent is what was agreed."""
    return Link(claim.contact_id, person.id, agreed_on(claim.values, person.values))
