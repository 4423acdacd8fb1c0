"""Tell all that happened to a unit whose writing was interrupted and taken up again.

A worker may die, or an answer be lost, half-way through a page. What the first try did, the second
one finds done, so it has less to write; what became of the unit is still all that was planned.
"""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.change import Action, Change, Side, Step
from crmsync.domain.contact import Contact
from crmsync.domain.fields import same
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Observation


def in_full(planned: Change, rest: Change, now: Observation) -> Change | None:
    """What to tell of the unit once `rest` is done; None if `rest` is something else.

    A record that our own try created may need more than was planned: what the CRM made of it
    travels back.
    """
    if rest.steps == planned.steps:
        same_end = rest.outcome is planned.outcome and not rest.steps
        return planned if same_end and not set(rest.fields) - set(planned.fields) else None
    todo, wanted = [what(s) for s in rest.steps], [what(s) for s in planned.steps]
    gone = [s for s in planned.steps if what(s) not in todo]
    more = tuple(s for s in rest.steps if what(s) not in wanted and s.action is not Action.LINK)
    created = any(step.action is Action.CREATE for step in gone)
    if not all(_arrived(s, now) for s in gone) or (more and not created):
        return None
    fields = {(f.name, f.side): f for f in (*planned.fields, *rest.fields)}
    told = replace(planned, steps=(*planned.steps, *more), fields=tuple(fields.values()))
    if not more:
        return told
    return replace(
        told,
        contact_id=rest.contact_id,
        person_id=rest.person_id,
        contact=rest.contact,
        person=rest.person,
        replanned=True,
    )


def what(step: Step) -> tuple[object, ...]:
    """What a step writes, whichever row it is about."""
    values = tuple(sorted(step.values.items()))
    return (step.side, step.action, values, step.opt_out)


def _arrived(step: Step, now: Observation) -> bool:
    """Whether the step is found done; a record is ours only if it is linked."""
    left = step.side is Side.MARKETING
    match step.action:
        case Action.ADD_MEMBER:
            return now.member_left if left else now.seen is Seen.IN
        case Action.REMOVE_MEMBER:
            return not now.member_left if left else now.seen is Seen.OUT
        case Action.CREATE | Action.LINK:
            return now.link is not None and (now.contact if left else now.person) is not None
        case Action.UPDATE:
            return _holds(step, now)
        case Action.NONE:
            return True


def _holds(step: Step, now: Observation) -> bool:
    """Whether the record has every value of the step, and the opt-out if it raises one."""
    who = now.contact if step.side is Side.MARKETING else now.person
    if who is None:
        return False
    out = who.email_opt_out if isinstance(who, Contact) else who.opted_out
    there = all(same(name, who.value(name), value) for name, value in step.values.items())
    return there and (bool(out) or not step.opt_out)
