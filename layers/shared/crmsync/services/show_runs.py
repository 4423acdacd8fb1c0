"""Runs as people follow them; a run is seen by whoever sees its connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crmsync.domain.connection import Connection
from crmsync.domain.errors import NotFound
from crmsync.domain.run import Run
from crmsync.ports.artifacts import Artifacts
from crmsync.ports.runs import RunPage, Runs
from crmsync.services.list_source import LIST_SOURCE
from crmsync.services.see_connections import SeeConnections


@dataclass(frozen=True, slots=True)
class ShowRuns:
    """Reads runs for one caller."""

    see: SeeConnections
    runs: Runs
    artifacts: Artifacts

    def page(self, connection_id: str, cursor: str | None, limit: int) -> RunPage:
        """The connection's runs, newest first."""
        connection = self.see.one(connection_id)
        return self.runs.page(connection.tenant_id, connection.id, cursor, limit)

    def one(self, run_id: str) -> Run:
        """The run, or `NotFound`."""
        run = self._stored(run_id)
        self._through(run, self.see.one)
        return run

    def connection_of(self, run_id: str) -> Connection:
        """The run's connection, to act on the run; `Forbidden` when the caller may only read it."""
        return self._through(self._stored(run_id), self.see.own)

    def list_sources(self, run_id: str) -> tuple[str, ...]:
        """Where the run's lists came from, a JSON text per list; `NotFound` before it is known."""
        run = self.one(run_id)
        refs = [ref for ref in run.records if LIST_SOURCE in ref.key]
        if not refs:
            text = "This run has no list-source record. A sync writes it when it ends."
            raise NotFound("no_list_source", text)
        return tuple(self.artifacts.read_record(run.tenant_id, ref) for ref in refs)

    def _stored(self, run_id: str) -> Run:
        run = self.runs.get(self.see.caller.tenant_id, run_id)
        if run is None:
            raise _no_such_run(run_id)
        return run

    def _through(self, run: Run, look: Callable[[str], Connection]) -> Connection:
        try:
            return look(run.connection_id)
        except NotFound as error:
            raise _no_such_run(run.id) from error


def _no_such_run(run_id: str) -> NotFound:
    return NotFound("no_such_run", f"There is no run '{run_id}' that you can see.")
