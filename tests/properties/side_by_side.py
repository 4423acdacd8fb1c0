"""Two workers at one connection, switched at every call, with nothing that keeps them apart.

The lease gives itself to anybody and no fence refuses a write; what is left are the conditions on
single records, claims and versions. Whatever order the two take turns in, the promises about people
must hold once quiet runs have come after them. Users edit and opt out meanwhile. They move nobody:
what another run added looks like what a user did, and to tell the two apart is what the lease is
for.

    python -m tests.properties.side_by_side 4711        plays one seed's schedules
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from crmsync.domain.errors import CrmSyncError
from crmsync.domain.run import SliceMessage
from crmsync.ports.runs import Lease
from crmsync.services.run_slice import RunSlice

from tests.fakes.control import FakeRuns
from tests.fakes.interleave import interleave
from tests.properties.moment import Moment
from tests.properties.story import Story
from tests.properties.sweep import PLACES

SCHEDULES = 8
"""Schedules of the same two runs from the same moment."""
SECONDS_PER_CALL = 0.2
LOOKED = 40
"""Within how many of the first calls a user edits something."""


class NoLease(FakeRuns):
    """Runs whose lease everybody has, with a fence that is no number to compare with."""

    def acquire(
        self, tenant_id: str, connection_id: str, run_id: str, holder: str, until: datetime
    ) -> Lease | None:
        del tenant_id, connection_id
        return Lease(run_id, holder, 0, until)

    def release(self, tenant_id: str, connection_id: str, lease: Lease) -> None:
        """There is nothing to give back."""


class SideBySide:
    """Two runs of one connection, ordered at the same moment."""

    def __init__(self, seed: int) -> None:
        features = frozenset({PLACES[seed % len(PLACES)]} if seed % 3 else ())
        self.seed = seed
        self.story = Story(seed, features=features)
        self.ends: Counter[str] = Counter()
        moves = (self.story.edits_crm, self.story.edits_marketing)
        self._meanwhile = (*moves, self.story.opts_out_crm, self.story.opts_out_marketing)
        self.name = f"seed {seed} {sorted(features)}"
        self._set_up()
        runs = self.story.world.io.wrap("runs", NoLease(self.story.world.control))
        self._slices = RunSlice(replace(self.story.world.ports, runs=runs))

    def _set_up(self) -> None:
        story = self.story
        story.user_moves(3)
        if self.seed % 2:
            story.sync()
            story.user_moves(story.rng.randint(1, 4))
            story.passes(900)
        story.ledger.restless = True  # two runs that do not know of each other write things twice
        story.orders(story.connection.id)
        story.orders(story.connection.id)
        story.world.control.fences.clear()

    def schedules(self, count: int = SCHEDULES) -> int:
        """Play that many schedules, each from the same moment; every one must keep the promises."""
        start = Moment(self.story)
        for number in range(count):
            start.restore()
            try:
                self._play(random.Random(f"{self.seed} {number}"))  # noqa: S311 - replayable
            except AssertionError as error:
                msg = f"{self.name}, schedule {number}: {error}"
                raise AssertionError(msg) from error
        return count

    def _play(self, dice: random.Random) -> None:
        story, io = self.story, self.story.world.io
        story.rng.seed(dice.random())
        jobs = [self._worker(story.world.queue.receive()) for _ in range(2)]
        if dice.random() < 0.5:
            meanwhile = dice.choice(self._meanwhile)
            io.on_io(io.count + dice.randrange(LOOKED), lambda _: meanwhile())
        io.every, io.latency = None, SECONDS_PER_CALL
        ends = interleave(io, jobs, _turns(dice))
        io.every, io.latency = story._at, 0.0
        for end in ends:
            assert isinstance(end, str | CrmSyncError), f"a worker ended with {end!r}"
            self.ends[str(end)] += 1
        io.calm()
        story.work()
        story.repairs()
        story.settle()
        story.answers()
        story.check()
        _nobody_made_twice(story)

    def _worker(self, message: SliceMessage) -> Callable[[], object]:
        return lambda: self._slices.handle(message)


def _nobody_made_twice(story: Story) -> None:
    """I-5: every human has a name of their own here, and no run made a second record of one."""
    people = [e for e in story.org.history if e.verb == "create" and e.record_id[:3] == "003"]
    made = Counter(e.after.get("last_name", "") for e in people if e.actor == "api")
    twice = sorted(name for name, count in made.items() if count > 1)
    assert not twice, f"I-5: {twice} were created twice in the CRM"


def _turns(dice: random.Random) -> Callable[[Sequence[int]], int]:
    """Who goes on: now at random at every call, now in long stretches."""
    stays = dice.choice((0.0, 0.5, 0.9))
    last = [0]

    def choose(waiting: Sequence[int]) -> int:
        if last[0] not in waiting or dice.random() >= stays:
            last[0] = dice.choice(waiting)
        return last[0]

    return choose


if __name__ == "__main__":
    for number in sys.argv[1:]:
        print(number, SideBySide(int(number)).schedules())  # noqa: T201 - a command
