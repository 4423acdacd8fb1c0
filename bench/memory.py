"""How much memory a sync of very many members takes: `python -m bench.memory --members 100000`.

The orgs and stores of the tests live in this process; the engine works in one of its own, which
may not have more than `MEMORY` of address space. Time is virtual: a CRM call takes
`CRM_SECONDS`, any other call `CALL_SECONDS`, and a slice ends as it does in AWS.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection as Pipe
from typing import Any

from botocore.exceptions import ClientError
from crmsync.adapters.dynamodb.documents import text_of
from crmsync.domain.connection import Connection
from crmsync.domain.run import Run, SliceMessage
from crmsync.domain.terms import TERMS_VERSION
from crmsync.services.start_run import StartRun

from bench.worker import MEGABYTE, THERE, Asked, Figures, work
from tests.fakes.builders import a_mapping
from tests.fakes.numbered import Boundary
from tests.fakes.world import World

MEMORY = 1024 * MEGABYTE
"""What the engine may take; the function has more, because with memory comes processor time."""
SLICE_SECONDS = 120.0
CRM_SECONDS = 0.8
CALL_SECONDS = 0.02
ITEM_LIMIT = 400_000
"""DynamoDB's, in bytes; a run with its checkpoint is one item."""


class Shelf:
    """The two calls that the adapter for plans and results makes on S3."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, **given: Any) -> dict[str, str]:
        """Keep it unless the key exists."""
        if given["Key"] in self.objects:
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
        self.objects[given["Key"]] = given["Body"]
        return {}

    def get_object(self, **given: Any) -> dict[str, io.BytesIO]:
        """What was kept."""
        return {"Body": io.BytesIO(self.objects[given["Key"]])}


@dataclass
class Slice:
    """One delivery: what came of it, and its virtual seconds."""

    outcome: str
    seconds: float


@dataclass
class Bench:
    """A world whose engine is a process of its own."""

    pipe: Pipe
    world: World = field(default_factory=World)
    shelf: Shelf = field(default_factory=Shelf)
    slices: list[Slice] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ports: dict[str, Any] = {name: getattr(self.world.ports, name) for name in THERE}
        self._ports |= {"s3": self.world.io.wrap("s3", self.shelf), "open": self}
        self.world.io.every = self._passes

    def _passes(self, boundary: Boundary) -> None:
        self.world.io.trace.clear()
        self.world.clock.advance(CRM_SECONDS if boundary.port == "crm" else CALL_SECONDS)

    # --- what the engine opens: it gets the name to ask for ---------------------------------------

    def marketing(self, tenant_id: str) -> str:
        """The tenant's store."""
        return self._opened("marketing", self.world.marketing(tenant_id))

    def state(self, connection: Connection) -> str:
        """What the connection remembers."""
        return self._opened("state", self.world.state(connection))

    def crm(self, connection: Connection, run: Run) -> str:
        """A session in its org."""
        return self._opened("crm", self.world.crm(connection, run))

    def _opened(self, kind: str, port: object) -> str:
        self._ports[kind] = port
        return kind

    # --- running --------------------------------------------------------------------------------

    def drain(self) -> None:
        """Deliver until the queue is empty."""
        queue, clock = self.world.queue, self.world.clock
        while (at := queue.next_at()) is not None:
            clock.moment = max(clock.moment, at)
            clock.start_slice(SLICE_SECONDS)
            start = clock.now()
            outcome = self._deliver(queue.receive())
            self.slices.append(Slice(outcome, (clock.now() - start).total_seconds()))

    def _deliver(self, message: SliceMessage) -> str:
        self.pipe.send(message)
        while isinstance(asked := self._received(), Asked):
            port = self._ports[asked.port]
            found = getattr(port, asked.method)
            self.pipe.send(found(*asked.args, **asked.kwargs) if callable(found) else found)
        return str(asked)

    def _received(self) -> object:
        try:
            return self.pipe.recv()
        except EOFError:
            sys.exit("The worker died: it does not fit into its memory.")

    def figures(self) -> Figures:
        """End the worker and hear what it came to."""
        self.pipe.send(None)
        found = self._received()
        assert isinstance(found, Figures)
        return found


@contextmanager
def bench(limit: int = MEMORY, *, traced: bool = False) -> Iterator[Bench]:
    """A bench with its worker, which ends with it."""
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    worker = context.Process(target=work, args=(there, limit), kwargs={"traced": traced})
    worker.start()
    there.close()
    try:
        yield Bench(here)
    finally:
        here.close()
        worker.join()


@dataclass(frozen=True)
class Round:
    """One run of the story and what it took."""

    name: str
    run: Run
    slices: list[Slice]
    seconds: float

    @property
    def item(self) -> int:
        """Bytes of the run as it is stored."""
        return len(text_of(self.run))


class Story:
    """So many CRM people in one campaign, synced into an empty group, again and again."""

    def __init__(self, stage: Bench, members: int) -> None:
        self._stage = stage
        world = stage.world
        self._connection = world.connect()
        self.campaign = world.org().add_campaign("Everybody")
        group = world.tenant().create_group("g1", "Everybody")
        self._mapping = a_mapping(self.campaign.id, group.id)
        org = world.org()
        for number in range(members):
            values = {
                "first_name": f"First{number}",
                "last_name": f"Last{number}",
                "email": f"person.{number}@firm.example",
                "phone": f"+1 202 555 {number:06}",
                "street": f"{number} Long Avenue, Apartment {number}",
            }
            person = org.add_person("u1", **values)
            org.join(self.campaign.id, person.id)
        world.clock.advance(3600)  # or they would all be in the next delta, which has a limit

    def rounds(self) -> Iterator[Round]:
        """The first sync, a full one that finds nothing, and one after a row vanished unseen."""
        yield self._round("first sync")
        self._stage.world.clock.advance(by=timedelta(days=8))
        yield self._round("weekly full sync")
        org = self._stage.world.org()
        org.deleted_rows_in_delta = False
        org.leave(self.campaign.id, min(org.members_of(self.campaign.id)))
        self._stage.world.clock.advance(3600)
        yield self._round("a row vanished")

    def _round(self, name: str) -> Round:
        world, start = self._stage.world, time.monotonic()
        ports = world.ports
        starter = StartRun(runs=ports.runs, queue=ports.queue, ids=ports.ids, clock=world.clock)
        stored = world.connections.get("t1", self._connection.id)
        assert stored is not None
        run = starter.sync(stored, [self._mapping], "advisor-u1", TERMS_VERSION)
        before = len(self._stage.slices)
        self._stage.drain()
        ended = world.runs.get("t1", run.id)
        assert ended is not None
        return Round(name, ended, self._stage.slices[before:], time.monotonic() - start)


def main() -> None:
    """Print a line per run and what the worker held; fail when a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=100_000)
    members = parser.parse_args().members
    with bench() as stage:
        broken = [problem for each in Story(stage, members).rounds() for problem in _told(each)]
        figures = stage.figures()
    print(
        f"{members:,} members: the worker held {figures.peak / MEGABYTE:.0f} MB at most, "
        f"{figures.start / MEGABYTE:.0f} MB of it before the first slice, "
        f"of {MEMORY / MEGABYTE:.0f} MB."
    )
    sys.exit("\n".join(broken) or None)


def _told(each: Round) -> list[str]:
    """Print the line of a run; its broken promises."""
    row, longest = each.run.mappings[0], max(s.seconds for s in each.slices)
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(row.counts.items()))
    print(
        f"{each.name}: {each.run.state}, {counts}; {len(each.slices)} slices of at most "
        f"{longest:.0f} s, {each.run.crm_calls:,} CRM calls, run item {each.item / 1000:.0f} kB, "
        f"{each.seconds:.0f} s here",
        flush=True,
    )
    problems = {
        "did not succeed": each.run.state != "succeeded",
        "had a slice beyond its time": longest > SLICE_SECONDS * 1.25,
        "outgrew its item": each.item > ITEM_LIMIT,
    }
    return [f"{each.name} {text}." for text, is_true in problems.items() if is_true]


if __name__ == "__main__":
    main()
