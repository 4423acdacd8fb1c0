"""A value that is only written otherwise is the same value, for every question a merge asks."""

from __future__ import annotations

import pytest
from crmsync.domain.base import Agreed
from crmsync.domain.fields import FieldRule
from crmsync.domain.mapping import Direction
from crmsync.domain.merge import NOTHING, Field, Merged, merge

PLAIN, SPELLED, OTHER = "4155550101", "+1 (415) 555-0101", "212 555 0199"
BASE = Agreed(PLAIN, PLAIN)


def merged(left: str, right: str, base: Agreed | None = BASE) -> Merged:
    return merge(Field("phone", left, right, base), FieldRule.MARKETING_WINS, Direction.BOTH)


@pytest.mark.parametrize("base", [BASE, None])
def test_two_spellings_of_one_number_agree_and_nothing_is_written(base: Agreed | None) -> None:
    assert merged(PLAIN, SPELLED, base) == Merged(agreed=Agreed(PLAIN, SPELLED))


def test_a_number_spelled_otherwise_here_is_no_edit_here() -> None:
    assert merged(SPELLED, OTHER) == Merged(to_left=OTHER, agreed=Agreed(OTHER, OTHER))


def test_a_number_spelled_otherwise_there_is_no_edit_there() -> None:
    assert merged(OTHER, SPELLED) == Merged(to_right=OTHER, agreed=Agreed(OTHER, OTHER))


def crm_wins(left: str, right: str, base: Agreed, direction: Direction) -> Merged:
    return merge(Field("title", left, right, base), FieldRule.CRM_WINS, direction)


def test_what_the_crm_may_only_have_tidied_overrules_no_edit_but_is_in_the_log() -> None:
    base = Agreed("vp c", "vp c")

    assert crm_wins("Owner", "VP, C", base, Direction.BOTH) == Merged(
        to_right="Owner", agreed=Agreed("Owner", "Owner"), loser="crm"
    )


@pytest.mark.parametrize(
    ("base", "direction"),
    [
        (Agreed("vp c", "Vp C"), Direction.BOTH),
        (Agreed("vp c", "vp c"), Direction.IMPORT),
    ],
    ids=["it said how it spells ours", "nothing of ours was sent"],
)
def test_what_it_cannot_have_tidied_was_edited_there(base: Agreed, direction: Direction) -> None:
    assert crm_wins("Owner", "VP, C++", base, direction) == Merged(
        to_left="VP, C++", agreed=Agreed("VP, C++", "VP, C++"), loser="marketing"
    )


def test_a_conflict_that_was_settled_apart_stays_so_however_either_side_spells_it() -> None:
    base = Agreed(PLAIN, OTHER)

    assert merged(SPELLED, "(212) 555 0199", base) == NOTHING
