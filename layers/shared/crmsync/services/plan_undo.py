"""Plan taking back a run: read what it did, look at how things stand, keep what can go back."""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.change import Change
from crmsync.domain.errors import NotFound
from crmsync.domain.run import PartRef, Run
from crmsync.domain.run_result import WROTE
from crmsync.domain.undo import undo
from crmsync.services.count_changes import tallied
from crmsync.services.observe import Observer
from crmsync.services.resolve import find_campaign
from crmsync.services.scene import scene_for
from crmsync.services.sight import Sight
from crmsync.services.work import Scene, Work


class PlanUndo:
    """Plans the undo of the source run, a result part per step; the cursor is its number."""

    def __init__(self, work: Work) -> None:
        self._work = work
        source_id = work.run.source_run_id or ""
        source = work.ports.runs.get(work.run.tenant_id, source_id)
        if source is None:
            raise NotFound("no_such_run", f"There is no run {source_id} to take back.")
        self._source: Run = source

    def run(self) -> bool:
        """Plan until done or out of time; True when every part is planned."""
        parts = self._source.checkpoint.results
        while (number := int(self._work.run.checkpoint.cursor or 0)) < len(parts):
            if self._work.must_stop():
                return False
            self._part(number, parts[number])
        return True

    def _part(self, number: int, ref: PartRef) -> None:
        artifacts, run = self._work.ports.artifacts, self._work.run
        part = artifacts.read_part(run.tenant_id, ref)
        done = [c for c in part if c.steps and c.outcome in WROTE]
        changes = self._planned(ref.mapping, done) if done else []
        refs = run.checkpoint.plan
        if changes:
            key = self._work.part_key("plan", len(refs))
            stored = artifacts.write_part(run.tenant_id, key, changes)
            refs = (*refs, replace(stored, mapping=ref.mapping))
        rows = list(run.mappings)
        rows[ref.mapping] = tallied(rows[ref.mapping], changes)
        checkpoint = self._work.checkpoint(plan=refs, cursor=str(number + 1))
        self._work.save(replace(run, mappings=tuple(rows), checkpoint=checkpoint))

    def _planned(self, index: int, done: list[Change]) -> list[Change]:
        campaign, _ = find_campaign(self._work, self._work.run.mappings[index])
        scene: Scene = scene_for(self._work, index, campaign)
        people = [c.person_id for c in done if c.person_id]
        contacts = [c.contact_id for c in done if not c.person_id and c.contact_id]
        now = Observer(self._work, scene, Sight()).observe(people, contacts)
        pairs = [(c, now.get(c.person_id or c.contact_id or "")) for c in done]
        return [undo(change, seen).change for change, seen in pairs if seen is not None]
