"""Three-way merge of one membership: who is in the group, who is in the campaign.

A right-hand absence only counts with positive evidence (`Seen`): a person that cannot be seen, or
a read that was not complete, is not somebody who left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from crmsync.domain.base import MembershipBase
from crmsync.domain.mapping import Direction


class Seen(StrEnum):
    """What is known about the CRM membership row."""

    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"


class Move(StrEnum):
    """What happens to the membership."""

    NONE = "none"
    ADD_LEFT = "add_left"
    ADD_RIGHT = "add_right"
    REMOVE_LEFT = "remove_left"
    REMOVE_RIGHT = "remove_right"


@dataclass(frozen=True, slots=True)
class MembershipMerged:
    """The move, its reason when it is not the obvious one, and the base once it is acknowledged."""

    move: Move
    base: MembershipBase
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class MembershipPolicy:
    """What the mapping and its connection allow, and whether other mappings want the member.

    `in_other_campaign` is one that feeds the same group, `in_other_group` one that feeds the same
    campaign: who leaves one of two sources is still wanted by the other.
    """

    direction: Direction
    remove_in_crm: bool = False
    in_inactive_campaign: bool = False
    in_other_campaign: bool = False
    in_other_group: bool = False


def merge_membership(
    base: MembershipBase, *, left: bool, right: Seen, policy: MembershipPolicy
) -> MembershipMerged:
    """Decide one membership; see the truth table in `docs/reconciliation.md`."""
    base = _landed(base, left=left, right=right)
    if policy.in_inactive_campaign and policy.direction.writes_marketing:
        return _inactive(base, left=left, right=right)
    if right is Seen.UNKNOWN:
        return MembershipMerged(Move.NONE, base, "out_of_scope")
    return _both_known(base, left=left, right=right is Seen.IN, policy=policy)


def _landed(base: MembershipBase, *, left: bool, right: Seen) -> MembershipBase:
    """The base once a move in flight is found to have arrived, or to have been lost."""
    arrived = {
        Move.ADD_LEFT: left,
        Move.REMOVE_LEFT: not left,
        Move.ADD_RIGHT: right is Seen.IN,
        Move.REMOVE_RIGHT: right is Seen.OUT,
    }
    if base.in_flight is None:
        return base
    move = Move(base.in_flight)
    if not arrived.get(move):
        return replace(base, in_flight=None)
    held = move in (Move.ADD_LEFT, Move.ADD_RIGHT)
    return replace(base, left=held, right=held, in_flight=None)


def _inactive(base: MembershipBase, *, left: bool, right: Seen) -> MembershipMerged:
    """A member of the inactive campaign leaves every group, and nothing lets them rejoin."""
    settled = _held(
        base, left=False, right=base.right if right is Seen.UNKNOWN else right is Seen.IN
    )
    move = Move.REMOVE_LEFT if left else Move.NONE
    return MembershipMerged(move, settled, "in_inactive_campaign")


def _both_known(
    base: MembershipBase, *, left: bool, right: bool, policy: MembershipPolicy
) -> MembershipMerged:
    if left == right:
        return MembershipMerged(Move.NONE, _held(base, left=left, right=right))
    if left != base.left and right != base.right:
        return _crossed(base, left=left, right=right, policy=policy)
    if left != base.left:
        return _left_moved(base, left=left, right=right, policy=policy)
    if right != base.right:
        return _right_moved(base, left=left, right=right, policy=policy)
    return MembershipMerged(Move.NONE, base, "settled_apart")


def _crossed(
    base: MembershipBase, *, left: bool, right: bool, policy: MembershipPolicy
) -> MembershipMerged:
    """One side added while the other removed: both ways the addition wins, one way the source."""
    direction = policy.direction
    if direction is Direction.EXPORT or (left and direction is Direction.BOTH):
        return _left_moved(base, left=left, right=right, policy=policy)
    return _right_moved(base, left=left, right=right, policy=policy)


def _left_moved(
    base: MembershipBase, *, left: bool, right: bool, policy: MembershipPolicy
) -> MembershipMerged:
    if not policy.direction.writes_crm:
        return MembershipMerged(Move.NONE, base, "not_sent_by_import")
    if left:
        return MembershipMerged(Move.ADD_RIGHT, _held(base, left=True, right=True))
    if policy.in_other_group:
        return MembershipMerged(Move.NONE, _held(base, left=left, right=right), "in_other_group")
    if policy.remove_in_crm:
        return MembershipMerged(Move.REMOVE_RIGHT, _held(base, left=False, right=False))
    return MembershipMerged(Move.NONE, _held(base, left=left, right=right), "kept_in_crm")


def _right_moved(
    base: MembershipBase, *, left: bool, right: bool, policy: MembershipPolicy
) -> MembershipMerged:
    if not policy.direction.writes_marketing:
        return MembershipMerged(Move.NONE, base, "not_sent_by_export")
    if right:
        return MembershipMerged(Move.ADD_LEFT, _held(base, left=True, right=True))
    if policy.in_other_campaign:
        return MembershipMerged(Move.NONE, _held(base, left=left, right=right), "in_other_campaign")
    return MembershipMerged(Move.REMOVE_LEFT, _held(base, left=False, right=False), "left_campaign")


def _held(base: MembershipBase, *, left: bool, right: bool) -> MembershipBase:
    row_id = base.row_id if right else None
    return replace(base, left=left, right=right, row_id=row_id, in_flight=None)
