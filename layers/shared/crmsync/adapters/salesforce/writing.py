"""Sends rows in collections: one result per row, whatever happens to the calls.

Only rows that failed on a lock are sent again, a few times, with a growing pause. Once a call has
changed something, a later failure becomes the result of the rows it hit, so that what was written
is never lost from sight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from crmsync.adapters.salesforce.client import OrgClient
from crmsync.adapters.salesforce.composite import MAX_HEAVY, Rows, Sub, SubReply, rows
from crmsync.adapters.salesforce.errors import SchemaChanged
from crmsync.adapters.salesforce.results import LOST, Result, results
from crmsync.adapters.salesforce.retrying import pause
from crmsync.adapters.salesforce.writes import Batch
from crmsync.domain.errors import CrmSyncError, RecordRefused, Retry

LOCK_TRIES = 5
ReadBack = Callable[[Sequence[Batch]], Sequence[Sub]]


@dataclass(slots=True)
class Writer:
    """Sends batches to one org. `read_back` are queries that ride along in the same call."""

    client: OrgClient
    read_back: ReadBack = lambda _: ()
    per_call: int = MAX_HEAVY

    def send(self, batches: Sequence[Batch]) -> tuple[dict[int, Result], list[Rows]]:
        """Results by index, and what the read-backs returned."""
        done: dict[int, Result] = {}
        read: list[Rows] = []
        together = [batch for batch in batches if not batch.alone]
        for at in range(0, len(together), self.per_call):
            self._group(together[at : at + self.per_call], done, read)
        for batch in batches:
            if batch.alone:
                self._group([batch], done, read)
        return done, read

    def _group(self, group: Sequence[Batch], done: dict[int, Result], read: list[Rows]) -> None:
        for attempt in range(1, LOCK_TRIES + 1):
            self._once(group, done, read)
            group = _still_locked(group, done)
            if not group or attempt == LOCK_TRIES:
                return
            self.client.sleep(pause(attempt))

    def _once(self, group: Sequence[Batch], done: dict[int, Result], read: list[Rows]) -> None:
        subs = [batch.sub(f"save{number}", self.client.base) for number, batch in enumerate(group)]
        extra = [] if group[0].alone else list(self.read_back(group))
        try:
            answers = self._send(subs, extra, alone=group[0].alone)
            for sub, batch in zip(subs, group, strict=True):
                self._note(batch, answers[sub.ref], done)
        except CrmSyncError as error:
            self._failed(group, done, error)
            return
        read += [rows(answers[sub.ref]) for sub in extra if answers[sub.ref].ok]

    def _send(
        self, subs: Sequence[Sub], extra: Sequence[Sub], *, alone: bool
    ) -> dict[str, SubReply]:
        if alone:
            return {subs[0].ref: SubReply(200, self.client.send(subs[0]))}
        return self.client.composite([*subs, *extra], writing=True)

    def _note(self, batch: Batch, reply: SubReply, done: dict[int, Result]) -> None:
        found = results(reply, len(batch.rows), self.client.budget)
        done.update(zip((row.index for row in batch.rows), found, strict=True))

    def _failed(self, group: Sequence[Batch], done: dict[int, Result], error: CrmSyncError) -> None:
        """Rows without a result get the failure; raised when nothing was written by anybody."""
        unknown = isinstance(error, Retry) and error.applied is None
        about_records = unknown or isinstance(error, (RecordRefused, SchemaChanged))
        if not about_records and not any(result.id for result in done.values()):
            raise error
        result = LOST if unknown else Result(failure=error)
        for batch in group:
            for row in batch.rows:
                if row.index not in done or done[row.index].locked:
                    done[row.index] = result


def _still_locked(group: Sequence[Batch], done: Mapping[int, Result]) -> list[Batch]:
    """The batches, reduced to rows that are still locked out."""
    left = []
    for batch in group:
        locked = tuple(row for row in batch.rows if done[row.index].locked)
        if locked:
            left.append(replace(batch, rows=locked))
    return left
