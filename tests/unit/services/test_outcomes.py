"""What is told of a unit once its job ended, or was never begun."""

from __future__ import annotations

from dataclasses import replace

import pytest
from crmsync.domain.change import Action, Change, Outcome, Side, Step
from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.domain.observation import Decision
from crmsync.services.job import Job
from crmsync.services.outcomes import asks_for_work, held_back, not_done, outcome_of_job

from tests.fakes.builders import a_mapping, a_person

JOIN = Step(Side.CRM, Action.ADD_MEMBER)
HERE = Step(Side.MARKETING, Action.ADD_MEMBER)
MAKE = Step(Side.MARKETING, Action.CREATE, {"city": "Rome"})
PLANNED = Change("m1-p", "m1", "c1", "p1", (JOIN, HERE), (), Outcome.UPDATED, "why")
IDLE = replace(PLANNED, steps=(), outcome=Outcome.UNCHANGED)
ROW = MappingRun(a_mapping("701", "g1"), reason="many_removals", detail="It would remove 11.")


def job(change: Change = PLANNED, told: Change | None = None) -> Job:
    return Job(Decision(change, told=told), "c9", person=a_person("p9"))


def test_a_unit_that_was_carried_out_is_told_as_decided() -> None:
    assert outcome_of_job(PLANNED, job()) == PLANNED


@pytest.mark.parametrize(("own", "row_id"), [(True, "row"), (False, None)])
def test_only_a_row_we_made_is_named_and_only_on_its_step(*, own: bool, row_id: str | None) -> None:
    done = job()
    done.row_id, done.own_row = "row", own

    assert outcome_of_job(PLANNED, done).steps == (replace(JOIN, row_id=row_id), HERE)


def test_whoever_was_created_is_told_with_the_ids_they_got() -> None:
    new = replace(PLANNED, contact_id=None, person_id=None, steps=(MAKE,))

    told = outcome_of_job(new, job(new))

    assert (told.contact_id, told.person_id) == ("c9", "p9")


def test_ids_that_were_known_stay_and_nobody_gets_one_without_being_created() -> None:
    assert outcome_of_job(PLANNED, job()).person_id == "p1"
    found = replace(PLANNED, contact_id=None)
    assert outcome_of_job(found, job(found)).contact_id is None
    nobody = replace(PLANNED, person_id=None)
    alone = job(nobody)
    alone.person = None
    assert outcome_of_job(nobody, alone).person_id is None


def test_what_an_earlier_try_did_is_told_with_it() -> None:
    told = replace(PLANNED, contact_id=None, person_id=None, steps=(MAKE, HERE), reason="all")

    assert outcome_of_job(PLANNED, job(told=told)) == replace(told, contact_id="c1", person_id="p1")


@pytest.mark.parametrize(
    ("outcome", "planned", "passing"),
    [
        (Outcome.FAILED, False, False),
        (Outcome.FAILED, True, True),
        (Outcome.SKIPPED, False, True),
    ],
)
def test_a_unit_that_ended_early_is_told_with_its_reason(
    outcome: Outcome, *, planned: bool, passing: bool
) -> None:
    ended = job()
    ended.fail("refused", "The CRM said no.", outcome)

    assert outcome_of_job(replace(PLANNED, passing=planned), ended) == replace(
        PLANNED, outcome=outcome, reason="refused", detail="The CRM said no.", passing=passing
    )


@pytest.mark.parametrize(
    ("change", "asks"),
    [
        (PLANNED, True),
        (replace(IDLE, settles=True), True),
        (replace(IDLE, suppress=("a@x.example",)), True),
        (IDLE, False),
    ],
)
def test_a_unit_asks_for_work_if_anything_has_to_be_written_or_stored(
    change: Change, *, asks: bool
) -> None:
    assert asks_for_work(change) is asks


def test_a_unit_that_would_write_is_held_with_the_reason_of_its_mapping() -> None:
    assert held_back(PLANNED, ROW) == replace(
        PLANNED, outcome=Outcome.HELD, reason="many_removals", detail="It would remove 11."
    )
    assert held_back(PLANNED, replace(ROW, reason=None)).reason == ""
    assert held_back(IDLE, ROW) == IDLE


@pytest.mark.parametrize(
    ("state", "reason", "outcome", "told"),
    [
        (MappingState.PAUSED, "campaign_gone", Outcome.SKIPPED, "campaign_gone"),
        (MappingState.FAILED, "group_gone", Outcome.FAILED, "group_gone"),
        (MappingState.FAILED, None, Outcome.FAILED, "failed"),
    ],
)
def test_a_unit_of_a_mapping_that_stopped_is_looked_at_again(
    state: MappingState, reason: str | None, outcome: Outcome, told: str
) -> None:
    assert not_done(PLANNED, state, reason) == replace(
        PLANNED, outcome=outcome, reason=told, passing=True
    )
    assert not_done(IDLE, state, reason) == IDLE
