"""Take a connection out of service because only a person can make it work again."""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.errors import Conflict
from crmsync.ports.connections import Connections
from crmsync.ports.events import Events


def stop_connection(
    connections: Connections, events: Events, *, tenant_id: str, connection_id: str, reason: str
) -> None:
    """Afterwards the connection needs a new login, and its owner is told once.

    Does nothing unless it is connected. The event goes out first, because a crash in between makes
    the next caller repeat it, and its `event_id` makes the repeat harmless.
    """
    connection = connections.get(tenant_id, connection_id)
    if connection is None or connection.status is not ConnectionStatus.CONNECTED:
        return
    events.publish("connection.stopped", _detail(connection, reason))
    stopped = _marked(connections, connection, reason)
    if stopped is not None:
        connections.keep_alive_due(stopped, None)


def _detail(connection: Connection, reason: str) -> dict[str, object]:
    return {
        "tenant_id": connection.tenant_id,
        "connection_id": connection.id,
        "reason": reason,
        "event_id": f"stopped-{connection.id}-{connection.version}",
    }


def _marked(connections: Connections, connection: Connection, reason: str) -> Connection | None:
    """The stored connection; None when somebody else stopped or disconnected it meanwhile."""
    current: Connection | None = connection
    while current is not None and current.status is ConnectionStatus.CONNECTED:
        status = ConnectionStatus.NEEDS_REAUTH
        try:
            return connections.put(replace(current, status=status, stopped_reason=reason))
        except Conflict:
            current = connections.get(connection.tenant_id, connection.id)
    return None
