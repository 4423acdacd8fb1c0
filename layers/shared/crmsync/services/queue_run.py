"""Store a new run and put its first slice on the queue, in that order.

A run that is stored but was never enqueued is found by the sweep. It must not know why runs start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypedDict, Unpack

from crmsync.domain.connection import Connection
from crmsync.domain.errors import NotFound
from crmsync.domain.mapping_run import MappingRun
from crmsync.domain.run import Run, RunKind, RunState, SliceMessage, Trigger
from crmsync.ports.clock import Clock
from crmsync.ports.ids import Ids
from crmsync.ports.queue import SyncQueue
from crmsync.ports.runs import Runs

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


@dataclass(frozen=True, slots=True)
class QueueRun:
    """Starts runs of one tenant's connections, and finds them again."""

    runs: Runs
    queue: SyncQueue
    ids: Ids
    clock: Clock

    def find(self, connection: Connection, run_id: str) -> Run:
        """The run; one of another connection is not found."""
        run = self.runs.get(connection.tenant_id, run_id)
        if run is None or run.connection_id != connection.id:
            raise NotFound("no_such_run", f"There is no run '{run_id}' on this connection.")
        return run

    def start(
        self,
        connection: Connection,
        kind: RunKind,
        started_by: str,
        rows: tuple[MappingRun, ...],
        **given: Unpack[Given],
    ) -> Run:
        """A run of these rows, stored and then enqueued."""
        now = self.clock.now()
        blank = Run(
            id=self.ids.new("run"),
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
        stored = self.runs.create(run, due_at=now + STALE_START)
        self.queue.send(SliceMessage(run.tenant_id, connection.id, run.id, 0))
        return stored
