"""One unit on its way through the steps of writing: what was decided, and what became of it.

Each step reads what earlier steps left in the job and adds its own. A job must not know the steps,
nor touch a port.
"""

from __future__ import annotations

from dataclasses import dataclass

from crmsync.domain.base import Agreed, Link
from crmsync.domain.change import Action, Outcome, Side, Step
from crmsync.domain.membership import Move
from crmsync.domain.observation import Decision
from crmsync.domain.person import Person

MOVES = {
    (Side.MARKETING, Action.ADD_MEMBER): Move.ADD_LEFT,
    (Side.MARKETING, Action.REMOVE_MEMBER): Move.REMOVE_LEFT,
    (Side.CRM, Action.ADD_MEMBER): Move.ADD_RIGHT,
    (Side.CRM, Action.REMOVE_MEMBER): Move.REMOVE_RIGHT,
}


@dataclass(slots=True)
class Job:
    """One unit being written. An outcome ends it; its base then stays as it was.

    `stored` is the link as it stands in the store, with the version a next write has to name.
    """

    decision: Decision
    contact_id: str
    stored: Link | None = None
    person: Person | None = None
    row_id: str | None = None
    own_row: bool = False
    rewritten: dict[str, str] | None = None
    settled: dict[str, Agreed] | None = None
    outcome: Outcome | None = None
    reason: str = ""
    detail: str = ""

    @property
    def alive(self) -> bool:
        """Whether the unit is still on its way."""
        return self.outcome is None

    def step(self, side: Side, action: Action) -> Step | None:
        """The unit's step of this kind, if it has one."""
        for step in self.decision.change.steps:
            if step.side is side and step.action is action:
                return step
        return None

    @property
    def move(self) -> tuple[Move, Step] | None:
        """The membership move of the unit, if it has one."""
        for step in self.decision.change.steps:
            if (step.side, step.action) in MOVES:
                return MOVES[step.side, step.action], step
        return None

    def moves(self, move: Move) -> bool:
        """Whether the unit is still on its way and this is its membership move."""
        return self.alive and self.move is not None and self.move[0] is move

    def fail(self, reason: str, detail: str = "", outcome: Outcome = Outcome.FAILED) -> None:
        """End the unit; the first reason stays."""
        if self.alive:
            self.outcome, self.reason, self.detail = outcome, reason, detail
