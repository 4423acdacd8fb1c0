"""Who is who: which unlinked person and contact are the same human.

External id first, then e-mail plus name. A shared address alone never makes two people one:
spouses share mailboxes. What is not certain becomes a review, and the decision is remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from crmsync.domain.contact import Contact
from crmsync.domain.fields import address_key, name_key
from crmsync.domain.person import Person


class Verdict(StrEnum):
    """What matching found."""

    MATCH = "match"
    NEW = "new"
    REVIEW = "review"
    NO_EMAIL = "no_email"
    SKIP = "skip"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Match:
    """The verdict, the matched id for MATCH, and the candidates' ids for REVIEW."""

    verdict: Verdict
    id: str | None = None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decisions:
    """What people decided about this record: ids that are the same, and ids that are not.

    `skip` leaves it out for good, unless it is certain who it is.
    """

    same: frozenset[str] = frozenset()
    different: frozenset[str] = frozenset()
    create: bool = False
    skip: bool = False


NO_DECISIONS = Decisions()


def match_contact(
    person: Person, contacts: Sequence[Contact], rivals: Sequence[Person], decided: Decisions
) -> Match:
    """Find the contact for an unlinked person.

    `contacts` are unlinked ones of the same address, `rivals` the other unlinked people of it.
    A contact that matches a rival by name belongs to the rival.
    """
    known = [c for c in contacts if c.id in decided.same or c.id == person.external_id]
    if len(known) == 1:
        return Match(Verdict.MATCH, known[0].id)
    if not person.value("email"):
        return Match(Verdict.NO_EMAIL)
    owned = {rival.external_id for rival in rivals}
    allowed = [c for c in contacts if c.id not in decided.different and c.id not in owned]
    named = [c for c in allowed if _same_human(person, c)]
    free = [c for c in allowed if not _is_of(c, rivals)]
    if len(named) == 1 and not any(_same_name(person, rival) for rival in rivals):
        return Match(Verdict.MATCH, named[0].id)
    return _unsure([c.id for c in (named or free)], decided)


def match_person(
    contact: Contact, people: Sequence[Person], rivals: Sequence[Contact], decided: Decisions
) -> Match:
    """Find the person for an unlinked contact; the mirror image of `match_contact`."""
    known = [p for p in people if p.id in decided.same or p.external_id == contact.id]
    if len(known) == 1:
        return Match(Verdict.MATCH, known[0].id)
    if not contact.value("email"):
        return Match(Verdict.NO_EMAIL)
    others = {rival.id for rival in rivals}
    allowed = [p for p in people if p.id not in decided.different and p.external_id not in others]
    named = [p for p in allowed if _same_human(p, contact)]
    free = [p for p in allowed if not _claimed(p, rivals)]
    if len(named) == 1 and not any(_same_human(named[0], rival) for rival in rivals):
        return Match(Verdict.MATCH, named[0].id)
    return _unsure([p.id for p in (named or free)], decided)


def _unsure(candidates: list[str], decided: Decisions) -> Match:
    if decided.skip:
        return Match(Verdict.SKIP)
    if candidates and not decided.create:
        return Match(Verdict.REVIEW, candidates=tuple(sorted(candidates)))
    return Match(Verdict.NEW)


def _is_of(contact: Contact, people: Sequence[Person]) -> bool:
    return any(_same_human(person, contact) for person in people)


def _claimed(person: Person, contacts: Sequence[Contact]) -> bool:
    return any(_same_human(person, contact) for contact in contacts)


def _same_human(person: Person, contact: Contact) -> bool:
    return _address_of(person) == _address_of(contact) and _name_of(person) == _name_of(contact)


def _same_name(one: Person, other: Person) -> bool:
    return _name_of(one) == _name_of(other)


def _address_of(who: Person | Contact) -> str:
    return address_key(who.value("email"))


def _name_of(who: Person | Contact) -> tuple[str, str]:
    return name_key(who.value("first_name"), who.value("last_name"))
