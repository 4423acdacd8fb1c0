"""Three-way merge of one field: base, left (marketing) and right (CRM).

A side changed when it differs from its *own* base. The truth table is `docs/reconciliation.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crmsync.domain.base import Agreed
from crmsync.domain.fields import FieldRule, comparable, loosely_same, same
from crmsync.domain.mapping import Direction

TIE = timedelta(seconds=60)
"""Edit times closer than this do not tell which came last, because the two clocks differ."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field as it stands: both values, the base if any, when each side was last edited."""

    name: str
    left: str
    right: str
    base: Agreed | None = None
    left_at: datetime | None = None
    right_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """What to do with a field. At most one of `to_left` and `to_right` is set.

    `agreed` is what the base becomes once the write is acknowledged; None leaves it as it is.
    `loser` names the side whose edit was overruled, for the conflict log.
    """

    to_left: str | None = None
    to_right: str | None = None
    agreed: Agreed | None = None
    loser: str | None = None


NOTHING = Merged()


def merge(field: Field, rule: FieldRule, direction: Direction) -> Merged:
    """Decide one field. Never invents, truncates or blends values."""
    if rule is FieldRule.OFF:
        return NOTHING
    if same(field.name, field.left, field.right):
        return Merged(agreed=Agreed(field.left, field.right))
    if field.base is None:
        return _first_meeting(field, rule, direction)
    return _since_base(field, field.base, rule, direction)


def returned(state: Field) -> Field:
    """A blank is how a field came back to the CRM, not a clear by somebody: the base takes it."""
    if state.base is None or comparable(state.name, state.right):
        return state
    return replace(state, base=Agreed(state.base.left, state.right))


def _since_base(field: Field, base: Agreed, rule: FieldRule, direction: Direction) -> Merged:
    left_changed = not same(field.name, field.left, base.left)
    right_changed = not same(field.name, field.right, base.right)
    if left_changed and right_changed:
        if _may_be_tidied(field, base, direction):
            return replace(_send_right(field, direction), loser="crm")
        return _conflict(field, rule, direction)
    if left_changed:
        return _send_right(field, direction)
    if right_changed:
        return _send_left(field, direction)
    return NOTHING


def _may_be_tidied(field: Field, base: Agreed, direction: Direction) -> bool:
    """Whether the CRM may only have tidied up what we sent, in an answer that did not say so.

    Then it overrules no edit. Where it was told how the CRM spells our value, somebody edited it.
    """
    told = base.left != base.right or direction is Direction.IMPORT
    return not told and loosely_same(field.right, base.right)


def _first_meeting(field: Field, rule: FieldRule, direction: Direction) -> Merged:
    """With no base, a blank never wipes a value."""
    if not comparable(field.name, field.right):
        return _send_right(field, direction)
    if not comparable(field.name, field.left):
        return _send_left(field, direction)
    return _conflict(field, rule, direction)


def _conflict(field: Field, rule: FieldRule, direction: Direction) -> Merged:
    if direction is Direction.IMPORT or (direction is Direction.BOTH and _crm_wins(field, rule)):
        sent = _send_left(field, direction)
        return Merged(to_left=sent.to_left, agreed=sent.agreed, loser="marketing")
    sent = _send_right(field, direction)
    return Merged(to_right=sent.to_right, agreed=sent.agreed, loser="crm")


def _crm_wins(field: Field, rule: FieldRule) -> bool:
    if rule is FieldRule.MARKETING_WINS:
        return False
    if rule is FieldRule.CRM_UNLESS_BLANK:
        return bool(comparable(field.name, field.right))
    if rule is FieldRule.NEWEST and field.left_at and field.right_at:
        return field.left_at - field.right_at < TIE
    return True


def _send_right(field: Field, direction: Direction) -> Merged:
    if not direction.writes_crm:
        return NOTHING
    return Merged(to_right=field.left, agreed=Agreed(field.left, field.left))


def _send_left(field: Field, direction: Direction) -> Merged:
    if not direction.writes_marketing:
        return NOTHING
    return Merged(to_left=field.right, agreed=Agreed(field.right, field.right))
