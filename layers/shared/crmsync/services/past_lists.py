"""What the lists were, and where they came from, at a moment in the past.

It answers from the records that runs left when they ended, so the same question has the same answer
for ever. It must not look at groups or campaigns as they are now.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from crmsync.domain.connection import Connection
from crmsync.domain.mapping_run import MappingRun
from crmsync.domain.run import PartRef, Run
from crmsync.ports.artifacts import Artifacts
from crmsync.ports.automations import Automations
from crmsync.ports.clock import Clock
from crmsync.ports.runs import Runs
from crmsync.services.list_source import record_of
from crmsync.services.see_connections import SeeConnections

RUNS_READ = 200
MOST_RUNS = 4000
"""How far back is looked for a list the automation names: six weeks of runs every 15 minutes."""

Pair = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class PastLists:
    """Finds the records that held at a moment, for one caller."""

    see: SeeConnections
    runs: Runs
    automations: Automations
    artifacts: Artifacts
    clock: Clock

    def at(self, connection_id: str, when: datetime | None) -> tuple[str, ...]:
        """For each campaign and group the latest record by then, a JSON text each.

        Runs are read back from then until every list of the automation was met.
        """
        connection, moment = self.see.one(connection_id), when or self.clock.now()
        missing = self._automated(connection)
        found: dict[Pair, PartRef] = {}
        for run in self._runs_by(connection, moment):
            for row in run.mappings:
                ref = record_of(run, row)
                if ref and run.finished_at and run.finished_at <= moment:
                    found.setdefault(_pair(row), ref)
            missing -= found.keys()
            if found and not missing:
                break
        tenant_id = connection.tenant_id
        return tuple(self.artifacts.read_record(tenant_id, ref) for ref in found.values())

    def _automated(self, connection: Connection) -> set[Pair]:
        live = self.automations.get(connection.tenant_id, connection.id).live
        return {(m.campaign.id, m.group.id) for m in live if m.campaign.id and m.group.id}

    def _runs_by(self, connection: Connection, moment: datetime) -> Iterator[Run]:
        cursor: str | None = None
        for _ in range(0, MOST_RUNS, RUNS_READ):
            page = self.runs.page(
                connection.tenant_id, connection.id, cursor, RUNS_READ, until=moment
            )
            yield from page.items
            cursor = page.cursor
            if cursor is None:
                return


def _pair(row: MappingRun) -> Pair:
    return row.campaign_id, row.group_id
