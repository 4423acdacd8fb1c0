"""Apply a plan: page by page, looking again before writing, storing every unit's outcome.

A page that writes to the CRM re-reads its records first; what moved since the plan is decided
again and marked. Nothing is written to a record for which the plan had nothing to write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crmsync.domain.change import Change
from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.domain.replan import void
from crmsync.services.create_ends import CreateEnds
from crmsync.services.look_again import LookAgain
from crmsync.services.outcomes import asks_for_work, held_back, not_done, outcome_of_job
from crmsync.services.page_backup import PageBackup
from crmsync.services.plan_pages import Page, PlanPages
from crmsync.services.resolve import find_campaign
from crmsync.services.scene import scene_for
from crmsync.services.timelines import record_changes
from crmsync.services.work import Scene, Work
from crmsync.services.write import Writer
from crmsync.services.write_contacts import suppress


class Apply:
    """Applies the pages of the run's plan, in order."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._scenes: dict[int, Scene] = {}
        self._pages = PlanPages(work)
        self._backup = PageBackup(work)

    def run(self) -> bool:
        """Apply until done or out of time; True when every part has its outcomes stored."""
        CreateEnds(self._work).run()
        while self._pages.left():
            if self._work.must_stop():
                return False
            page = self._pages.in_hand()
            self._pages.store(page, self._results(page))
        return True

    def _results(self, page: Page) -> list[Change]:
        units, row = page.units, self._row(page)
        if row.state is not MappingState.RUNNING:
            suppress(self._work, units)  # an opt-out waits for nobody's yes
        if row.state is MappingState.HELD:
            return [held_back(change, row) for change in units]
        if row.state is not MappingState.RUNNING:
            return [not_done(change, row.state, row.reason) for change in units]
        todo = [change for change in units if asks_for_work(change)]
        done = {c.id: c for c in (self._write(self._scenes[page.mapping], todo) if todo else [])}
        return [done.get(change.id, change) for change in units]

    def _row(self, page: Page) -> MappingRun:
        """The mapping, its scene set; paused if its campaign is not there to be written to."""
        index = page.mapping
        row = self._work.run.mappings[index]
        idle = row.state is not MappingState.RUNNING or not any(map(asks_for_work, page.units))
        if index in self._scenes or idle:
            return row
        campaign, row = find_campaign(self._work, row)
        self._keep_row(index, row)
        self._scenes[index] = scene_for(self._work, index, campaign)
        return row

    def _keep_row(self, index: int, row: MappingRun) -> None:
        rows = list(self._work.run.mappings)
        if rows[index] != row:
            rows[index] = row
            self._work.save(replace(self._work.run, mappings=tuple(rows)))

    def _write(self, scene: Scene, units: Sequence[Change]) -> list[Change]:
        again = LookAgain(self._work, scene)
        decisions = again.decide(units)
        suppress(self._work, again.not_now)
        self._backup.back_up(units, decisions)
        writing = [(c, d) for c, d in decisions if d is not None]
        jobs = Writer(self._work, scene).write([d for _, d in writing])
        results = [outcome_of_job(c, job) for (c, _), job in zip(writing, jobs, strict=True)]
        record_changes(self._work, scene, results)
        return results + [void(c) for c, d in decisions if d is None]
