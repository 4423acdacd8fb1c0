"""What happened to each contact, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmsync.adapters.dynamodb.documents import text_of, value_of
from crmsync.adapters.dynamodb.keys import joined, sorting, split, time_text
from crmsync.adapters.dynamodb.marketing_rows import EventRow, KeyRow
from crmsync.adapters.dynamodb.queries import Query
from crmsync.adapters.dynamodb.rows import LONGEST_SORT_KEY, RawKey, bad_cursor, raw_key
from crmsync.adapters.dynamodb.tenant_store import TenantStore
from crmsync.domain.contact import TimelineEvent
from crmsync.ports.marketing import TimelinePage


class TimelineStore(TenantStore):
    """The timeline part of `Marketing`."""

    def record(self, events: Mapping[str, Sequence[TimelineEvent]]) -> None:
        """Append to timelines, by contact id; an event with a known key is not added again."""
        rows = [
            self._event_row(contact_id, event)
            for contact_id in events
            for event in events[contact_id]
        ]
        unknown = EventRow.pk.does_not_exist()
        self._table.database.each(lambda row: self._table.put(row, unknown), rows)

    def timeline(self, contact_id: str, cursor: str | None, limit: int) -> TimelinePage:
        """Newest first; what was recorded within the last second may be missing."""
        pk = self._timeline(contact_id)
        query = Query(KeyRow, pk, index="by_change", forward=False)
        page = self._table.page(query, after=_after(pk, cursor), limit=limit)
        rows = self._table.get_many(EventRow, [(row.pk, row.sk) for row in page.rows])
        events = [value_of(TimelineEvent, row.event) for row in rows]
        newest = sorted(events, key=lambda event: (event.at, event.key), reverse=True)
        return TimelinePage(tuple(newest), _cursor(page.stopped_at))

    def _event_row(self, contact_id: str, event: TimelineEvent) -> EventRow:
        pk = self._timeline(contact_id)
        at = time_text(event.at)
        return EventRow(
            pk, sorting(event.key), event=text_of(event), change_shard=pk, changed_at=at
        )

    def _timeline(self, contact_id: str) -> str:
        return self._key("timeline", contact_id)


def _cursor(stopped_at: RawKey | None) -> str | None:
    """The moment and key of the last event; events of one moment are told apart by their keys."""
    if stopped_at is None:
        return None
    return joined(stopped_at["changed_at"]["S"], stopped_at["sk"]["S"])


def _after(pk: str, cursor: str | None) -> RawKey | None:
    """Where a page goes on, within this contact's timeline whatever the cursor says."""
    if cursor is None:
        return None
    match split(cursor):
        case [at, key] if at and key and len(cursor.encode()) <= LONGEST_SORT_KEY:
            return raw_key(pk, key, change_shard=pk, changed_at=at)
        case _:
            raise bad_cursor()
