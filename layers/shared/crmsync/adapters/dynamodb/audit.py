"""What was set up, by whom and when. Items are written once and never touched again."""

from __future__ import annotations

from crmsync.adapters.dynamodb.control_rows import AuditRow
from crmsync.adapters.dynamodb.documents import text_of, value_of
from crmsync.adapters.dynamodb.keys import joined, time_text
from crmsync.adapters.dynamodb.queries import Query
from crmsync.adapters.dynamodb.rows import place_after
from crmsync.adapters.dynamodb.table import Table
from crmsync.ports.audit import AuditEntry, AuditPage


class DynamoAuditLog:
    """`AuditLog` in the control table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, entry: AuditEntry) -> None:
        """Store it; a repeat of the same entry changes nothing."""
        sk = joined(time_text(entry.at), entry.id)
        row = AuditRow(_partition(entry.tenant_id, entry.connection_id), sk, entry=text_of(entry))
        self._table.put(row, AuditRow.pk.does_not_exist())

    def page(self, tenant_id: str, connection_id: str, cursor: str | None, limit: int) -> AuditPage:
        """The connection's entries, newest first; `cursor` is the place the page comes after."""
        pk = _partition(tenant_id, connection_id)
        query = Query(AuditRow, pk, forward=False, consistent=True)
        after = place_after(pk, cursor)
        rows, last = self._table.some(query, after=after, limit=limit)
        return AuditPage(tuple(value_of(AuditEntry, row.entry) for row in rows), last)


def _partition(tenant_id: str, connection_id: str) -> str:
    return joined(tenant_id, "audit", connection_id)
