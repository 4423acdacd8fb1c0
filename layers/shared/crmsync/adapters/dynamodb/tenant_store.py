"""What the parts of one tenant's marketing store share."""

from __future__ import annotations

from datetime import datetime

from crmsync.adapters.dynamodb.keys import joined
from crmsync.adapters.dynamodb.table import Table
from crmsync.ports.clock import Clock


class TenantStore:
    """The marketing table seen by one tenant; no key is made without it."""

    def __init__(self, table: Table, tenant_id: str, clock: Clock) -> None:
        self._table = table
        self._tenant = tenant_id
        self._clock = clock

    def _key(self, *parts: str) -> str:
        return joined(self._tenant, *parts)

    def _now(self) -> datetime:
        return self._clock.now()
