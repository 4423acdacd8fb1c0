"""Take back one unit of an earlier run: only what still stands as we wrote it.

Consent is never taken back, nothing is deleted, and both sides settle at their present values, so
the next sync neither puts the undone values back nor lets anybody rejoin.
"""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.base import Agreed, Link, MembershipBase
from crmsync.domain.change import Action, Change, FieldChange, Outcome, Side, Step, outcome_of
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Decision, Observation
from crmsync.domain.standing import as_left, kept_out, may_write, other_value, stands, stands_at

_BACK = {Action.ADD_MEMBER: Action.REMOVE_MEMBER, Action.REMOVE_MEMBER: Action.ADD_MEMBER}


def undo(done: Change, now: Observation) -> Decision:
    """The decision that takes `done` back as far as nobody touched it since."""
    fields = tuple(back for f in done.fields if (back := _back(done, f, now)) is not None)
    return _decision(done, now, fields, (*_updates(fields), *_moves(done, now)))


def carry_out(planned: Change, now: Observation) -> Decision:
    """The decision for a planned undo as things stand now: what moved since the plan is left."""
    undone = [f for f in planned.fields if f.rule == "undo" and may_write(f.side, now)]
    todo = tuple(f for f in undone if stands_at(f, f.before, now))
    settled = tuple(f for f in undone if f in todo or stands_at(f, f.after, now))
    moves = tuple(s for s in planned.steps if s.action in _BACK and not stands(s, now))
    moves = tuple(s for s in moves if not kept_out(s, now))
    return _decision(planned, now, settled, (*_updates(todo), *moves))


def _decision(
    unit: Change, now: Observation, fields: tuple[FieldChange, ...], steps: tuple[Step, ...]
) -> Decision:
    change = replace(
        unit,
        steps=steps,
        fields=fields if steps else tuple(replace(f, loser=None) for f in unit.fields),
        contact=now.contact,
        person=now.person,
        seen=now.seen,
        row_id=now.row_id,
        suppress=(),
        outcome=outcome_of(steps) if steps else Outcome.SKIPPED,
        reason="undone" if steps else _left_because(unit, now),
        passing=unit.passing or unit.outcome is Outcome.FAILED,
        settles=False,
    )
    return Decision(
        change=change,
        link=_link(now, fields),
        membership=_membership(now, steps),
        consent_unreadable=now.contact.consent_unreadable if now.contact else False,
        stored_link=now.link,
        stored_membership=now.membership,
    )


def _back(done: Change, wrote: FieldChange, now: Observation) -> FieldChange | None:
    """The field put back to what it was, None when it was changed since or never changed."""
    created = any(s.action is Action.CREATE and s.side is wrote.side for s in done.steps)
    if created or wrote.before == wrote.after:
        return None
    who = now.contact if wrote.side is Side.MARKETING else now.person
    other = other_value(wrote, now)
    if who is None or other is None or not may_write(wrote.side, now):
        return None
    if not as_left(wrote, who.value(wrote.name), wrote.after):
        return None
    return replace(
        wrote,
        before=who.value(wrote.name),
        after=wrote.before,
        other=other,
        rule="undo",
        loser=None,
    )


def _updates(fields: tuple[FieldChange, ...]) -> tuple[Step, ...]:
    steps = []
    for side in (Side.CRM, Side.MARKETING):
        values = {f.name: f.after for f in fields if f.side is side}
        if values:
            steps.append(Step(side, Action.UPDATE, values))
    return tuple(steps)


def _moves(done: Change, now: Observation) -> tuple[Step, ...]:
    """The membership moved back, if it still stands where we put it."""
    moves = []
    for step in done.steps:
        action = _BACK.get(step.action)
        if action is None or not stands(step, now):
            continue
        moves.append(Step(step.side, action, row_id=now.row_id if step.side is Side.CRM else None))
    return tuple(m for m in moves if not kept_out(m, now))


def _left_because(unit: Change, now: Observation) -> str:
    """Why nothing is taken back of a unit."""
    if not now.in_scope:
        return "out_of_scope"
    return "in_inactive_campaign" if unit.inactive and now.in_inactive_campaign else "changed_since"


def _link(now: Observation, fields: tuple[FieldChange, ...]) -> Link | None:
    """The base at the values both sides will then hold."""
    if now.link is None:
        return None
    agreed = dict(now.link.fields)
    for field in fields:
        left, right = field.after, field.other
        if field.side is Side.CRM:
            left, right = right, left
        agreed[field.name] = Agreed(left, right)
    return replace(now.link, fields=agreed, in_flight={})


def _membership(now: Observation, steps: tuple[Step, ...]) -> MembershipBase:
    unseen, held = now.seen is Seen.UNKNOWN, now.membership
    left, right = now.member_left, held.right if unseen else now.seen is Seen.IN
    row_id = held.row_id if unseen else now.row_id
    for step in steps:
        if step.action in _BACK:
            added = step.action is Action.ADD_MEMBER
            left, right = (added, right) if step.side is Side.MARKETING else (left, added)
    return MembershipBase(left=left, right=right, row_id=row_id if right else None)
