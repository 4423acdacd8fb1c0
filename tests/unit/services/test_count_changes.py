"""What changes amount to on their mapping's row, whether they are plans or outcomes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from crmsync.domain.change import Action, Change, FieldChange, Outcome, Side, Step
from crmsync.domain.guard import Effect
from crmsync.domain.run import MappingRun
from crmsync.services.count_changes import stays_pending, tallied

from tests.fakes.builders import a_mapping

ROW = MappingRun(
    a_mapping("701", "g1"),
    counts={Outcome.UPDATED: 2, Outcome.SKIPPED: 1},
    waterfall={"in_group": 3, "in_scope": 1},
    conflicts=4,
    effect=Effect(1, 1, 1),
    own_rows=5,
    pending=6,
)
LOST = FieldChange("city", Side.CRM, "a", "b", "b", "c", "c", "crm_wins", "crm")
KEPT = replace(LOST, loser=None)
ADDED = Step(Side.CRM, Action.ADD_MEMBER, row_id="row")


def unit(outcome: Outcome, *steps: Step, passing: bool = False) -> Change:
    return Change(
        "m1-p", "m1", "c1", "p1", steps, (), outcome, facts=frozenset({"in_group"}), passing=passing
    )


def test_changes_are_added_to_what_the_row_counted_before() -> None:
    changes = [
        replace(unit(Outcome.UPDATED, ADDED), fields=(LOST, LOST, KEPT)),
        unit(Outcome.CREATED, Step(Side.CRM, Action.CREATE), ADDED),
        unit(Outcome.REMOVED, Step(Side.MARKETING, Action.REMOVE_MEMBER)),
        unit(Outcome.FAILED),
        unit(Outcome.SKIPPED, passing=True),
    ]

    assert tallied(ROW, changes) == replace(
        ROW,
        counts={
            Outcome.UPDATED: 3,
            Outcome.SKIPPED: 2,
            Outcome.CREATED: 1,
            Outcome.REMOVED: 1,
            Outcome.FAILED: 1,
        },
        waterfall={"in_group": 8, "in_scope": 1},
        conflicts=6,
        effect=Effect(2, 2, 2),
        own_rows=7,
        pending=8,
    )


def test_nothing_changes_nothing_and_the_row_before_stays_as_it_was() -> None:
    assert tallied(ROW, []) == ROW
    tallied(ROW, [unit(Outcome.CREATED)])
    assert ROW.counts == {Outcome.UPDATED: 2, Outcome.SKIPPED: 1}
    assert ROW.waterfall == {"in_group": 3, "in_scope": 1}


@pytest.mark.parametrize(
    ("change", "rows"),
    [
        (unit(Outcome.UPDATED, ADDED), 1),
        (unit(Outcome.UPDATED, ADDED, ADDED), 2),
        (unit(Outcome.FAILED, ADDED), 0),
        (unit(Outcome.HELD, ADDED), 0),
        (unit(Outcome.UPDATED, replace(ADDED, row_id=None)), 0),
        (unit(Outcome.UPDATED, replace(ADDED, side=Side.MARKETING)), 0),
        (unit(Outcome.REMOVED, replace(ADDED, action=Action.REMOVE_MEMBER)), 0),
    ],
)
def test_a_row_is_ours_if_we_added_it_and_know_its_id(change: Change, rows: int) -> None:
    assert tallied(ROW, [change]).own_rows == ROW.own_rows + rows


@pytest.mark.parametrize(
    ("outcome", "passing", "stays"),
    [
        (Outcome.FAILED, False, True),
        (Outcome.SKIPPED, True, True),
        (Outcome.SKIPPED, False, False),
        (Outcome.UPDATED, False, False),
    ],
)
def test_what_failed_or_may_pass_is_looked_at_again(
    outcome: Outcome, *, passing: bool, stays: bool
) -> None:
    assert stays_pending(unit(outcome, passing=passing)) is stays
