"""What happened to each contact, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmsync.adapters.dynamodb.documents import text_of, value_of
from crmsync.adapters.dynamodb.keys import sorting, time_text
from crmsync.adapters.dynamodb.marketing_rows import EventRow, KeyRow
from crmsync.adapters.dynamodb.queries import Query
from crmsync.adapters.dynamodb.tenant_store import TenantStore
from crmsync.domain.contact import TimelineEvent


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

    def timeline(self, contact_id: str, limit: int) -> tuple[TimelineEvent, ...]:
        """The newest events first; what was recorded within the last second may be missing."""
        query = Query(KeyRow, self._timeline(contact_id), index="by_change", forward=False)
        keys = [(row.pk, row.sk) for row in self._table.page(query, limit=limit).rows]
        events = [
            value_of(TimelineEvent, row.event) for row in self._table.get_many(EventRow, keys)
        ]
        return tuple(sorted(events, key=lambda event: (event.at, event.key), reverse=True))

    def _event_row(self, contact_id: str, event: TimelineEvent) -> EventRow:
        pk = self._timeline(contact_id)
        at = time_text(event.at)
        return EventRow(
            pk, sorting(event.key), event=text_of(event), change_shard=pk, changed_at=at
        )

    def _timeline(self, contact_id: str) -> str:
        return self._key("timeline", contact_id)
