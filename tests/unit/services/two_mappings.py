"""A stage with two mappings, and every run as it was saved, save by save."""

from __future__ import annotations

from datetime import datetime

from crmsync.domain.change import Change
from crmsync.domain.person import Person
from crmsync.domain.run import PartRef, Run
from crmsync.domain.terms import TERMS_VERSION

from tests.fakes.builders import a_mapping
from tests.fakes.numbered import Boundary
from tests.unit.docs.stage import ME, Stage

Save = tuple[str, int, int, str, str, str, float]
"""State, version, mapping, cursor, parts of plan and of results ('mapping:count'), progress."""


class TwoMappings(Stage):
    """Three members in Spring, already synced; Dot alone in Autumn, not yet."""

    def __init__(self) -> None:
        super().__init__()
        self.autumn = self.org.add_campaign("Autumn")
        self.tenant.create_group("g2", "Autumn")
        self.rows = [self.mapping, a_mapping(self.autumn.id, "g2", mapping_id="m2")]
        self.ada = self.with_members()
        self.dot: Person = self.org.add_person(ME, last_name="Dot", email="dot@x.example")
        self.org.join(self.autumn.id, self.dot.id)
        self.saved: list[tuple[Run, datetime | None]] = []
        self.world.io.every = self._keep

    def _keep(self, at: Boundary) -> None:
        if at.name == "runs.save":
            self.saved.append((at.args[0], at.kwargs["due_at"]))

    def start(self) -> Run:
        """A sync of both mappings an hour later, queued."""
        self.world.clock.advance(3600)
        self.saved.clear()
        return self._start.sync(self.connection, self.rows, "advisor-u1", TERMS_VERSION)

    def preview(self) -> Run:
        """A preview of both mappings, planned."""
        self.world.clock.advance(3600)
        return self.worked(self._start.preview(self.connection, self.rows, "advisor-u1"))

    def execute(self, preview: Run) -> Run:
        """The run of that preview, queued."""
        self.saved.clear()
        return self._start.from_preview(self.connection, preview.id, "advisor-u1", TERMS_VERSION)

    def undo(self, run: Run) -> Run:
        """The plan of taking the run back, queued."""
        self.saved.clear()
        return self._start.undo(self.connection, run.id, "advisor-u1")

    def retry(self, run: Run) -> Run:
        """The plan of doing again what failed, queued."""
        self.saved.clear()
        return self._start.retry(self.connection, run.id, "advisor-u1")

    def worked(self, run: Run) -> Run:
        """The run once the queue is empty."""
        self.world.drain(self._slices.handle)
        return self.stored(run)

    def slice(self) -> object:
        """Work one message of the queue off."""
        return self.world.deliver(self._slices.handle)

    def stored(self, run: Run) -> Run:
        """The run as it is stored."""
        return self.world.control.runs["t1", run.id]

    def read(self, ref: PartRef) -> tuple[Change, ...]:
        """The content of a stored part."""
        return self.world.artifacts.read_part("t1", ref)

    def edit(self, person: Person, **values: str) -> None:
        """Edit somebody's contact."""
        contact = self.contact_of(person.id)
        assert contact is not None
        self.tenant.user_edits(contact.id, **values)

    def value(self, person: Person, name: str) -> str:
        """What the CRM holds."""
        return self.org.people[person.id].value(name)

    @property
    def progress(self) -> list[Save]:
        """Every save, as far as it tells where the run goes on after a crash."""
        return [
            (
                run.state.value,
                run.checkpoint.version,
                run.checkpoint.mapping,
                run.checkpoint.cursor.partition("/")[0],
                _parts(run.checkpoint.plan),
                _parts(run.checkpoint.results),
                run.progress,
            )
            for run, _ in self.saved
        ]

    @property
    def due(self) -> list[float | None]:
        """In how many seconds the sweep looks after the run, as of each save."""
        now = self.world.clock.now()
        return [None if at is None else (at - now).total_seconds() for _, at in self.saved]


def _parts(refs: tuple[PartRef, ...]) -> str:
    return " ".join(f"{ref.mapping}:{ref.count}" for ref in refs)
