"""Which connections a caller may read, and which they may change."""

from __future__ import annotations

from dataclasses import dataclass

from crmsync.domain.caller import Caller
from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.errors import Conflict
from crmsync.ports.connections import Connections

_WHY_NOT = {
    ConnectionStatus.NEEDS_REAUTH: "Sign in to the CRM again first.",
    ConnectionStatus.DISCONNECTED: "Connect to the CRM again first.",
}


@dataclass(frozen=True, slots=True)
class SeeConnections:
    """Looks connections up for one caller."""

    connections: Connections
    caller: Caller

    def all(self) -> tuple[Connection, ...]:
        """Every connection the caller may read, oldest first."""
        stored = self.connections.list(self.caller.tenant_id)
        return tuple(each for each in stored if self.caller.sees(each))

    def one(self, connection_id: str) -> Connection:
        """The connection; `NotFound` when the caller may not know of it."""
        return self.caller.seen(self._stored(connection_id), connection_id)

    def own(self, connection_id: str) -> Connection:
        """The connection, to be changed; `Forbidden` when the caller may only read it."""
        return self.caller.owned(self._stored(connection_id), connection_id)

    def usable(self, connection_id: str) -> Connection:
        """The caller's own connection, to start work on; `Conflict` unless it is connected."""
        return require_connected(self.own(connection_id))

    def _stored(self, connection_id: str) -> Connection | None:
        return self.connections.get(self.caller.tenant_id, connection_id)


def require_connected(connection: Connection) -> Connection:
    """The same connection; `Conflict` with its status as code when the CRM cannot be reached."""
    if connection.status is ConnectionStatus.CONNECTED:
        return connection
    text = f"This connection cannot be used now. {_WHY_NOT[connection.status]}"
    raise Conflict(connection.status.value, text)
