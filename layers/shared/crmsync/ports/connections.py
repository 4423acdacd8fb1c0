"""The connections people made."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from crmsync.domain.connection import Connection


class Connections(Protocol):
    """Connections of all tenants; every look-up names its tenant."""

    def get(self, tenant_id: str, connection_id: str) -> Connection | None:
        """One connection, or None: also when it is another tenant's."""
        ...

    def list(self, tenant_id: str) -> tuple[Connection, ...]:
        """All connections of the tenant, oldest first."""
        ...

    def put(self, connection: Connection) -> Connection:
        """Store if `version` is current (0: new); raises `Conflict` with code `stale` otherwise."""
        ...

    def keep_alive_due(self, connection: Connection, at: datetime | None) -> None:
        """When the token must be refreshed at the latest; None when there is no token."""
        ...
