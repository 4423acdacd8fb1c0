"""Gather and decide: turn what both sides hold into a stored plan, page by page.

A full reading takes the whole campaign, then the group, then what the base alone remembers;
otherwise the delta and the pending units are enough. This module knows only the order: open the
mappings, then one page after another. It must not know what a page reads or how it is kept.
"""

from __future__ import annotations

from crmsync.domain.mapping_run import MappingState
from crmsync.services.delta_pages import DeltaPages
from crmsync.services.full_pages import BASES, CONTACTS, PEOPLE, FullPages
from crmsync.services.gathering import DELTA, Gathering
from crmsync.services.open_mappings import OpenMappings
from crmsync.services.plan_parts import PlanParts
from crmsync.services.work import Work


class Gather:
    """Gathers the run's mappings one after another, from wherever the checkpoint stands."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._gathering = Gathering(work)
        self._plan = PlanParts(self._gathering)
        full = FullPages(self._gathering, self._plan)
        delta = DeltaPages(self._gathering, self._plan)
        self._pages = {
            PEOPLE: full.people,
            CONTACTS: full.contacts,
            BASES: full.bases,
            DELTA: delta.page,
        }

    def run(self) -> bool:
        """Gather until done or out of time; True when every mapping is planned."""
        OpenMappings(self._gathering).run()
        while self._work.run.checkpoint.mapping < len(self._work.run.mappings):
            if self._work.must_stop():
                return False
            self._step(self._work.run.checkpoint.mapping)
        return True

    def _step(self, index: int) -> None:
        """Plan one page of one mapping, or move on to the next mapping."""
        row = self._gathering.row(index)
        if row.state is not MappingState.RUNNING:
            self._plan.finish(index)
            return
        cursor = self._work.run.checkpoint.cursor or (f"{PEOPLE}:" if row.full else f"{DELTA}:")
        kind, _, position = cursor.partition(":")
        self._pages[kind](index, position)
