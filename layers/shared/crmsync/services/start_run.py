"""Create runs: by hand, from a preview, on schedule, to undo or to retry."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from crmsync.domain.automation import Automation
from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.errors import Conflict, NotFound
from crmsync.domain.mapping import Mapping
from crmsync.domain.run import (
    FINAL,
    MappingRun,
    Run,
    RunKind,
    RunState,
    SliceMessage,
    Trigger,
)
from crmsync.domain.terms import TERMS_VERSION
from crmsync.ports.control import Runs
from crmsync.ports.platform import Clock, Ids, SyncQueue
from crmsync.services.run_rows import rows_again, rows_of
from crmsync.services.usable_preview import require_usable

STALE_START = timedelta(minutes=6)
"""A queued run nobody picked up by then is enqueued again by the sweep."""


class Given(TypedDict, total=False):
    """What a new run is given beyond its kind and rows, where it applies."""

    id: str
    trigger: Trigger
    preview_id: str
    source_run_id: str
    undoes: str | None
    terms_version: str


class StartRun:
    """Every way to start a run. A started run is stored first and enqueued second."""

    def __init__(self, *, runs: Runs, queue: SyncQueue, ids: Ids, clock: Clock) -> None:
        self._runs = runs
        self._queue = queue
        self._ids = ids
        self._clock = clock

    def preview(self, connection: Connection, mappings: Sequence[Mapping], user_id: str) -> Run:
        """Plan these mappings and write nothing."""
        return self._start(connection, RunKind.PREVIEW, user_id, rows_of(mappings))

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
        _require_terms(terms_version)
        rows = tuple(replace(row, full=full) for row in rows_of(mappings))
        return self._start(
            connection, RunKind.SYNC, user_id, rows=rows, terms_version=terms_version
        )

    def from_preview(
        self, connection: Connection, preview_id: str, user_id: str, terms_version: str
    ) -> Run:
        """Execute a finished preview, once, within its life time."""
        _require_terms(terms_version)
        preview = self._get(connection, preview_id)
        require_usable(preview, self._clock.now())
        run_id = self._ids.new("run")
        if not self._runs.mark_used(connection.tenant_id, preview_id, run_id):
            raise Conflict("preview_used", "This preview was used already. Make a new preview.")
        return self._start(
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
        run = self._get(connection, run_id)
        held = {row.held_preview_id for row in run.mappings if row.held_preview_id}
        if run.kind is RunKind.PREVIEW:
            held = {run.id}
        if len(held) != 1:
            raise Conflict("nothing_held", f"Run {run_id} holds nothing back to approve.")
        return self.from_preview(connection, held.pop(), user_id, TERMS_VERSION)

    def undo(self, connection: Connection, run_id: str, user_id: str) -> Run:
        """Plan taking back what a run wrote; executed like any preview."""
        return self._again(connection, run_id, RunKind.UNDO, user_id)

    def retry(self, connection: Connection, run_id: str, user_id: str) -> Run:
        """Plan doing again only what failed in a run; executed like any preview."""
        return self._again(connection, run_id, RunKind.RETRY, user_id)

    def cancel(self, connection: Connection, run_id: str) -> Run:
        """Stop a run at its next page, or drop a plan that waits; ended runs are left alone."""
        run = self._get(connection, run_id)
        if run.state is RunState.PLANNED and run.kind is not RunKind.SYNC:
            self._runs.mark_used(connection.tenant_id, run_id, "cancelled")
        elif not run.finished:
            self._runs.request_cancel(connection.tenant_id, run_id)
        return self._get(connection, run_id)

    def scheduled(self, automation: Automation, connection: Connection) -> Run | None:
        """The run for the due time of the automation, once; None while nothing can run."""
        due = automation.next_run_at
        if due is None or not automation.scheduled or automation.terms is None:
            return None
        if connection.status is not ConnectionStatus.CONNECTED:
            return None
        waiting = self._runs.unfinished(connection.tenant_id, connection.id)
        if any(run.trigger is Trigger.SCHEDULE for run in waiting):
            return None
        return self._start(
            connection,
            RunKind.SYNC,
            automation.terms.user_id,
            id=_scheduled_id(connection, due),
            trigger=Trigger.SCHEDULE,
            rows=rows_of(automation.live),
            terms_version=automation.terms.version,
        )

    def _again(self, connection: Connection, run_id: str, kind: RunKind, user_id: str) -> Run:
        source = self._get(connection, run_id)
        if source.state not in FINAL or source.kind is not RunKind.SYNC:
            raise Conflict("run_not_finished", f"Run {run_id} has not ended yet or wrote nothing.")
        rows = tuple(
            replace(row, full=False, complete=False) for row in rows_again(source.mappings)
        )
        return self._start(connection, kind, user_id, rows=rows, source_run_id=run_id)

    def _get(self, connection: Connection, run_id: str) -> Run:
        run = self._runs.get(connection.tenant_id, run_id)
        if run is None or run.connection_id != connection.id:
            raise NotFound("run_not_found", f"There is no run {run_id} on this connection.")
        return run

    def _start(
        self,
        connection: Connection,
        kind: RunKind,
        started_by: str,
        rows: tuple[MappingRun, ...],
        **given: Unpack[Given],
    ) -> Run:
        now = self._clock.now()
        blank = Run(
            id=self._ids.new("run"),
            tenant_id=connection.tenant_id,
            connection_id=connection.id,
            kind=kind,
            trigger=Trigger.MANUAL,
            state=RunState.QUEUED,
            started_by=started_by,
            created_at=now,
            mappings=rows,
        )
        run = replace(blank, **given)
        stored = self._runs.create(run, due_at=now + STALE_START)
        self._queue.send(SliceMessage(run.tenant_id, connection.id, run.id, 0))
        return stored


def _require_terms(version: str) -> None:
    if version != TERMS_VERSION:
        text = f"Agree to terms {TERMS_VERSION} first; '{version}' is not in force."
        raise Conflict("terms_outdated" if version else "terms_required", text)


def _scheduled_id(connection: Connection, due: datetime) -> str:
    """Derived from the due time, so two ticks for one due time make one run."""
    text = f"{connection.tenant_id}|{connection.id}|{due.isoformat()}"
    return "run_" + hashlib.sha256(text.encode()).hexdigest()[:26]
