"""Runs: stored under a version and a fence, listed per connection, due until nothing is left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from crmsync.adapters.dynamodb.control_rows import LeaseRow, MarkRow, RunIdsRow, RunRow
from crmsync.adapters.dynamodb.documents import text_of, value_of
from crmsync.adapters.dynamodb.due import due_actions, due_shard
from crmsync.adapters.dynamodb.keys import joined, split, time_text
from crmsync.adapters.dynamodb.leases import LeaseStore, lease_keys
from crmsync.adapters.dynamodb.queries import Query
from crmsync.adapters.dynamodb.rows import Keys, place_after
from crmsync.adapters.dynamodb.transaction import Transaction
from crmsync.domain.errors import LeaseLost
from crmsync.domain.run import Run
from crmsync.ports.runs import RunPage

_AFTER_ALL = "~"
"""Sorts behind every id."""


class DynamoRuns(LeaseStore):
    """`Runs` in the control table."""

    def create(self, run: Run, *, due_at: datetime | None) -> Run:
        """Store a new run, due for the sweep at `due_at`; the stored one when its id exists."""
        keys, stored = _keys(run.tenant_id, run.id), replace(run, version=run.version + 1)
        row = RunRow(
            *keys,
            document=text_of(stored),
            version=stored.version,
            ended=stored.finished,
            due_shard=due_shard(keys) if due_at else None,
            due_at=time_text(due_at) if due_at else None,
        )
        creation = self._table.database.transaction()
        creation.put(self._table, row, "run", RunRow.pk.does_not_exist())
        creation.put(
            self._table,
            MarkRow(joined(run.tenant_id, "runs", run.connection_id), _place(run)),
            "entry",
        )
        if not run.finished:
            started = [RunIdsRow.run_ids.add({run.id})]
            of_connection = _unfinished_keys(run.tenant_id, run.connection_id)
            creation.update(self._table, of_connection, started, "unfinished")
        refused = creation.commit()
        return (refused and self.get(run.tenant_id, run.id)) or stored

    def get(self, tenant_id: str, run_id: str) -> Run | None:
        """One run, strongly consistent, or None."""
        row = self._table.get(RunRow, _keys(tenant_id, run_id))
        return _run_of(row) if row else None

    def save(self, run: Run, *, due_at: datetime | None) -> Run:
        """Store if `run.version` is current and its fence is not below the lease's.

        `due_at` is when the sweep must look at it again; None once nothing is left to do. A run
        that has ended, or never held the lease, is guarded by its version alone. Saving the very
        same again is no second save. Raises `LeaseLost` when another writer was first.
        """
        stored = replace(run, version=run.version + 1)
        refused = self._save(stored, due_at, fenced=run.fence > 0)
        if not refused:
            return stored
        row = self._table.get(RunRow, _keys(run.tenant_id, run.id))
        if row and row.document == text_of(stored):
            return stored
        if row and int(row.version) == run.version and row.ended:
            refused = self._save(stored, due_at, fenced=False)
        if not refused:
            return stored
        raise LeaseLost("run_moved", f"Run {run.id} was saved, or is held, by another worker.")

    def mark_used(self, tenant_id: str, run_id: str, by: str) -> bool:
        """Set `used_by` of a finished plan once; False when it is used already, by anyone else."""
        keys = _keys(tenant_id, run_id)
        unused = (RunRow.ended == True) & RunRow.used_by.does_not_exist()  # noqa: E712 - a condition
        if self._table.update(RunRow, keys, [RunRow.used_by.set(by)], unused):
            return True
        row = self._table.get(RunRow, keys)
        return row is not None and row.used_by == by

    def request_cancel(self, tenant_id: str, run_id: str) -> None:
        """Ask the holder to stop at the next page; harmless when the run has ended."""
        self._table.put(MarkRow(*_cancel_keys(tenant_id, run_id)))

    def cancel_requested(self, tenant_id: str, run_id: str) -> bool:
        """Whether somebody asked for it; strongly consistent."""
        return self._table.get(MarkRow, _cancel_keys(tenant_id, run_id)) is not None

    def page(
        self,
        tenant_id: str,
        connection_id: str,
        cursor: str | None,
        limit: int,
        *,
        until: datetime | None = None,
    ) -> RunPage:
        """The connection's runs, newest first; `cursor` is the place the page comes after."""
        pk = joined(tenant_id, "runs", connection_id)
        within = MarkRow.sk <= joined(time_text(until), _AFTER_ALL) if until else None
        query = Query(MarkRow, pk, within=within, forward=False, consistent=True)
        rows, last = self._table.some(query, after=place_after(pk, cursor), limit=limit)
        runs = self._runs(tenant_id, [split(row.sk)[-1] for row in rows])
        return RunPage(runs[::-1], last)

    def unfinished(self, tenant_id: str, connection_id: str) -> tuple[Run, ...]:
        """Runs that have not ended, oldest first; strongly consistent."""
        row = self._table.get(RunIdsRow, _unfinished_keys(tenant_id, connection_id))
        return self._runs(tenant_id, row.run_ids if row and row.run_ids else ())

    def _save(self, stored: Run, due_at: datetime | None, *, fenced: bool) -> frozenset[str]:
        keys = _keys(stored.tenant_id, stored.id)
        actions = [
            RunRow.document.set(text_of(stored)),
            RunRow.version.set(stored.version),
            RunRow.ended.set(stored.finished),
            *due_actions(keys, due_at),
        ]
        saving = self._table.database.transaction()
        current = RunRow.version == stored.version - 1
        saving.update(self._table, keys, actions, "run", current)
        if fenced:
            self._check_fence(saving, stored)
        if stored.finished:
            ended = [RunIdsRow.run_ids.delete({stored.id})]
            of_connection = _unfinished_keys(stored.tenant_id, stored.connection_id)
            saving.update(self._table, of_connection, ended, "unfinished")
        return saving.commit()

    def _check_fence(self, saving: Transaction, run: Run) -> None:
        keys = lease_keys(run.tenant_id, run.connection_id)
        unfenced = LeaseRow.fence.does_not_exist() | (LeaseRow.fence <= run.fence)
        saving.check(self._table, keys, unfenced, "fence")

    def _runs(self, tenant_id: str, ids: Iterable[str]) -> tuple[Run, ...]:
        """The runs that exist, oldest first."""
        rows = self._table.get_many(RunRow, (_keys(tenant_id, run_id) for run_id in ids))
        return tuple(sorted(map(_run_of, rows), key=_place))


def _run_of(row: RunRow) -> Run:
    run = value_of(Run, row.document)
    return replace(run, version=int(row.version), used_by=row.used_by or run.used_by)


def _keys(tenant_id: str, run_id: str) -> Keys:
    return joined(tenant_id, "run", run_id), "run"


def _cancel_keys(tenant_id: str, run_id: str) -> Keys:
    return joined(tenant_id, "run", run_id), "cancel"


def _unfinished_keys(tenant_id: str, connection_id: str) -> Keys:
    return joined(tenant_id, "unfinished", connection_id), "runs"


def _place(run: Run) -> str:
    return joined(time_text(run.created_at), run.id)
