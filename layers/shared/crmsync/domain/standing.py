"""What still stands of what a run did: only that can be taken back.

Of a value the CRM may have changed the spelling since; of a member the row has to be the same one.
"""

from __future__ import annotations

from crmsync.domain.change import Action, FieldChange, Side, Step
from crmsync.domain.fields import loosely_same, same
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Observation


def stands(step: Step, now: Observation) -> bool:
    """Whether the membership is where this step put it."""
    added = step.action is Action.ADD_MEMBER
    if step.side is Side.MARKETING:
        return now.member_left is added
    if added:
        return now.seen is Seen.IN and step.row_id is not None and step.row_id == now.row_id
    return now.seen is Seen.OUT


def stands_at(planned: FieldChange, value: str, now: Observation) -> bool:
    """Whether the planned field's side holds this value, if in another spelling."""
    who = now.contact if planned.side is Side.MARKETING else now.person
    return who is not None and as_left(planned, who.value(planned.name), value)


def as_left(wrote: FieldChange, held: str, value: str) -> bool:
    """Whether the value stands as the run left it; the CRM may have normalised it."""
    normalised = wrote.side is Side.CRM and loosely_same(held, value)
    return same(wrote.name, held, value) or normalised


def other_value(wrote: FieldChange, now: Observation) -> str | None:
    """What the other side holds, or held when it was last seen; None if nobody knows."""
    other = now.person if wrote.side is Side.MARKETING else now.contact
    if other is not None:
        return other.value(wrote.name)
    base = now.link.fields.get(wrote.name) if now.link else None
    if base is None:
        return None
    return base.right if wrote.side is Side.MARKETING else base.left


def may_write(side: Side, now: Observation) -> bool:
    """Nobody is written to in the CRM who is not in scope any more."""
    return side is Side.MARKETING or now.in_scope


def kept_out(move: Step, now: Observation) -> bool:
    """Whether the move is not ours to make, or would be taken back at once.

    Being in the inactive campaign takes people out of every group, with the next full sync.
    """
    joins = move.side is Side.MARKETING and move.action is Action.ADD_MEMBER
    return (joins and now.in_inactive_campaign) or not may_write(move.side, now)
