"""Keep what was decided again for the page in hand, before any of it is written.

A worker that takes the page up after a crash finds there what the one before was about to replace.
It must not decide anything, nor write to either side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crmsync.domain.change import Change
from crmsync.domain.observation import Decision
from crmsync.domain.replan import is_backed_up
from crmsync.services.work import Work


class PageBackup:
    """The stored second decision of the page that is being written."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def in_hand(self, page: Sequence[Change]) -> Sequence[Change]:
        """The page as it was decided again before a crash, else as it was planned."""
        ref = self._work.run.checkpoint.page
        if ref is None:
            return page
        again = self._work.ports.artifacts.read_part(self._work.run.tenant_id, ref)
        by_id = {change.id: change for change in again}
        return [by_id.get(change.id, change) for change in page]

    def back_up(
        self, page: Sequence[Change], decisions: Sequence[tuple[Change, Decision | None]]
    ) -> None:
        """Store what was decided again before it is written, with all that it replaces.

        That the page was begun is stored, too: only then may what is found done be our own doing.
        """
        now = [_to_store(planned, decision) for planned, decision in decisions]
        run, page_ref = self._work.run, self._work.run.checkpoint.page
        if not all(map(is_backed_up, page, now)):
            key = self._work.part_key("page", len(run.checkpoint.results))
            page_ref = self._work.ports.artifacts.write_part(run.tenant_id, key, now)
        begun = run.checkpoint.begun or any(d and d.change.steps for _, d in decisions)
        if (page_ref, begun) != (run.checkpoint.page, run.checkpoint.begun):
            checkpoint = self._work.checkpoint(page=page_ref, begun=begun)
            self._work.save(replace(run, checkpoint=checkpoint))


def _to_store(planned: Change, decision: Decision | None) -> Change:
    """The unit as a later try has to find it: what is to be written now, and what was already."""
    if decision is None or not decision.change.steps:
        return planned
    return decision.told or decision.change
