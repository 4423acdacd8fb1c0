"""Connections of all tenants."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from crmsync.adapters.dynamodb.control_rows import ConnectionRow, DueRow
from crmsync.adapters.dynamodb.documents import text_of, value_of
from crmsync.adapters.dynamodb.due import due_actions
from crmsync.adapters.dynamodb.keys import joined
from crmsync.adapters.dynamodb.queries import Query
from crmsync.adapters.dynamodb.rows import Keys
from crmsync.adapters.dynamodb.table import Table
from crmsync.domain.connection import Connection
from crmsync.domain.errors import Conflict


class DynamoConnections:
    """`Connections` in the control table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, tenant_id: str, connection_id: str) -> Connection | None:
        """One connection, strongly consistent, or None: also when it is another tenant's."""
        row = self._table.get(ConnectionRow, _keys(tenant_id, connection_id))
        return _connection_of(row) if row else None

    def list(self, tenant_id: str) -> tuple[Connection, ...]:
        """All connections of the tenant, oldest first."""
        within = ConnectionRow.sk.startswith(joined("connection", ""))
        pk = joined(tenant_id, "connections")
        query = Query(ConnectionRow, pk, within=within, consistent=True)
        found = map(_connection_of, self._table.rows(query))
        return tuple(sorted(found, key=lambda c: (c.created_at, c.id)))

    def put(self, connection: Connection) -> Connection:
        """Store if `version` is current (0: new); raises `Conflict` with code `stale` otherwise."""
        stored = replace(connection, version=connection.version + 1)
        keys = _keys(connection.tenant_id, connection.id)
        row = ConnectionRow(*keys, document=text_of(stored), version=stored.version)
        current = ConnectionRow.version == connection.version
        if self._table.put(
            row, current if connection.version else ConnectionRow.pk.does_not_exist()
        ):
            return stored
        raise Conflict("stale", "The connection was changed by someone else. Load it again.")

    def keep_alive_due(self, connection: Connection, at: datetime | None) -> None:
        """When the token must be refreshed at the latest; None when there is no token."""
        keys = joined(connection.tenant_id, "connections"), joined("keep_alive", connection.id)
        self._table.update(DueRow, keys, due_actions(keys, at))


def _keys(tenant_id: str, connection_id: str) -> Keys:
    return joined(tenant_id, "connections"), joined("connection", connection_id)


def _connection_of(row: ConnectionRow) -> Connection:
    return replace(value_of(Connection, row.document), version=int(row.version))
