"""Keep what did not end in agreement, to be gathered by id next time, and ask what is in question.

It must not know whether the mapping gets any further for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crmsync.domain.change import Change
from crmsync.domain.mapping_run import MappingRun
from crmsync.ports.state import Pending
from crmsync.services.count_changes import stays_pending
from crmsync.services.open_reviews import OpenReviews
from crmsync.services.work import Work


class KeepPending:
    """Brings the pending units of the run's mappings up to date."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._reviews = OpenReviews(work)

    def __call__(self, index: int, row: MappingRun) -> None:
        """Units without agreement are gathered by id next time; the others are not any more."""
        state, pair = self._work.state, (row.campaign_id or "", row.group_id or "")
        before = state.pending(*pair)
        contacts, people = set(before.contact_ids), set(before.person_ids)
        for part in self._results(index, row, before):
            self._reviews.open(part)
            for change in part:
                contacts.discard(change.contact_id or "")
                people.discard(change.person_id or "")
                if stays_pending(change):
                    people |= {change.person_id} if change.person_id else set()
                    unlinked = change.link_version == 0 or not change.person_id
                    contacts |= {change.contact_id} if change.contact_id and unlinked else set()
        after = Pending(frozenset(contacts), frozenset(people))
        if after != before:
            state.put_pending(*pair, after)

    def _results(self, index: int, row: MappingRun, before: Pending) -> Iterable[Sequence[Change]]:
        """The row's results, part by part; only if any of them may be or become pending."""
        if not (before.contact_ids or before.person_ids or row.pending):
            return
        run = self._work.run
        for ref in run.checkpoint.results:
            if ref.mapping == index:
                yield self._work.ports.artifacts.read_part(run.tenant_id, ref)
