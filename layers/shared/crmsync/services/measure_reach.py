"""How many people the mapped campaigns hold, told before anybody switches Sync by Visibility."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from crmsync.domain.connection import Connection, ConnectionStatus, Reach
from crmsync.domain.errors import Conflict, ConnectionStopped, Defer, Retry
from crmsync.domain.mapping import Mapping
from crmsync.ports.connections import Connections
from crmsync.ports.crm import Crm

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class MeasureReach:
    """Keeps the numbers on the connection; they are for people, so nothing depends on them."""

    connections: Connections
    crm_of: Callable[[Connection], Crm]

    def measure(self, connection: Connection, rows: Sequence[Mapping]) -> None:
        """The connection holds the numbers of these rows; those it had while the CRM is away."""
        ids = sorted({row.campaign.id for row in rows if row.campaign.id})
        if connection.status is not ConnectionStatus.CONNECTED or not ids:
            return
        try:
            reach = self.crm_of(connection).reach(ids)
        except (ConnectionStopped, Defer, Retry):
            return
        self._keep(connection, reach)

    def _keep(self, connection: Connection, reach: Reach) -> None:
        """Tried again when a run or the owner writes meanwhile; they go first."""
        for _ in range(ATTEMPTS):
            now = self.connections.get(connection.tenant_id, connection.id)
            if now is None or now.reach == reach:
                return
            try:
                self.connections.put(replace(now, reach=reach))
            except Conflict:
                continue
            return
