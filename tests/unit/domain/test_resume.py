"""What is told of a unit whose writing was interrupted and taken up again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from crmsync.domain.base import Link
from crmsync.domain.change import Action, Change, FieldChange, Outcome, Side, Step
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Observation
from crmsync.domain.resume import in_full

from tests.fakes.builders import a_contact, a_person

PERSON = a_person(title="Owner")
CONTACT = a_contact(title="Owner")
LINK = Link(CONTACT.id, PERSON.id, version=1)
NOW = Observation(contact=CONTACT, person=PERSON, link=LINK, member_left=True, seen=Seen.IN)
TITLE = FieldChange("title", Side.CRM, "", "", "", "Owner", "Owner", "crm_wins")
UPDATE = Step(Side.CRM, Action.UPDATE, {"title": "Owner"})
JOIN = Step(Side.CRM, Action.ADD_MEMBER)
CREATE = Step(Side.CRM, Action.CREATE, {"title": "Owner"})
EXPECTED = Change("m1-p", "m1", CONTACT.id, PERSON.id, (UPDATE, JOIN), (TITLE,), Outcome.UPDATED)


def the_rest(*steps: Step) -> Change:
    return replace(EXPECTED, steps=steps, fields=(), outcome=Outcome.UNCHANGED)


@pytest.mark.parametrize("left", [(), (UPDATE,), (JOIN,)])
def test_what_the_first_try_did_is_told_with_what_the_second_still_does(
    left: tuple[Step, ...],
) -> None:
    assert in_full(EXPECTED, the_rest(*left), NOW) == EXPECTED


@pytest.mark.parametrize(
    "now",
    [
        replace(NOW, person=replace(PERSON, values={**PERSON.values, "title": "Partner"})),
        replace(NOW, person=None),
        replace(NOW, seen=Seen.OUT),
        replace(NOW, seen=Seen.UNKNOWN),
    ],
)
def test_what_is_not_found_done_is_not_told(now: Observation) -> None:
    assert in_full(EXPECTED, the_rest(), now) is None


def test_a_value_counts_as_sent_however_the_crm_writes_it() -> None:
    step = Step(Side.CRM, Action.UPDATE, {"phone": "415 555 0101"})
    planned = replace(EXPECTED, steps=(step,), fields=())
    held = {**PERSON.values, "phone": "(415) 555-0101"}

    assert (
        in_full(planned, the_rest(), replace(NOW, person=replace(PERSON, values=held))) == planned
    )
    assert in_full(planned, the_rest(), NOW) is None


@pytest.mark.parametrize(
    ("step", "now"),
    [
        (Step(Side.MARKETING, Action.UPDATE, {"title": "Owner"}), replace(NOW, person=a_person())),
        (Step(Side.MARKETING, Action.ADD_MEMBER), replace(NOW, seen=Seen.OUT)),
        (Step(Side.MARKETING, Action.REMOVE_MEMBER), replace(NOW, member_left=False)),
        (Step(Side.CRM, Action.REMOVE_MEMBER), replace(NOW, seen=Seen.OUT)),
        (Step(Side.MARKETING, Action.CREATE), replace(NOW, person=None)),
        (Step(Side.MARKETING, Action.LINK), replace(NOW, person=None)),
        (Step(Side.CRM, Action.NONE), NOW),
    ],
)
def test_each_step_is_looked_for_on_its_own_side(step: Step, now: Observation) -> None:
    planned = replace(EXPECTED, steps=(step,), fields=())

    assert in_full(planned, the_rest(), now) == planned


@pytest.mark.parametrize(
    ("step", "now"),
    [
        (
            Step(Side.MARKETING, Action.UPDATE, {"title": "Owner"}),
            replace(NOW, contact=a_contact()),
        ),
        (Step(Side.MARKETING, Action.UPDATE, {"title": "Owner"}), replace(NOW, contact=None)),
        (Step(Side.MARKETING, Action.ADD_MEMBER), replace(NOW, member_left=False)),
        (Step(Side.MARKETING, Action.REMOVE_MEMBER), NOW),
        (Step(Side.CRM, Action.REMOVE_MEMBER), NOW),
        (Step(Side.CRM, Action.REMOVE_MEMBER), replace(NOW, seen=Seen.UNKNOWN)),
        (Step(Side.MARKETING, Action.CREATE), replace(NOW, contact=None)),
        (Step(Side.CRM, Action.CREATE), replace(NOW, person=None)),
        (Step(Side.MARKETING, Action.LINK), replace(NOW, contact=None)),
    ],
)
def test_what_only_the_other_side_shows_is_not_done(step: Step, now: Observation) -> None:
    planned = replace(EXPECTED, steps=(step,), fields=())

    assert in_full(planned, the_rest(), now) is None


def test_an_opt_out_counts_as_sent_once_it_is_there() -> None:
    planned = replace(EXPECTED, steps=(Step(Side.CRM, Action.UPDATE, {}, opt_out=True),), fields=())

    assert in_full(planned, the_rest(), NOW) is None
    out = replace(NOW, person=replace(PERSON, opted_out=True))
    assert in_full(planned, the_rest(), out) == planned


def test_a_record_found_in_the_place_of_a_planned_one_is_ours_only_if_it_is_linked() -> None:
    planned = replace(EXPECTED, steps=(CREATE, JOIN), outcome=Outcome.CREATED)
    rest = the_rest(Step(Side.MARKETING, Action.LINK), JOIN)

    assert in_full(planned, rest, NOW) == planned
    assert in_full(planned, rest, replace(NOW, link=None)) is None


def test_what_a_created_record_sends_back_is_told_too() -> None:
    planned = replace(EXPECTED, steps=(CREATE,), outcome=Outcome.CREATED)
    back = Step(Side.MARKETING, Action.UPDATE, {"title": "Dr. Owner"})
    rewritten = replace(TITLE, side=Side.MARKETING, before="Owner", after="Dr. Owner")

    told = in_full(planned, replace(the_rest(back), fields=(rewritten,)), NOW)

    assert told is not None
    assert told.steps == (CREATE, back)
    assert told.fields == (TITLE, rewritten)
    assert told.replanned


def test_a_record_that_was_created_is_told_with_its_ids_and_as_it_is_now() -> None:
    planned = replace(EXPECTED, person_id=None, steps=(CREATE,), outcome=Outcome.CREATED)
    back = Step(Side.MARKETING, Action.UPDATE, {"title": "Dr. Owner"})
    rest = replace(the_rest(back), contact=CONTACT, person=PERSON)

    told = in_full(planned, rest, NOW)

    assert told is not None
    assert (told.contact_id, told.person_id) == (CONTACT.id, PERSON.id)
    assert (told.contact, told.person) == (CONTACT, PERSON)
    assert told.outcome is Outcome.CREATED


@pytest.mark.parametrize("outcome", [Outcome.SKIPPED, Outcome.FAILED])
def test_the_same_steps_with_another_end_are_told_as_they_end_now(outcome: Outcome) -> None:
    planned = replace(EXPECTED, steps=(), fields=(), outcome=Outcome.UNCHANGED)

    assert in_full(planned, replace(planned, outcome=outcome), NOW) is None
    assert in_full(EXPECTED, EXPECTED, NOW) is None


def test_another_write_than_the_planned_one_is_told_as_what_it_is() -> None:
    other = Step(Side.MARKETING, Action.UPDATE, {"title": "Partner"})

    assert in_full(EXPECTED, the_rest(UPDATE, JOIN, other), NOW) is None


def test_a_conflict_that_nothing_was_written_for_stays_in_the_log() -> None:
    logged = replace(EXPECTED, steps=(), outcome=Outcome.UNCHANGED)

    assert in_full(logged, the_rest(), NOW) == logged
    newer = replace(TITLE, after="Partner", loser="crm")
    assert in_full(logged, replace(the_rest(), fields=(newer,)), NOW) is None
