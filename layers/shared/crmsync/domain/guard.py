"""The guard: a part of a plan that would change surprisingly much waits for a person's yes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from crmsync.domain.change import Action, Change

MIN_REMOVALS = 10
REMOVAL_SHARE = 0.10
MIN_OVERWRITES = 10
OVERWRITE_SHARE = 0.25
MIN_CREATIONS = 50
CREATION_FACTOR = 3


@dataclass(frozen=True, slots=True)
class Effect:
    """How much of a mapping a plan touches; effects of pages add up."""

    removals: int = 0
    overwrites: int = 0
    creations: int = 0

    def plus(self, other: Effect) -> Effect:
        """Both effects together."""
        return Effect(
            self.removals + other.removals,
            self.overwrites + other.overwrites,
            self.creations + other.creations,
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What the mapping looked like before: sizes now and then, and earlier creating runs."""

    members: int
    group_size: int
    members_before: int
    group_size_before: int
    creations: Sequence[int]
    complete: bool


@dataclass(frozen=True, slots=True)
class Held:
    """Why a part must wait: a stable code, and one sentence with the numbers for people."""

    code: str
    detail: str


def effect_of(changes: Iterable[Change]) -> Effect:
    """Add up what these changes would remove, overwrite and create."""
    total = Effect()
    for change in changes:
        actions = {step.action for step in change.steps}
        total = total.plus(
            Effect(
                removals=int(Action.REMOVE_MEMBER in actions),
                overwrites=int(_overwrites(change)),
                creations=int(Action.CREATE in actions),
            )
        )
    return total


def held_because(effect: Effect, known: Known) -> Held | None:
    """Why the part must wait, None when it may go on."""
    members = max(known.members, known.group_size, known.members_before)
    if known.complete and known.members_before and not known.members:
        text = f"The campaign had {known.members_before} members and now reads as empty."
        return Held("campaign_reads_empty", text)
    if known.group_size_before and not known.group_size:
        text = f"The group had {known.group_size_before} members and now reads as empty."
        return Held("group_reads_empty", text)
    if effect.removals > max(MIN_REMOVALS, REMOVAL_SHARE * members):
        text = f"It would remove {effect.removals} of {members} members."
        return Held("many_removals", text)
    if effect.overwrites > max(MIN_OVERWRITES, OVERWRITE_SHARE * members):
        text = f"It would replace values on {effect.overwrites} of {members} people."
        return Held("many_overwrites", text)
    return _too_many_creations(effect, known)


def _too_many_creations(effect: Effect, known: Known) -> Held | None:
    creating = [count for count in known.creations if count]
    if not creating:
        return None
    usual = median(creating)
    if effect.creations > max(MIN_CREATIONS, CREATION_FACTOR * usual):
        text = f"It would create {effect.creations} people; a usual run creates {usual:.0f}."
        return Held("many_creations", text)
    return None


def _overwrites(change: Change) -> bool:
    return bool(change.steps) and any(f.before and f.after != f.before for f in change.fields)
