"""The pages of a run's plan, in order: the one in hand, and the checkpoint past the done ones.

It must not decide anything, nor write to either side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crmsync.domain.change import Change
from crmsync.domain.run import PartRef, RunState
from crmsync.services.count_changes import tallied
from crmsync.services.outcomes import broken_off
from crmsync.services.page_backup import PageBackup
from crmsync.services.work import Work

PAGE_SIZE = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Some units of one mapping, by its number in the run; the page after it begins at `cursor`."""

    mapping: int
    units: Sequence[Change]
    cursor: str


class PlanPages:
    """The pages of the run in hand; the checkpoint's cursor is 'part:offset'."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._backup = PageBackup(work)
        self._in_use: tuple[PartRef, Sequence[Change]] | None = None

    def left(self) -> bool:
        """Whether there is a page without outcomes."""
        return self._position()[0] < len(self._work.run.checkpoint.plan)

    def in_hand(self) -> Page:
        """The page the cursor is at; after a crash with what was decided again for it."""
        number, offset = self._position()
        ref = self._work.run.checkpoint.plan[number]
        part = self._part(ref)
        following = offset + PAGE_SIZE
        cursor = f"{number}:{following}" if following < len(part) else f"{number + 1}:0"
        return Page(ref.mapping, self._backup.in_hand(part[offset:following]), cursor)

    def store(self, page: Page, results: Sequence[Change]) -> None:
        """Store the page's outcomes and move the checkpoint past it, in that order."""
        run = self._work.run
        key = self._work.part_key("result", len(run.checkpoint.results))
        ref = self._work.ports.artifacts.write_part(run.tenant_id, key, results)
        ref = replace(ref, mapping=page.mapping)
        rows = list(run.mappings)
        rows[page.mapping] = tallied(rows[page.mapping], results)
        results_so_far = (*run.checkpoint.results, ref)
        checkpoint = self._work.checkpoint(
            results=results_so_far, cursor=page.cursor, page=None, begun=False
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

    def break_off(self) -> None:
        """Give each unit an outcome of a page that was begun, as the run ends in the middle of it.

        Nobody knows how far it came; the next run looks at what both sides hold.
        """
        if self._work.run.checkpoint.begun:
            page = self.in_hand()
            self.store(page, [broken_off(change) for change in page.units])

    def _position(self) -> tuple[int, int]:
        part, _, offset = (self._work.run.checkpoint.cursor or "0:0").partition(":")
        return int(part), int(offset)

    def _part(self, ref: PartRef) -> Sequence[Change]:
        """The part of the plan, read once for all its pages; the one before is let go."""
        if self._in_use is None or self._in_use[0] != ref:
            self._in_use = ref, self._work.ports.artifacts.read_part(self._work.run.tenant_id, ref)
        return self._in_use[1]
