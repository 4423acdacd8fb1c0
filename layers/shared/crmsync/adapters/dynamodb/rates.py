"""How often somebody did something lately: a counter per window, gone after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crmsync.adapters.dynamodb.control_rows import RateRow
from crmsync.adapters.dynamodb.keys import joined, time_text
from crmsync.adapters.dynamodb.table import Table
from crmsync.ports.clock import Clock
from crmsync.ports.rates import Hits


class DynamoRates:
    """`Rates` in the control table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def hit(self, tenant_id: str, what: str, who: str, window: timedelta) -> Hits:
        """Count one more; of several at once each gets its own number."""
        length = int(window.total_seconds())
        start = int(self._clock.now().timestamp()) // length * length
        until = datetime.fromtimestamp(start + length, UTC)
        keys = joined(tenant_id, "rate", what, who), time_text(until)
        expires_at = int(until.timestamp()) + 1
        actions = [RateRow.hits.add(1), RateRow.expires_at.set(expires_at)]
        row = self._table.update(RateRow, keys, actions)
        return Hits(int(row.hits) if row else 1, until)
