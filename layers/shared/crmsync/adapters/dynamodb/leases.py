"""The lease of a connection: one run works on it at a time, each holder with a higher fence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pynamodb.expressions.condition import Condition

from crmsync.adapters.dynamodb.backoff import ATTEMPTS
from crmsync.adapters.dynamodb.control_rows import LeaseRow
from crmsync.adapters.dynamodb.keys import joined, time_of, time_text
from crmsync.adapters.dynamodb.rows import Keys
from crmsync.adapters.dynamodb.table import Table
from crmsync.ports.clock import Clock
from crmsync.ports.runs import Lease


class LeaseStore:
    """The lease part of `Runs`. Times are compared with our own clock, never with TTL."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def lease(self, tenant_id: str, connection_id: str) -> Lease | None:
        """The lease as stored, strongly consistent, an expired one too; None when nobody has it."""
        row = self._table.get(LeaseRow, lease_keys(tenant_id, connection_id))
        return _lease_of(row) if row else None

    def acquire(
        self, tenant_id: str, connection_id: str, run_id: str, holder: str, until: datetime
    ) -> Lease | None:
        """Take the lease, with a new fence; None while another holder's is alive.

        Who holds it already has it for longer, with the fence it has.
        """
        keys = lease_keys(tenant_id, connection_id)
        for _ in range(ATTEMPTS):
            row = self._table.get(LeaseRow, keys)
            lease = self._next(row, Lease(run_id, holder, 1, until))
            if lease is None or self._table.put(_row_of(keys, lease), _unmoved(row)):
                return lease
        return None

    def release(self, tenant_id: str, connection_id: str, lease: Lease) -> None:
        """Give the lease up if it is still ours; the fence number stays."""
        gone = [
            LeaseRow.run_id.remove(),
            LeaseRow.holder.remove(),
            LeaseRow.held_until.remove(),
            LeaseRow.taken_over.remove(),
        ]
        ours = LeaseRow.fence == lease.fence
        self._table.update(LeaseRow, lease_keys(tenant_id, connection_id), gone, ours)

    def _next(self, row: LeaseRow | None, wanted: Lease) -> Lease | None:
        """What the lease becomes for who asks; None while another holder's is alive."""
        if row is None:
            return wanted
        held = _lease_of(row)
        if held is None:
            return replace(wanted, fence=int(row.fence) + 1)
        if (held.run_id, held.holder) == (wanted.run_id, wanted.holder):
            return replace(held, expires_at=wanted.expires_at)
        if held.expires_at > self._clock.now():
            return None
        return replace(wanted, fence=held.fence + 1, taken_over=True)


def lease_keys(tenant_id: str, connection_id: str) -> Keys:
    """Where the lease of a connection is."""
    return joined(tenant_id, "lease", connection_id), "lease"


def _unmoved(row: LeaseRow | None) -> Condition:
    """The item is as it was read."""
    if row is None:
        return LeaseRow.pk.does_not_exist()
    if row.held_until is None:
        unheld: Condition = (LeaseRow.fence == row.fence) & LeaseRow.held_until.does_not_exist()
        return unheld
    same: Condition = (LeaseRow.fence == row.fence) & (LeaseRow.held_until == row.held_until)
    return same


def _row_of(keys: Keys, lease: Lease) -> LeaseRow:
    return LeaseRow(
        *keys,
        fence=lease.fence,
        run_id=lease.run_id,
        holder=lease.holder,
        held_until=time_text(lease.expires_at),
        taken_over=lease.taken_over,
    )


def _lease_of(row: LeaseRow) -> Lease | None:
    if row.run_id is None or row.holder is None or row.held_until is None:
        return None
    until = time_of(row.held_until)
    return Lease(row.run_id, row.holder, int(row.fence), until, bool(row.taken_over))
