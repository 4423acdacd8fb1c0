"""What is added up of a plan, and from which number on it waits for a yes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from crmsync.domain.change import Action, Change, FieldChange, Side, Step
from crmsync.domain.guard import Effect, Held, Known, effect_of, held_because

KNOWN = Known(
    members=100,
    group_size=80,
    members_before=90,
    group_size_before=70,
    creations=(20, 0, 30),
    complete=True,
)


def unit(*actions: Action, before: str = "", after: str = "") -> Change:
    fields = (FieldChange("city", Side.CRM, None, None, before, after, after, "new"),)
    return Change("m1-p", "m1", "c1", "p1", tuple(Step(Side.CRM, a) for a in actions), fields)


def test_each_unit_counts_once_for_each_thing_it_does() -> None:
    changes = [
        unit(Action.REMOVE_MEMBER, before="a", after="b"),
        unit(Action.REMOVE_MEMBER, Action.REMOVE_MEMBER),
        unit(Action.CREATE, Action.ADD_MEMBER, after="b"),
        unit(Action.UPDATE, before="a", after="a"),
        unit(Action.UPDATE, before="a", after=""),
    ]

    assert effect_of(changes) == Effect(removals=2, overwrites=2, creations=1)
    assert effect_of([]) == Effect()


def test_effects_of_pages_add_up() -> None:
    assert Effect(1, 2, 3).plus(Effect(10, 20, 30)) == Effect(11, 22, 33)


@pytest.mark.parametrize(
    ("known", "held"),
    [
        (
            {"members": 0},
            Held("campaign_reads_empty", "The campaign had 90 members and now reads as empty."),
        ),
        ({"members": 0, "complete": False}, None),
        ({"members": 0, "members_before": 0}, None),
        (
            {"group_size": 0},
            Held("group_reads_empty", "The group had 70 members and now reads as empty."),
        ),
        (
            {"group_size": 0, "complete": False},
            Held("group_reads_empty", "The group had 70 members and now reads as empty."),
        ),
        ({"group_size": 0, "group_size_before": 0}, None),
        ({}, None),
    ],
)
def test_a_side_that_had_members_and_reads_as_empty_waits(
    known: dict[str, int], held: Held | None
) -> None:
    assert held_because(Effect(), replace(KNOWN, **known)) == held


@pytest.mark.parametrize(
    ("effect", "held"),
    [
        (Effect(removals=10), None),
        (Effect(removals=11), Held("many_removals", "It would remove 11 of 100 members.")),
        (Effect(overwrites=25), None),
        (
            Effect(overwrites=26),
            Held("many_overwrites", "It would replace values on 26 of 100 people."),
        ),
        (Effect(creations=75), None),
        (
            Effect(creations=76),
            Held("many_creations", "It would create 76 people; a usual run creates 25."),
        ),
    ],
)
def test_more_than_its_share_of_the_members_waits(effect: Effect, held: Held | None) -> None:
    assert held_because(effect, KNOWN) == held


@pytest.mark.parametrize(
    ("effect", "waits"),
    [
        (Effect(removals=10), False),
        (Effect(removals=11), True),
        (Effect(overwrites=10), False),
        (Effect(overwrites=11), True),
    ],
)
def test_of_a_small_list_ten_may_always_change(effect: Effect, *, waits: bool) -> None:
    small = replace(KNOWN, members=3, group_size=3, members_before=3)

    assert (held_because(effect, small) is not None) is waits


@pytest.mark.parametrize("name", ["members", "group_size", "members_before"])
def test_the_share_is_of_the_largest_the_list_was_on_either_side(name: str) -> None:
    known = replace(KNOWN, **{name: 1000})

    assert held_because(Effect(removals=100), known) is None
    held = held_because(Effect(removals=101), known)
    assert held == Held("many_removals", "It would remove 101 of 1000 members.")


@pytest.mark.parametrize(
    ("creations", "most"), [((), 10_000), ((0, 0), 10_000), ((1,), 50), ((40,), 120)]
)
def test_how_many_new_people_are_usual_is_told_by_runs_that_created_any(
    creations: tuple[int, ...], most: int
) -> None:
    known = replace(KNOWN, creations=creations)

    assert held_because(Effect(creations=most), known) is None
    assert (held_because(Effect(creations=most + 1), known) is None) is not any(creations)
