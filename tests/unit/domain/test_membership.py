"""What becomes of the base of a membership: the row it names, and a move that was in flight."""

from __future__ import annotations

import pytest
from crmsync.domain.base import MembershipBase
from crmsync.domain.mapping import Direction
from crmsync.domain.membership import (
    MembershipMerged,
    MembershipPolicy,
    Move,
    Seen,
    merge_membership,
)

BOTH = MembershipPolicy(Direction.BOTH)
EXPORT = MembershipPolicy(Direction.EXPORT)
IN = MembershipBase(left=True, right=True, row_id="row", own_row_id="own")
OUT = MembershipBase(own_row_id="own")
BACK = MembershipBase(left=True, right=True, own_row_id="own")
THERE = MembershipBase(right=True, row_id="row", own_row_id="own")


def merged(
    base: MembershipBase, *, left: bool, right: Seen, policy: MembershipPolicy = BOTH
) -> MembershipMerged:
    return merge_membership(base, left=left, right=right, policy=policy)


def flying(move: Move, base: MembershipBase = IN) -> MembershipBase:
    return MembershipBase(base.left, base.right, base.row_id, base.own_row_id, move.value)


def test_while_both_sides_hold_a_member_the_base_names_the_row() -> None:
    assert merged(IN, left=True, right=Seen.IN) == MembershipMerged(Move.NONE, IN)


def test_once_both_let_go_it_names_none() -> None:
    assert merged(IN, left=False, right=Seen.OUT) == MembershipMerged(Move.NONE, OUT)


@pytest.mark.parametrize(
    ("move", "left", "right", "before", "after"),
    [
        (Move.ADD_LEFT, True, Seen.IN, OUT, BACK),
        (Move.ADD_RIGHT, True, Seen.IN, OUT, BACK),
        (Move.REMOVE_LEFT, False, Seen.OUT, IN, OUT),
        (Move.REMOVE_RIGHT, False, Seen.OUT, IN, OUT),
    ],
)
def test_a_move_that_arrived_is_done_and_no_longer_in_flight(
    move: Move, right: Seen, before: MembershipBase, after: MembershipBase, *, left: bool
) -> None:
    found = merged(flying(move, before), left=left, right=right)

    assert found == MembershipMerged(Move.NONE, after)


def test_a_removal_that_arrived_is_not_taken_for_somebody_joining_the_other_side() -> None:
    """Ours took them out of the group; meanwhile they are seen in the campaign, as before."""
    found = merged(flying(Move.REMOVE_LEFT), left=False, right=Seen.IN)

    assert found.move is Move.ADD_LEFT


@pytest.mark.parametrize("right", [Seen.UNKNOWN, Seen.OUT])
def test_an_addition_there_that_is_not_seen_did_not_arrive(right: Seen) -> None:
    found = merged(flying(Move.ADD_RIGHT, OUT), left=True, right=right)

    expected = Move.NONE if right is Seen.UNKNOWN else Move.ADD_RIGHT
    assert (found.move, found.base.in_flight) == (expected, None)


def test_a_removal_there_that_cannot_be_seen_is_not_taken_as_arrived() -> None:
    found = merged(flying(Move.REMOVE_RIGHT), left=False, right=Seen.UNKNOWN)

    assert found == MembershipMerged(Move.NONE, IN, "out_of_scope")


def test_a_move_that_was_lost_leaves_the_base_as_it_was() -> None:
    found = merged(flying(Move.REMOVE_LEFT), left=True, right=Seen.UNKNOWN)

    assert found.base == IN


def test_one_way_a_move_in_flight_is_forgotten_even_where_nothing_is_sent() -> None:
    found = merged(flying(Move.ADD_LEFT, OUT), left=False, right=Seen.IN, policy=EXPORT)

    assert found == MembershipMerged(Move.NONE, OUT, "not_sent_by_export")


def test_no_move_in_flight_is_none_that_arrived() -> None:
    assert merged(flying(Move.NONE), left=True, right=Seen.UNKNOWN).base == IN


@pytest.mark.parametrize(
    ("left", "right", "after"),
    [
        (True, Seen.IN, THERE),
        (False, Seen.OUT, OUT),
        (True, Seen.UNKNOWN, THERE),
    ],
)
def test_a_member_of_the_inactive_campaign_leaves_and_settles_there(
    right: Seen, after: MembershipBase, *, left: bool
) -> None:
    policy = MembershipPolicy(Direction.BOTH, in_inactive_campaign=True)

    found = merged(IN, left=left, right=right, policy=policy)

    move = Move.REMOVE_LEFT if left else Move.NONE
    assert found == MembershipMerged(move, after, "in_inactive_campaign")


def test_an_export_leaves_the_members_of_the_inactive_campaign_in_their_groups() -> None:
    policy = MembershipPolicy(Direction.EXPORT, in_inactive_campaign=True)

    assert merged(IN, left=True, right=Seen.IN, policy=policy).reason is None
