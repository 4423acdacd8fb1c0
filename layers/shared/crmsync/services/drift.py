"""Count what a full reading changes that no delta would have named: there should be nothing.

It must not know how a mapping is read, nor decide anything about its units.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmsync.domain.change import Change
from crmsync.services.changed_units import CONTACT, PERSON, ChangedUnits, Key
from crmsync.services.gathering import Gathering


class Drift:
    """Compares the plan of a full reading with what the delta of the same moment names."""

    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self._units = ChangedUnits(gathering)
        self._named: dict[int, set[Key]] = {}

    def among(self, index: int, changes: Sequence[Change]) -> int:
        """How many of these changes a delta would have missed; 0 where none was read."""
        writing = [change for change in changes if change.steps and self._is_settled(change)]
        if self._gathering.row(index).drift is None or not writing:
            return 0
        named = self._of_delta(index)
        return sum(not (_keys(change) & named) for change in writing)

    def _of_delta(self, index: int) -> set[Key]:
        if index not in self._named:
            self._named[index] = self._units.keys(index)
        return self._named[index]

    def _is_settled(self, change: Change) -> bool:
        """Whether nobody edited it since the delta was read, which is what the next one is for."""
        checkpoint = self._gathering.work.run.checkpoint
        here, there = checkpoint.local_watermark, checkpoint.watermark
        return not (
            (change.contact and here and change.contact.updated_at >= here)
            or (change.person and there and change.person.modified_at >= there)
        )


def _keys(change: Change) -> set[Key]:
    return {(PERSON, change.person_id or ""), (CONTACT, change.contact_id or "")}
