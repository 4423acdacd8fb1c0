"""Apply a plan: page by page, looking again before writing, storing every unit's outcome.

A page that writes to the CRM re-reads its records first; what moved since the plan is decided
again and marked. Nothing is written to a record for which the plan had nothing to write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crmsync.domain.change import Action, Change, Outcome, Side, Step
from crmsync.domain.observation import Decision
from crmsync.domain.run import MappingRun, MappingState, PartRef, RunState
from crmsync.services.count_changes import tallied
from crmsync.services.job import Job
from crmsync.services.look_again import LookAgain, is_backed_up, void
from crmsync.services.resolve import create_campaign, create_group, find_campaign
from crmsync.services.scene import scene_for
from crmsync.services.timelines import record_changes
from crmsync.services.work import Scene, Work
from crmsync.services.write import Writer

PAGE_SIZE = 200


class Apply:
    """Applies the parts of the run's plan in order; the cursor is 'part:offset'."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._scenes: dict[int, Scene] = {}
        self._in_use: tuple[PartRef, Sequence[Change]] | None = None

    def run(self) -> bool:
        """Apply until done or out of time; True when every part has its outcomes stored."""
        self._create_ends()
        while (part := self._position()[0]) < len(self._work.run.checkpoint.plan):
            if self._work.must_stop():
                return False
            self._page(self._work.run.checkpoint.plan[part])
        return True

    def _create_ends(self) -> None:
        """Create what is missing on either side before anybody is put into it."""
        rows = [self._with_ends(row) for row in self._work.run.mappings]
        if tuple(rows) != self._work.run.mappings:
            self._work.save(replace(self._work.run, mappings=tuple(rows)))

    def _with_ends(self, row: MappingRun) -> MappingRun:
        if row.state is not MappingState.RUNNING:
            return row
        if row.campaign_id and self._work.run.preview_id is not None:
            _, row = find_campaign(self._work, row)  # it may have changed since the preview
        if not row.campaign_id and row.mapping.campaign.create:
            _, row = create_campaign(self._work, row)
        if not row.group_id and row.mapping.group.create and row.state is MappingState.RUNNING:
            row = create_group(self._work, row)
        return row

    def _position(self) -> tuple[int, int]:
        part, _, offset = (self._work.run.checkpoint.cursor or "0:0").partition(":")
        return int(part), int(offset)

    def _page(self, ref: PartRef) -> None:
        number, offset = self._position()
        part = self._part(ref)
        page = self._in_hand(part[offset : offset + PAGE_SIZE])
        results = self._results(ref.mapping, self._row(ref.mapping, page), page)
        following = offset + PAGE_SIZE
        cursor = f"{number}:{following}" if following < len(part) else f"{number + 1}:0"
        self._store(ref.mapping, results, cursor)

    def _part(self, ref: PartRef) -> Sequence[Change]:
        """The part of the plan, read once for all its pages; the one before is let go."""
        if self._in_use is None or self._in_use[0] != ref:
            self._in_use = ref, self._work.ports.artifacts.read_part(self._work.run.tenant_id, ref)
        return self._in_use[1]

    def _results(self, index: int, row: MappingRun, page: Sequence[Change]) -> list[Change]:
        if row.state is MappingState.HELD:
            return [_held(change, row) for change in page]
        if row.state is not MappingState.RUNNING:
            return [_not_done(change, row.state, row.reason) for change in page]
        todo = [change for change in page if _asks_for_work(change)]
        done = {c.id: c for c in (self._write(self._scenes[index], todo) if todo else [])}
        return [done.get(change.id, change) for change in page]

    def _row(self, index: int, page: Sequence[Change]) -> MappingRun:
        """The mapping, its scene set; paused if its campaign is not there to be written to."""
        row = self._work.run.mappings[index]
        idle = row.state is not MappingState.RUNNING or not any(map(_asks_for_work, page))
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
        decisions = LookAgain(self._work, scene).decide(page)
        self._back_up(page, decisions)
        writing = [(c, d) for c, d in decisions if d is not None]
        jobs = Writer(self._work, scene).write([d for _, d in writing])
        results = [_result(c, job) for (c, _), job in zip(writing, jobs, strict=True)]
        record_changes(self._work, scene, results)
        return results + [void(c) for c, d in decisions if d is None]

    def _in_hand(self, page: Sequence[Change]) -> Sequence[Change]:
        """The page as it was decided again before a crash, else as it was planned."""
        ref = self._work.run.checkpoint.page
        if ref is None:
            return page
        again = self._work.ports.artifacts.read_part(self._work.run.tenant_id, ref)
        by_id = {change.id: change for change in again}
        return [by_id.get(change.id, change) for change in page]

    def _back_up(
        self, page: Sequence[Change], decisions: Sequence[tuple[Change, Decision | None]]
    ) -> None:
        """Store what was decided again before it is written, with all that it replaces."""
        now = [_to_store(planned, decision) for planned, decision in decisions]
        if all(map(is_backed_up, page, now)):
            return
        run = self._work.run
        key = self._work.part_key("page", len(run.checkpoint.results))
        ref = self._work.ports.artifacts.write_part(run.tenant_id, key, now)
        self._work.save(replace(run, checkpoint=self._work.checkpoint(page=ref)))

    def _store(self, index: int, results: Sequence[Change], cursor: str) -> None:
        """Store the page's outcomes and move the checkpoint past it, in that order."""
        run = self._work.run
        key = self._work.part_key("result", len(run.checkpoint.results))
        ref = self._work.ports.artifacts.write_part(run.tenant_id, key, results)
        ref = replace(ref, mapping=index, count=len(results))
        rows = list(run.mappings)
        rows[index] = tallied(rows[index], results)
        results_so_far = (*run.checkpoint.results, ref)
        checkpoint = self._work.checkpoint(results=results_so_far, cursor=cursor, page=None)
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


def _to_store(planned: Change, decision: Decision | None) -> Change:
    """The unit as a later try has to find it: what is to be written now, and what was already."""
    if decision is None or not decision.change.steps:
        return planned
    return decision.told or decision.change


def _result(planned: Change, job: Job) -> Change:
    """The change as it turned out."""
    change = job.decision.change
    if change.contact_id is None and job.step(Side.MARKETING, Action.CREATE):
        change = replace(change, contact_id=job.contact_id)
    if job.person is not None and change.person_id is None:
        change = replace(change, person_id=job.person.id)
    if job.decision.told is not None:
        told = job.decision.told
        change = replace(told, contact_id=change.contact_id, person_id=change.person_id)
    if not job.alive:
        passing = job.outcome is not Outcome.FAILED or planned.passing
        return replace(
            change,
            outcome=job.outcome or Outcome.FAILED,
            reason=job.reason,
            detail=job.detail,
            passing=passing,
        )
    return replace(change, steps=tuple(_with_row(step, job) for step in change.steps))


def _with_row(step: Step, job: Job) -> Step:
    if step.side is Side.CRM and step.action is Action.ADD_MEMBER:
        return replace(step, row_id=job.row_id if job.own_row else None)
    return step


def _asks_for_work(change: Change) -> bool:
    return bool(change.steps or change.settles or change.suppress)


def _held(change: Change, row: MappingRun) -> Change:
    if not change.steps:
        return change
    return replace(change, outcome=Outcome.HELD, reason=row.reason or "", detail=row.detail)


def _not_done(change: Change, state: MappingState, reason: str | None) -> Change:
    """A unit of a mapping that cannot be worked on any more; a paused one is no failure."""
    if not change.steps:
        return change
    outcome = Outcome.SKIPPED if state is MappingState.PAUSED else Outcome.FAILED
    return replace(change, outcome=outcome, reason=reason or state.value, passing=True)
