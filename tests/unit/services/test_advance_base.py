"""Bases advance for what was acknowledged, and for nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from crmsync.domain.base import Agreed, InFlight, Link, MembershipBase
from crmsync.domain.change import Action, Change, Outcome, Side, Step
from crmsync.domain.membership import Move
from crmsync.domain.observation import Decision
from crmsync.services.advance_base import advance_bases
from crmsync.services.job import Job

from tests.unit.services.at_work import Books, scene_of, work_of

ROME, OSLO = Agreed("Rome", "Rome"), Agreed("Oslo", "Oslo")
NOTED = Link("c1", "p1", {"city": ROME}, in_flight={"city": InFlight("left", "Oslo")}, version=1)
DECIDED = replace(NOTED, fields={"city": OSLO}, in_flight={})
JOINS = Step(Side.CRM, Action.ADD_MEMBER)
LEAVES = Step(Side.CRM, Action.REMOVE_MEMBER)
BOTH, NEITHER = MembershipBase(left=True, right=True, row_id="row1"), MembershipBase()
FLYING = replace(NEITHER, in_flight=Move.ADD_RIGHT.value)


@pytest.fixture
def books() -> Books:
    return Books(NOTED)


def advance(books: Books, *jobs: Job) -> None:
    advance_bases(work_of(books), scene_of(books), jobs)


def job(
    steps: Sequence[Step] = (),
    link: Link | None = DECIDED,
    stored: Link | None = NOTED,
    membership: MembershipBase = NEITHER,
    before: MembershipBase = NEITHER,
    *,
    moved: bool = False,
) -> Job:
    change = Change("m1-p1", "m1", "c1", "p1", tuple(steps), (), Outcome.UPDATED, "why")
    decision = Decision(change, link, membership=membership, stored_membership=before, moved=moved)
    return Job(decision, "c1", stored)


# --- links --------------------------------------------------------------------------------------


def test_what_was_acknowledged_is_agreed_on_and_in_flight_no_more(books: Books) -> None:
    advance(books, job())

    assert books.link == replace(NOTED, fields={"city": OSLO}, in_flight={}, version=2)


def test_what_the_crm_made_of_a_value_is_what_it_holds(books: Books) -> None:
    done = job()
    done.settled = {"city": Agreed("Oslo", "OSLO")}

    advance(books, done)

    assert books.link is not None
    assert books.link.fields == {"city": Agreed("Oslo", "OSLO")}


def test_the_version_named_is_that_of_the_store_and_not_that_of_the_decision(books: Books) -> None:
    books.remember(replace(NOTED, version=5))

    advance(books, job(stored=replace(NOTED, version=5)))

    assert books.link is not None
    assert books.link.version == 6


def test_a_unit_that_ended_early_keeps_its_base_and_what_was_in_flight(books: Books) -> None:
    failed = job()
    failed.fail("refused")

    advance(books, failed)

    assert books.link == NOTED
    assert books.written() == []


def test_a_link_that_is_stored_like_that_already_is_not_written(books: Books) -> None:
    same = replace(NOTED, in_flight={})
    books.remember(same)

    advance(books, job(link=same, stored=same))

    assert books.written() == []


def test_a_link_that_follows_its_person_is_written_although_nothing_else_changed(
    books: Books,
) -> None:
    books.remember(replace(NOTED, in_flight={}))
    heir = replace(NOTED, in_flight={}, person_id="p2")

    advance(books, job(link=heir, stored=heir, moved=True))

    assert books.link is not None
    assert books.link.person_id == "p2"


def test_a_link_somebody_else_wrote_meanwhile_ends_the_unit_for_now(books: Books) -> None:
    books.remember(replace(NOTED, version=9))
    late = job()

    advance(books, late)

    assert (late.outcome, late.reason) == (Outcome.SKIPPED, "changed_meanwhile")
    assert books.link == replace(NOTED, version=9)


def test_a_unit_nobody_is_linked_in_has_no_link_to_advance(books: Books) -> None:
    advance(books, job(link=None, stored=None, membership=BOTH))

    assert books.link == NOTED
    assert books.membership == BOTH


# --- memberships --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "base"),
    [
        (True, replace(BOTH, row_id="row9", own_row_id="row9")),
        (False, replace(BOTH, row_id="row9", own_row_id="row1")),
    ],
)
def test_a_join_is_remembered_with_its_row_and_whether_it_is_ours(
    books: Books, base: MembershipBase, *, own: bool
) -> None:
    books.membership = FLYING
    joined = job([JOINS], membership=replace(BOTH, own_row_id="row1"))
    joined.row_id, joined.own_row = "row9", own

    advance(books, joined)

    assert books.membership == base


def test_a_join_that_was_found_done_keeps_the_row_that_was_seen(books: Books) -> None:
    found = job([JOINS], membership=replace(BOTH, row_id=None))
    found.decision = replace(found.decision, change=replace(found.decision.change, row_id="row7"))

    advance(books, found)

    assert books.membership == replace(BOTH, row_id="row7")


def test_a_row_that_went_is_not_remembered(books: Books) -> None:
    books.membership = BOTH
    left = job([LEAVES], membership=MembershipBase(left=True), before=BOTH)
    left.row_id = "row1"

    advance(books, left)

    assert books.membership == MembershipBase(left=True)


def test_a_move_is_noted_done_even_if_the_base_looks_as_before(books: Books) -> None:
    books.membership = replace(BOTH, in_flight=Move.ADD_RIGHT.value)
    again = job([JOINS], membership=BOTH, before=BOTH)
    again.row_id = "row1"

    advance(books, again)

    assert books.membership == BOTH


def test_a_membership_that_stayed_is_not_written_and_one_that_was_seen_is(books: Books) -> None:
    advance(books, job(link=None, stored=None, membership=BOTH, before=BOTH))
    assert books.written() == []

    advance(books, job(link=None, stored=None, membership=BOTH))
    assert books.membership == BOTH


@pytest.mark.parametrize(
    ("reason", "outcome", "flying"),
    [
        ("refused", Outcome.FAILED, False),
        ("unconfirmed", Outcome.FAILED, True),
        ("changed_meanwhile", Outcome.SKIPPED, True),
    ],
)
def test_a_move_stays_in_flight_unless_the_crm_refused_it(
    books: Books, reason: str, outcome: Outcome, *, flying: bool
) -> None:
    books.membership = FLYING
    ended = job([JOINS], membership=BOTH, before=FLYING)
    ended.fail(reason, outcome=outcome)

    advance(books, ended)

    assert books.membership == (FLYING if flying else None)


def test_a_unit_that_was_refused_without_a_move_leaves_its_membership_alone(books: Books) -> None:
    books.membership = FLYING
    ended = job(membership=BOTH, before=BOTH)
    ended.fail("refused")

    advance(books, ended)

    assert books.membership == FLYING
