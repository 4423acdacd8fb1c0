"""What matching tells of a record: who it is, with which base, and what may be made of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from crmsync.domain.base import Agreed, Link
from crmsync.domain.contact import Contact
from crmsync.domain.identity import Decisions, Match, Verdict
from crmsync.domain.person import Person
from crmsync.ports.state import CLAIM_LASTS, Claim
from crmsync.services.matching import Found, Matching

from tests.unit.docs.stage import ADA, ME
from tests.unit.services.at_work import Books, work_of

BOB = {"first_name": "Bob", "last_name": "Byron", "email": ADA["email"]}


class Strangers(Books):
    """Ada on either side, or on one; nobody is linked to anybody."""

    def here(self, contact_id: str = "c1", **values: str) -> Contact:
        return self.tenant.user_adds(contact_id, "g1", **{**ADA, **values})

    def there(self, **values: str) -> Person:
        return self.org.add_person(ME, **{**ADA, **values})

    def claim(self, holder: str = "run1", **values: str) -> Claim:
        """Somebody has the right to create the contact's person."""
        claim = Claim("c1", holder, self.world.clock.now(), {**ADA, **values})
        self.store.claims["c1"] = claim
        return claim

    def person_found(self, person: Person, *, trust_crm: bool = False) -> Found:
        matching = Matching(work_of(self), trust_crm=trust_crm)
        return matching.for_people([person])[person.id]

    def contact_found(self, contact_id: str = "c1", run_id: str = "run1") -> Found:
        matching = Matching(work_of(self, run_id), trust_crm=False)
        return matching.for_contacts([contact_id])[contact_id]


@pytest.fixture
def stage() -> Strangers:
    return Strangers()


# --- certain ------------------------------------------------------------------------------------


def test_a_person_is_the_contact_of_the_same_name_and_address(stage: Strangers) -> None:
    contact, person = stage.here(email="ADA@x.example "), stage.there()

    match = Match(Verdict.MATCH, contact.id)
    assert stage.person_found(person) == Found(match, person.id, contact.id)


def test_a_contact_is_the_person_of_the_same_name_and_address(stage: Strangers) -> None:
    contact, person = stage.here(), stage.there(email="ADA@x.example")

    match = Match(Verdict.MATCH, person.id)
    assert stage.contact_found() == Found(match, person.id, contact.id)


def test_whoever_carries_the_contact_s_id_is_its_person_whatever_the_name(stage: Strangers) -> None:
    stage.here()
    person = stage.there(last_name="King", email="king@x.example")
    carrying = stage.org.store(replace(person, external_id="c1"), "told")

    assert stage.contact_found().person_id == person.id
    assert stage.person_found(carrying).contact_id == "c1"


def test_many_people_are_matched_with_as_many_calls_as_few(stage: Strangers) -> None:
    people = [stage.there(last_name=f"L{n}", email=f"p{n}@x.example") for n in range(9)]
    for n in range(9):
        stage.here(f"c{n}", last_name=f"L{n}", email=f"p{n}@x.example")
    work = work_of(stage)

    def calls(some: list[Person]) -> int:
        before = stage.world.io.count
        found = Matching(work, trust_crm=False).for_people(some)
        assert all(each.contact_id for each in found.values())
        return stage.world.io.count - before

    assert calls(people) == calls(people[:2])


# --- uncertain ----------------------------------------------------------------------------------


def test_a_spouse_at_the_same_address_is_asked_about(stage: Strangers) -> None:
    contact, person = stage.here(**BOB), stage.there()

    review = Match(Verdict.REVIEW, candidates=(contact.id,))
    assert stage.person_found(person) == Found(review, person_id=person.id)
    assert stage.contact_found() == Found(
        Match(Verdict.REVIEW, candidates=(person.id,)), contact_id=contact.id
    )


def test_a_spouse_who_has_a_contact_of_the_own_name_is_no_candidate(stage: Strangers) -> None:
    stage.here()
    stage.here("c2", **BOB)
    stage.there(**BOB)

    assert stage.contact_found("c1") == Found(Match(Verdict.NEW), contact_id="c1")
    assert stage.contact_found("c2").match.verdict is Verdict.MATCH


@pytest.mark.parametrize("create", [True, False])
def test_whoever_is_new_may_be_created_when_somebody_said_so(
    stage: Strangers, *, create: bool
) -> None:
    person = stage.there()
    stage.here(email="other@x.example")
    for key in (person.id, "c1"):
        stage.store.decided[key] = Decisions(create=create)

    new = Match(Verdict.NEW)
    assert stage.person_found(person) == Found(new, person_id=person.id, may_create=create)
    assert stage.contact_found() == Found(new, contact_id="c1", may_create=create)


# --- claims -------------------------------------------------------------------------------------


def test_a_person_we_created_and_lost_sight_of_has_the_base_we_sent(stage: Strangers) -> None:
    contact, person = stage.here(city="Bonn"), stage.there(city="Oslo")
    stage.claim(city="Rome")

    agreed = {name: Agreed(value, value) for name, value in {**ADA, "city": "Rome"}.items()}
    link = Link(contact.id, person.id, agreed)
    assert stage.person_found(person).link == link
    assert stage.contact_found().link == link


@pytest.mark.parametrize(
    ("run_id", "external_id", "waited", "verdict"),
    [
        ("run2", True, timedelta(), Verdict.WAIT),
        ("run2", True, CLAIM_LASTS - timedelta(seconds=1), Verdict.WAIT),
        ("run2", True, CLAIM_LASTS, Verdict.NEW),
        ("run1", True, timedelta(), Verdict.NEW),
        ("run1", False, timedelta(), Verdict.WAIT),
        ("run1", False, CLAIM_LASTS, Verdict.NEW),
    ],
)
def test_nobody_is_created_while_a_creation_may_still_turn_up(
    stage: Strangers, run_id: str, waited: timedelta, verdict: Verdict, *, external_id: bool
) -> None:
    stage.org.external_id = external_id
    stage.here()
    stage.claim("run1")
    stage.world.clock.moment += waited

    assert stage.contact_found(run_id=run_id) == Found(Match(verdict), contact_id="c1")


# --- merged and converted -----------------------------------------------------------------------


class Merged(Strangers):
    """Ada's link is to a record that was merged into one nobody is linked to."""

    def __init__(self) -> None:
        super().__init__()
        self.here()
        loser = self.there()
        self.moving = Link("c1", loser.id, {"city": Agreed("Rome", "Rome")}, version=1)
        self.remember(self.moving)
        self.org.opt_out(loser.id)
        self.heir = self.there(email="king@x.example")
        self.org.merge(self.heir.id, loser.id)


def test_whoever_took_over_a_linked_record_takes_over_the_link() -> None:
    merged = Merged()
    heir = merged.heir.id

    moved = replace(merged.moving, person_id=heir)
    match = Match(Verdict.MATCH, "c1")
    assert merged.person_found(merged.heir) == Found(match, heir, "c1", moved, moved=True)


def test_the_opt_out_of_the_record_that_went_comes_with_it() -> None:
    merged = Merged()
    matching = Matching(work_of(merged), trust_crm=False)

    matching.for_people([merged.heir])

    assert matching.people[merged.heir.id].inherits_opt_out


def test_nobody_who_took_over_is_asked_for_where_the_crm_is_not() -> None:
    merged = Merged()

    assert merged.person_found(merged.heir, trust_crm=True).link is None
    assert "crm.predecessors" not in merged.world.io.names()
