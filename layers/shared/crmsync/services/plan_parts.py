"""Keep the plan as stored parts: each page becomes a part before the checkpoint moves past it.

So a crash repeats at most one page, and no unit is planned twice. It must not know which side
brought a unit up, nor what a cursor means beyond '' for the end of a mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from crmsync.domain.change import Change
from crmsync.domain.decide import decide
from crmsync.domain.mapping_run import MappingRun
from crmsync.domain.observation import Observation
from crmsync.domain.run import PartRef
from crmsync.services.count_changes import tallied
from crmsync.services.drift import Drift
from crmsync.services.gathering import Gathering

PART_SIZE = 2000


class PlanParts:
    """The plan of the run in hand, as far as it is stored."""

    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self._work = gathering.work
        self._drift = Drift(gathering)
        self._known: dict[int, set[str]] = {}

    def known(self, index: int) -> set[str]:
        """Ids already planned for this mapping; read back from the plan after a crash."""
        if index not in self._known:
            self._known[index] = set()
            for ref in self._work.run.checkpoint.plan:
                if ref.mapping == index:
                    part = self._work.ports.artifacts.read_part(self._work.run.tenant_id, ref)
                    self._known[index] |= _ids(part)
        return self._known[index]

    def store(self, index: int, units: Iterable[Observation], following: str) -> None:
        """Decide the page, write its changes as parts, and move the checkpoint to `following`.

        With '' the mapping is complete and the next one's turn.
        """
        known = self.known(index)
        policy = self._gathering.scene(index).policy
        changes = sorted((decide(o, policy).change for o in units), key=_sort_key)
        known |= _ids(changes)
        refs = self._write(index, changes)
        self._save(index, changes, refs, following)

    def finish(self, index: int) -> None:
        """Go on to the next mapping; this one has nothing more to plan."""
        self._save(index, (), (), "")

    def _write(self, index: int, changes: list[Change]) -> tuple[PartRef, ...]:
        number = len(self._work.run.checkpoint.plan)
        refs: list[PartRef] = []
        for start in range(0, len(changes), PART_SIZE):
            chunk = changes[start : start + PART_SIZE]
            key = self._work.part_key("plan", number + len(refs))
            ref = self._work.ports.artifacts.write_part(self._work.run.tenant_id, key, chunk)
            refs.append(replace(ref, mapping=index))
        return tuple(refs)

    def _save(
        self, index: int, changes: Sequence[Change], refs: tuple[PartRef, ...], following: str
    ) -> None:
        run = self._work.run
        rows = list(run.mappings)
        rows[index] = self._counted(index, changes)
        mapping = index if following else index + 1
        plan = (*run.checkpoint.plan, *refs)
        checkpoint = self._work.checkpoint(plan=plan, cursor=following, mapping=mapping)
        progress = max(run.progress, round(0.3 * mapping / max(1, len(rows)), 3))
        self._work.save(
            replace(run, mappings=tuple(rows), checkpoint=checkpoint, progress=progress)
        )

    def _counted(self, index: int, changes: Sequence[Change]) -> MappingRun:
        row = tallied(self._gathering.row(index), changes)
        if row.drift is None:
            return row
        return replace(row, drift=row.drift + self._drift.among(index, changes))


def _ids(changes: Iterable[Change]) -> set[str]:
    return {i for change in changes for i in (change.person_id, change.contact_id) if i}


def _sort_key(change: Change) -> tuple[str, bool, str]:
    return change.sort_key
