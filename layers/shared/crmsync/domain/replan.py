"""A planned unit against what is seen of it right before it is written.

What the plan did not ask for waits for the next one, which the guard counts.
"""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.change import Action, Change, Outcome, Side
from crmsync.domain.observation import Observation


def void(planned: Change) -> Change:
    """A unit nothing may be written to now; it is looked at again next time."""
    return replace(
        planned,
        steps=(),
        outcome=Outcome.SKIPPED,
        reason="changed_meanwhile",
        passing=True,
        replanned=True,
    )


def is_within(planned: Change, fresh: Change) -> bool:
    """Whether the plan asked for this.

    Only planned removals were counted by the guard. Who was known on a side when it was planned is
    not created there because of what cannot be seen any more.
    """
    if not fresh.steps or not planned.steps:
        return not fresh.steps
    known = {Side.MARKETING: planned.contact_id, Side.CRM: planned.person_id}
    creates = _sides(fresh, Action.CREATE)
    removes = _sides(fresh, Action.REMOVE_MEMBER) - _sides(planned, Action.REMOVE_MEMBER)
    return not removes and not any(known[side] for side in creates)


def is_backed_up(planned: Change, fresh: Change) -> bool:
    """Whether the plan holds all that carrying out `fresh` replaces."""
    images = {Side.MARKETING: planned.contact, Side.CRM: planned.person}
    return not fresh.replanned and all(
        f.before == (image.value(f.name) if (image := images[f.side]) else "") for f in fresh.fields
    )


def link_moved(planned: Change, seen: Observation | None) -> bool:
    """Whether somebody wrote to the pair since it was planned."""
    version = seen.link.version if seen is not None and seen.link is not None else 0
    return version != planned.link_version


def has_heir(planned: Change) -> bool:
    """Whether an opt-out is about somebody else, too, whom the plan did not keep."""
    return planned.reason == "merged_into_linked"


def remembering(fresh: Change, planned: Change) -> Change:
    """The unit with the contact whose match went meanwhile: next time it is looked at alone."""
    if fresh.contact_id or not planned.contact_id or fresh.steps:
        return fresh
    return replace(fresh, contact_id=planned.contact_id, passing=True)


def inheriting(planned: Change, seen: Observation) -> Observation:
    """The observation with the opt-out of a record merged away, once it was seen."""
    known = planned.person is not None and planned.person.inherits_opt_out
    if not known or seen.person is None:
        return seen
    return replace(seen, person=replace(seen.person, inherits_opt_out=True))


def _sides(change: Change, action: Action) -> set[Side]:
    return {step.side for step in change.steps if step.action is action}
