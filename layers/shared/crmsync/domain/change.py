"""A change: one unit of account (a linked pair or an unpaired record), what to do, and why.

A plan is a sorted list of these. A change describes; it never acts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from crmsync.domain.contact import Contact
from crmsync.domain.fields import Values
from crmsync.domain.membership import Seen
from crmsync.domain.person import Person


class Side(StrEnum):
    """Which side a step writes to."""

    MARKETING = "marketing"
    CRM = "crm"


class Action(StrEnum):
    """What a step does. There is no delete."""

    CREATE = "create"
    UPDATE = "update"
    ADD_MEMBER = "add_member"
    REMOVE_MEMBER = "remove_member"
    LINK = "link"
    NONE = "none"


class Outcome(StrEnum):
    """What became of a unit, strongest first; a unit has exactly one."""

    FAILED = "failed"
    HELD = "held"
    REMOVED = "removed"
    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"
    UNCHANGED = "unchanged"


_STRENGTH = {outcome: rank for rank, outcome in enumerate(Outcome)}
_OUTCOME_OF = {
    Action.CREATE: Outcome.CREATED,
    Action.UPDATE: Outcome.UPDATED,
    Action.ADD_MEMBER: Outcome.UPDATED,
    Action.REMOVE_MEMBER: Outcome.REMOVED,
    Action.LINK: Outcome.UNCHANGED,
    Action.NONE: Outcome.UNCHANGED,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One write. `values` are the changed fields only; `opt_out` can only ever be raised."""

    side: Side
    action: Action
    values: Values = field(default_factory=dict)
    opt_out: bool = False
    row_id: str | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one change: base of both sides, before and after on `side`, the other's value.

    `loser` names the side whose edit was overruled by `rule`; None when there was no conflict.
    """

    name: str
    side: Side
    base_left: str | None
    base_right: str | None
    before: str
    after: str
    other: str
    rule: str
    loser: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One unit: its steps in order, the fields they touch, its outcome and the reason for it.

    `contact` and `person` are the before-images; `seen` and `row_id` tell what was known of the
    campaign membership and `inactive` whether the person is in the inactive campaign. `candidates`
    are the ids a review has to choose from. `passing` marks a reason that may go away by itself, so
    the unit is looked at again next time; `settles` that the base has to be stored although nothing
    is written; `moved` that its link follows its person into the one that took over.
    `link_version` is that of the link it was decided with, 0 without one.
    """

    id: str
    mapping_id: str
    contact_id: str | None
    person_id: str | None
    steps: tuple[Step, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    outcome: Outcome = Outcome.UNCHANGED
    reason: str = ""
    contact: Contact | None = None
    person: Person | None = None
    seen: Seen = Seen.UNKNOWN
    row_id: str | None = None
    inactive: bool = False
    candidates: tuple[str, ...] = ()
    suppress: tuple[str, ...] = ()
    facts: frozenset[str] = frozenset()
    passing: bool = False
    settles: bool = False
    moved: bool = False
    link_version: int = 0
    replanned: bool = False
    detail: str = ""

    @property
    def primary(self) -> Step:
        """The step that decides the outcome; a step that does nothing when there is none."""
        steps = [*self.steps, Step(Side.MARKETING, Action.NONE)]
        return min(steps, key=lambda step: _STRENGTH[_OUTCOME_OF[step.action]])

    def writes(self, side: Side) -> bool:
        """Whether any step writes to `side`."""
        return any(s.side is side and s.action is not Action.LINK for s in self.steps)

    @property
    def sort_key(self) -> tuple[str, bool, str]:
        """People first, by id; then contacts without a person. The same plan every time."""
        return (self.mapping_id, self.person_id is None, self.person_id or self.contact_id or "")


def strongest(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome that stands for several."""
    return min(outcomes, key=_STRENGTH.__getitem__, default=Outcome.UNCHANGED)


def outcome_of(steps: Iterable[Step]) -> Outcome:
    """What these steps amount to once all are done."""
    return strongest(_OUTCOME_OF[step.action] for step in steps)
