"""What is noted before anything is written, and who gives way to somebody quicker."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from crmsync.domain.base import NO_MEMBERSHIP, Agreed, InFlight, Link, MembershipBase
from crmsync.domain.change import Action, Change, FieldChange, Outcome, Side, Step
from crmsync.domain.membership import Move
from crmsync.domain.observation import Decision
from crmsync.ports.state import CLAIM_LASTS, Claim
from crmsync.services.job import Job
from crmsync.services.note_intents import NoteIntents

from tests.unit.services.at_work import Books, scene_of, work_of

ROME, OSLO = Agreed("Rome", "Rome"), Agreed("Oslo", "Oslo")
STORED = Link("c1", "p1", {"city": ROME, "title": Agreed("Boss", "Boss")}, version=3)
CREATE_HERE = Step(Side.MARKETING, Action.CREATE, {"city": "Rome"}, opt_out=True)
CREATE_THERE = Step(Side.CRM, Action.CREATE, {"last_name": "Nine", "city": "Rome"})
TO_CRM = Step(Side.CRM, Action.UPDATE, {"city": "Oslo"})
TO_MARKETING = Step(Side.MARKETING, Action.UPDATE, {"title": "Chief"})
JOINS = Step(Side.CRM, Action.ADD_MEMBER)
CITY = FieldChange("city", Side.CRM, "Rome", "Rome", "Rome", "Oslo", "Oslo", "newest")
TITLE = FieldChange("title", Side.MARKETING, None, None, "Boss", "Chief", "Chief", "crm_wins")


@pytest.fixture
def books() -> Books:
    return Books()


def noting(books: Books, run_id: str = "run1") -> NoteIntents:
    return NoteIntents(work_of(books, run_id), scene_of(books))


def job(
    *steps: Step,
    link: Link | None = None,
    stored: Link | None = None,
    fields: tuple[FieldChange, ...] = (),
    before: MembershipBase = NO_MEMBERSHIP,
    moved: bool = False,
) -> Job:
    change = Change("m1-p1", "m1", "c1", "p1", steps, fields, Outcome.UPDATED, "why")
    return Job(Decision(change, link, stored_membership=before, moved=moved), "c1", stored)


def given_way(unit: Job) -> tuple[Outcome | None, str]:
    return unit.outcome, unit.reason


# --- links --------------------------------------------------------------------------------------


def test_values_are_noted_in_flight_and_their_old_base_stays(books: Books) -> None:
    books.remember(STORED)
    agreed = {"city": OSLO, "title": Agreed("Chief", "Chief")}
    unit = job(
        TO_CRM,
        TO_MARKETING,
        link=replace(STORED, fields=agreed),
        stored=STORED,
        fields=(CITY, TITLE),
    )

    noting(books).links([unit])

    flying = {"city": InFlight("right", "Oslo"), "title": InFlight("left", "Chief")}
    assert books.link == replace(STORED, fields={"city": ROME}, in_flight=flying, version=4)
    assert unit.stored == books.link
    assert unit.alive


def test_a_base_that_lacks_one_side_is_none(books: Books) -> None:
    books.remember(STORED)
    half = replace(CITY, base_right=None)

    noting(books).links([job(TO_CRM, link=STORED, stored=STORED, fields=(half,))])

    assert books.link is not None
    assert "city" not in books.link.fields


def test_a_link_that_stays_as_it_is_is_not_noted(books: Books) -> None:
    books.remember(STORED)

    noting(books).links([job(JOINS, link=STORED, stored=STORED), job()])

    assert books.written() == []


def test_a_new_link_and_one_that_moves_are_noted_although_nothing_is_in_flight(
    books: Books,
) -> None:
    noting(books).links([job(link=Link("c1", "p1"))])
    assert books.link == Link("c1", "p1", version=1)

    books.remember(STORED)
    noting(books).links([job(link=replace(STORED, person_id="p2"), stored=STORED, moved=True)])
    assert books.link is not None
    assert books.link.person_id == "p2"


def test_whoever_is_created_here_is_linked_before_with_what_is_sent(books: Books) -> None:
    unit = job(CREATE_HERE)

    noting(books).links([unit])

    assert books.link == Link("c1", "p1", {"city": ROME}, opted_out=True, version=1)
    assert unit.stored == books.link


def test_a_link_whose_contact_was_never_made_is_noted_with_what_is_sent_now(books: Books) -> None:
    books.remember(STORED)

    noting(books).links([job(CREATE_HERE, link=STORED, stored=STORED)])

    sent = replace(STORED, fields={"city": ROME}, opted_out=True, version=4)
    assert books.link == sent

    noting(books).links([job(CREATE_HERE, link=sent, stored=sent)])

    assert books.link == sent


def test_a_unit_somebody_else_wrote_to_meanwhile_gives_way(books: Books) -> None:
    books.remember(replace(STORED, version=7))
    unit = job(TO_CRM, link=STORED, stored=STORED)

    noting(books).links([unit])

    assert given_way(unit) == (Outcome.SKIPPED, "changed_meanwhile")
    assert unit.stored == STORED
    assert books.link == replace(STORED, version=7)


def test_each_unit_gets_the_link_that_was_stored_for_it(books: Books) -> None:
    books.remember(replace(STORED, version=7))
    other = Link("c2", "p2", version=2)
    books.remember(other)
    late, quick = job(TO_CRM, link=STORED, stored=STORED), job(TO_CRM, link=other, stored=other)

    noting(books).links([late, quick])

    assert (late.alive, quick.alive) == (False, True)
    assert quick.stored == books.store.links["c2"]


# --- claims -------------------------------------------------------------------------------------


def test_who_is_to_be_created_is_claimed_with_what_is_to_be_sent(books: Books) -> None:
    unit = job(CREATE_THERE)

    noting(books).claims([unit, job(TO_CRM)])

    now = books.world.clock.now()
    assert books.store.claims == {"c1": Claim("c1", "run1", now, dict(CREATE_THERE.values))}
    assert unit.alive


def test_a_unit_that_ended_claims_nothing(books: Books) -> None:
    ended = job(CREATE_THERE)
    ended.fail("refused")

    noting(books).claims([ended])

    assert books.store.claims == {}
    assert "state.claim" not in books.world.io.names()


def test_whoever_holds_the_claim_goes_first(books: Books) -> None:
    noting(books, "run1").claims([job(CREATE_THERE)])
    unit, again = job(CREATE_THERE), job(CREATE_THERE)

    noting(books, "run2").claims([unit])
    noting(books, "run1").claims([again])

    assert given_way(unit) == (Outcome.SKIPPED, "create_unconfirmed")
    assert again.alive


def test_a_claim_that_lapsed_is_taken(books: Books) -> None:
    noting(books, "run1").claims([job(CREATE_THERE)])
    books.world.clock.moment += CLAIM_LASTS + timedelta(seconds=1)
    unit = job(CREATE_THERE)

    noting(books, "run2").claims([unit])

    assert unit.alive
    assert books.store.claims["c1"].holder == "run2"


def test_somebody_linked_meanwhile_is_not_created_and_the_claim_is_given_up(books: Books) -> None:
    books.remember(STORED)
    linked = job(CREATE_THERE)
    free = job(CREATE_THERE)
    free.contact_id = "c2"

    noting(books).claims([linked, free])

    assert given_way(linked) == (Outcome.SKIPPED, "linked_meanwhile")
    assert free.alive
    assert list(books.store.claims) == ["c2"]


def test_the_claim_of_somebody_quicker_is_not_given_up(books: Books) -> None:
    noting(books, "run1").claims([job(CREATE_THERE)])
    books.remember(STORED)

    noting(books, "run2").claims([job(CREATE_THERE)])

    assert books.store.claims["c1"].holder == "run1"


# --- moves --------------------------------------------------------------------------------------


def test_a_move_is_noted_on_the_base_as_it_was(books: Books) -> None:
    before = MembershipBase(left=True, row_id="row1")

    noting(books).moves([job(JOINS, before=before)])

    assert books.membership == replace(before, in_flight=Move.ADD_RIGHT.value)


def test_no_move_is_noted_of_a_unit_that_ended_or_has_none(books: Books) -> None:
    ended = job(JOINS)
    ended.fail("refused")

    noting(books).moves([ended, job(TO_CRM)])

    assert books.membership is None
    assert books.written() == []
