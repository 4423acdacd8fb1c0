"""Create runs at somebody's wish: by hand, from a preview, to undo or to retry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crmsync.domain.connection import Connection
from crmsync.domain.errors import Conflict
from crmsync.domain.mapping import Mapping
from crmsync.domain.run import FINAL, Run, RunKind, RunState
from crmsync.domain.terms import TERMS_VERSION
from crmsync.ports.clock import Clock
from crmsync.ports.ids import Ids
from crmsync.ports.queue import SyncQueue
from crmsync.ports.runs import Runs
from crmsync.services.queue_run import QueueRun
from crmsync.services.run_rows import rows_again, rows_of
from crmsync.services.usable_preview import preview_used, require_usable


class StartRun:
    """Every way in which a person starts a run. That they agreed to the terms is asked before."""

    def __init__(self, *, runs: Runs, queue: SyncQueue, ids: Ids, clock: Clock) -> None:
        self._runs = runs
        self._ids = ids
        self._clock = clock
        self._queue = QueueRun(runs, queue, ids, clock)

    def preview(self, connection: Connection, mappings: Sequence[Mapping], user_id: str) -> Run:
        """Plan these mappings and write nothing."""
        return self._queue.start(connection, RunKind.PREVIEW, user_id, rows_of(mappings))

    def sync(
        self,
        connection: Connection,
        mappings: Sequence[Mapping],
        user_id: str,
        terms_version: str,
        *,
        full: bool = False,
    ) -> Run:
        """Run these mappings once, with the options given now; `full` reads both sides whole."""
        rows = tuple(replace(row, full=full) for row in rows_of(mappings))
        return self._queue.start(
            connection, RunKind.SYNC, user_id, rows=rows, terms_version=terms_version
        )

    def from_preview(
        self, connection: Connection, preview_id: str, user_id: str, terms_version: str
    ) -> Run:
        """Execute a finished preview, once, within its life time."""
        preview = self._queue.find(connection, preview_id)
        require_usable(preview, self._clock.now())
        run_id = self._ids.new("run")
        if not self._runs.mark_used(connection.tenant_id, preview_id, run_id):
            raise preview_used(preview_id)
        return self._queue.start(
            connection,
            RunKind.SYNC,
            user_id,
            id=run_id,
            rows=rows_again(preview.mappings),
            preview_id=preview_id,
            undoes=preview.source_run_id if preview.kind is RunKind.UNDO else None,
            terms_version=terms_version,
        )

    def approve(self, connection: Connection, run_id: str, user_id: str) -> Run:
        """Execute what a run held back, or a held preview itself."""
        run = self._queue.find(connection, run_id)
        held = {row.held_preview_id for row in run.mappings if row.held_preview_id}
        if run.kind is RunKind.PREVIEW:
            held = {run.id}
        if not held:
            text = f"Run '{run_id}' holds nothing back, so there is nothing to approve."
            raise Conflict("nothing_held", text)
        if len(held) > 1:
            text = f"Several runs hold something back. Approve {' or '.join(sorted(held))} itself."
            raise Conflict("several_held", text)
        return self.from_preview(connection, held.pop(), user_id, TERMS_VERSION)

    def undo(self, connection: Connection, run_id: str, user_id: str) -> Run:
        """Plan taking back what a run wrote; executed like any preview."""
        source = self._queue.find(connection, run_id)
        return self._again(connection, source, RunKind.UNDO, user_id)

    def retry(self, connection: Connection, run_id: str, user_id: str) -> Run:
        """Plan doing again only what failed in a run; executed like any preview."""
        source = self._queue.find(connection, run_id)
        if source.undoes:
            text = "What this run could not take back is taken back by undoing the run once more."
            raise Conflict("undo_again", text)
        return self._again(connection, source, RunKind.RETRY, user_id)

    def cancel(self, connection: Connection, run_id: str) -> Run:
        """Stop a run at its next page, or drop a plan that waits; ended runs are left alone."""
        run = self._queue.find(connection, run_id)
        if run.state is RunState.PLANNED and run.kind is not RunKind.SYNC:
            self._runs.mark_used(connection.tenant_id, run_id, "cancelled")
        elif not run.finished:
            self._runs.request_cancel(connection.tenant_id, run_id)
        return self._queue.find(connection, run_id)

    def _again(self, connection: Connection, source: Run, kind: RunKind, user_id: str) -> Run:
        if source.state not in FINAL or source.kind is not RunKind.SYNC:
            text = f"Run '{source.id}' has not ended yet, or is a preview, which writes nothing."
            raise Conflict("run_not_finished", text)
        rows = tuple(
            replace(row, full=False, complete=False) for row in rows_again(source.mappings)
        )
        return self._queue.start(connection, kind, user_id, rows=rows, source_run_id=source.id)
