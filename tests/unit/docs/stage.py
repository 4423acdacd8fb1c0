"""A small world for rows that need a whole sync: one mapping, three members, Ada among them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from crmsync.domain.change import Change
from crmsync.domain.connection import Connection
from crmsync.domain.contact import Contact
from crmsync.domain.mapping import Direction, Mapping
from crmsync.domain.mapping_run import MappingRun
from crmsync.domain.person import Person
from crmsync.domain.run import Run, RunState
from crmsync.domain.terms import TERMS_VERSION
from crmsync.services.run_slice import RunSlice
from crmsync.services.start_run import StartRun

from tests.fakes.builders import a_mapping
from tests.fakes.numbered import Which
from tests.fakes.world import World

ME, OTHER = "u1", "u2"
ADA = {"first_name": "Ada", "last_name": "Byron", "email": "ada@x.example"}
OTHERS = (
    {"first_name": "Bob", "last_name": "Bell", "email": "bob@x.example"},
    {"first_name": "Cleo", "last_name": "Cole", "email": "cleo@x.example"},
)


def saved_as(state: RunState) -> Which:
    """Of the calls of `runs.save`, one that stores the run in this state."""
    return lambda at: at.args[0].state is state


class Stage:
    """A connection of the CRM user `ME`, a campaign and a group kept the same."""

    def __init__(self, direction: Direction = Direction.BOTH, **choices: Any) -> None:
        self.world = World()
        self.org = self.world.org()
        self.tenant = self.world.tenant()
        self.connection: Connection = self.world.connect(**choices)
        self.campaign = self.org.add_campaign("Spring")
        self.group = self.tenant.create_group("g1", "Spring")
        self.mapping = a_mapping(self.campaign.id, self.group.id, direction)
        ports = self.world.ports
        self._start = StartRun(runs=ports.runs, queue=ports.queue, ids=ports.ids, clock=ports.clock)
        self._slices = RunSlice(ports)

    def with_members(self, owner: str = ME, **knobs: Any) -> Person:
        """Three people in the campaign, synced; the first of them, Ada, who is `owner`'s."""
        ada = self.org.add_person(owner, **{**ADA, **knobs})
        for person in (ada, *(self.org.add_person(ME, **values) for values in OTHERS)):
            self.org.join(self.campaign.id, person.id)
        self.sync()
        return ada

    def with_crowd(self, size: int) -> list[str]:
        """So many members, synced and out of a delta's sight; their ids in order."""
        for number in range(size):
            person = self.org.add_person(ME, last_name=f"L{number}", email=f"p{number}@x.example")
            self.org.join(self.campaign.id, person.id)
        self.sync()
        self.sync()
        return sorted(self.org.members_of(self.campaign.id))

    def sync(
        self, mapping: Mapping | None = None, *, full: bool = False, after: float = 3600.0
    ) -> Run:
        """Start a manual run so many seconds later and work until the queue is empty."""
        self.world.clock.advance(after)
        connection = self.world.connections.get("t1", self.connection.id)
        assert connection is not None
        rows = [mapping or self.mapping]
        run = self._start.sync(connection, rows, "advisor-u1", TERMS_VERSION, full=full)
        self.world.drain(self._slices.handle)
        stored = self.world.runs.get("t1", run.id)
        assert stored is not None
        assert stored.finished, f"{stored.id} is {stored.state}"
        return stored

    def row(self, run: Run) -> MappingRun:
        """What became of the mapping."""
        return run.mappings[0]

    def results(self, run: Run) -> list[Change]:
        """Every unit of the run with its outcome."""
        parts = [
            self.world.artifacts.read_part("t1", ref)
            for ref in run.checkpoint.results or run.checkpoint.plan
        ]
        return [change for part in parts for change in part]

    def result_of(self, run: Run, record_id: str) -> Change | None:
        """What became of one contact or person."""
        found = [c for c in self.results(run) if record_id in (c.contact_id, c.person_id)]
        assert len(found) <= 1, f"{record_id} has {len(found)} outcomes"
        return found[0] if found else None

    def contact_of(self, person_id: str) -> Contact | None:
        """The contact a person is linked to."""
        links = self.world.state_of(self.connection).links_by_person([person_id])
        return self.tenant.by_id[links[person_id].contact_id] if links else None

    def is_in_group(self, contact_id: str) -> bool:
        """Whether the contact is in the mapped group."""
        return bool(self.tenant.memberships(self.group.id, [contact_id]))

    def change_connection(self, **choices: Any) -> None:
        """The owner of the connection changes something about it."""
        stored = self.world.connections.get("t1", self.connection.id)
        assert stored is not None
        self.connection = self.world.connections.put(replace(stored, **choices))
