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
from crmsync.domain.run import PartRef, RunState
from crmsync.services.count_changes import tallied
from crmsync.services.create_ends import CreateEnds
from crmsync.services.look_again import LookAgain
from crmsync.services.outcomes import asks_for_work, broken_off, held_back, not_done, outcome_of_job
from crmsync.services.page_backup import PageBackup
from crmsync.services.resolve import find_campaign
from crmsync.services.scene import scene_for
from crmsync.services.timelines import record_changes
from crmsync.services.work import Scene, Work
from crmsync.services.write import Writer
from crmsync.services.write_contacts import suppress

PAGE_SIZE = 200


class Apply:
    """Applies the parts of the run's plan in order; the cursor is 'part:offset'."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._scenes: dict[int, Scene] = {}
        self._backup = PageBackup(work)
        self._in_use: tuple[PartRef, Sequence[Change]] | None = None

    def run(self) -> bool:
        """Apply until done or out of time; True when every part has its outcomes stored."""
        CreateEnds(self._work).run()
        while (part := self._position()[0]) < len(self._work.run.checkpoint.plan):
            if self._work.must_stop():
                return False
            self._page(self._work.run.checkpoint.plan[part])
        return True

    def leave_page(self) -> None:
        """Give each unit an outcome of a page that was begun, as the run ends in the middle of it.

        Nobody knows how far it came; the next run looks at what both sides hold.
        """
        if not self._work.run.checkpoint.begun:
            return
        ref = self._work.run.checkpoint.plan[self._position()[0]]
        page, cursor = self._page_in_hand(ref)
        self._store(ref.mapping, [broken_off(change) for change in page], cursor)

    def _position(self) -> tuple[int, int]:
        part, _, offset = (self._work.run.checkpoint.cursor or "0:0").partition(":")
        return int(part), int(offset)

    def _page(self, ref: PartRef) -> None:
        page, cursor = self._page_in_hand(ref)
        results = self._results(ref.mapping, self._row(ref.mapping, page), page)
        self._store(ref.mapping, results, cursor)

    def _page_in_hand(self, ref: PartRef) -> tuple[Sequence[Change], str]:
        """The page the cursor is at, and where the one after it begins."""
        number, offset = self._position()
        part = self._part(ref)
        following = offset + PAGE_SIZE
        cursor = f"{number}:{following}" if following < len(part) else f"{number + 1}:0"
        return self._backup.in_hand(part[offset:following]), cursor

    def _part(self, ref: PartRef) -> Sequence[Change]:
        """The part of the plan, read once for all its pages; the one before is let go."""
        if self._in_use is None or self._in_use[0] != ref:
            self._in_use = ref, self._work.ports.artifacts.read_part(self._work.run.tenant_id, ref)
        return self._in_use[1]

    def _results(self, index: int, row: MappingRun, page: Sequence[Change]) -> list[Change]:
        if row.state is not MappingState.RUNNING:
            suppress(self._work, page)  # an opt-out waits for nobody's yes
        if row.state is MappingState.HELD:
            return [held_back(change, row) for change in page]
        if row.state is not MappingState.RUNNING:
            return [not_done(change, row.state, row.reason) for change in page]
        todo = [change for change in page if asks_for_work(change)]
        done = {c.id: c for c in (self._write(self._scenes[index], todo) if todo else [])}
        return [done.get(change.id, change) for change in page]

    def _row(self, index: int, page: Sequence[Change]) -> MappingRun:
        """The mapping, its scene set; paused if its campaign is not there to be written to."""
        row = self._work.run.mappings[index]
        idle = row.state is not MappingState.RUNNING or not any(map(asks_for_work, page))
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

    def _write(self, scene: Scene, page: Sequence[Change]) -> list[Change]:
        again = LookAgain(self._work, scene)
        decisions = again.decide(page)
        suppress(self._work, again.not_now)
        self._backup.back_up(page, decisions)
        writing = [(c, d) for c, d in decisions if d is not None]
        jobs = Writer(self._work, scene).write([d for _, d in writing])
        results = [outcome_of_job(c, job) for (c, _), job in zip(writing, jobs, strict=True)]
        record_changes(self._work, scene, results)
        return results + [void(c) for c, d in decisions if d is None]

    def _store(self, index: int, results: Sequence[Change], cursor: str) -> None:
        """Store the page's outcomes and move the checkpoint past it, in that order."""
        run = self._work.run
        key = self._work.part_key("result", len(run.checkpoint.results))
        ref = self._work.ports.artifacts.write_part(run.tenant_id, key, results)
        ref = replace(ref, mapping=index)
        rows = list(run.mappings)
        rows[index] = tallied(rows[index], results)
        results_so_far = (*run.checkpoint.results, ref)
        checkpoint = self._work.checkpoint(
            results=results_so_far, cursor=cursor, page=None, begun=False
        )
        total = max(1, sum(part.count for part in run.checkpoint.plan))
        done = sum(part.count for part in checkpoint.results)
        self._work.save(
            replace(
                run,
                state=RunState.APPLYING,
                mappings=tuple(rows),
                checkpoint=checkpoint,
                progress=max(run.progress, round(0.3 + 0.65 * done / total, 3)),
            )
        )
