"""The crash sweep: one run, struck at every one of its boundaries in every way, resumed, compared.

A scenario is a short past and then one order: a first sync, a later one, a preview, an undo ...
The run of that order is played once undisturbed, which says how many boundaries it has and what it
comes to. Then it is played again from the same moment for each boundary and each way it can be
struck, resumed through the queue as it would be in the field, and has to come to the same (I-11).
With `edits`, somebody edits between the strike and the resumption; then what must hold is what
always holds at rest, not sameness.

    python -m tests.properties.sweep 4711        sweeps one scenario and prints what differs
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator

from crmsync.domain.run import Run, RunKind, RunState
from crmsync.domain.terms import TERMS_VERSION as TERMS

from tests.fakes.numbered import Boundary, Kind
from tests.properties.moment import Moment
from tests.properties.outcome import STATE, Comparable, differences, outcome
from tests.properties.stage import FEATURES
from tests.properties.story import Story
from tests.properties.workers import CRM_WRITES, ONCE, VISIBILITY

EVERYWHERE = (
    Kind.CRASH_BEFORE,
    Kind.CRASH_AFTER,
    Kind.RESET_BEFORE,
    Kind.RESET_AFTER,
    Kind.DUPLICATE,
)
IN_CRM_WRITES = (Kind.UNKNOWN_BEFORE, Kind.UNKNOWN_AFTER, Kind.PARTIAL)
DOUBTS = frozenset({"changed_meanwhile", "create_unconfirmed", "crm_crowded", "unconfirmed"})
"""Reasons of units that a run was kept from finishing."""
TIMED = frozenset({"cancel", "quota", "reauth", "restore", "schedule", "previews", "undo"})
"""Features whose effect depends on the hour, or that are orders here and not accidents."""
TOLD_TWICE = frozenset({"automation"})
"""An org that rewrites what it is sent: found rewritten, it is told of; answered, it is not."""
PLACES = tuple(sorted({*FEATURES} - TIMED - TOLD_TWICE))


USUAL = 168
"""So many scenarios have more than 50,000 points together; a test counts them."""
SCENARIOS = int(os.environ.get("CRMSYNC_SCENARIOS", USUAL))
"""How many scenarios a test run sweeps."""


class Scenario:
    """The past of a seed, ready to be ordered; the order is part of the seed."""

    def __init__(self, seed: int) -> None:
        place = PLACES[seed // len(ORDERS) % len(PLACES)]
        drawn = frozenset({place} if seed % 3 else ())
        features = drawn | (frozenset({"slices"}) if seed % 7 == 0 else frozenset())
        self.seed = seed
        self.story = Story(seed, features=features)
        self.story.world.io.every = None
        self.orders = tuple(ORDERS.values())[seed % len(ORDERS)]
        self.name = f"scenario {seed}: {tuple(ORDERS)[seed % len(ORDERS)]} {sorted(features)}"

    def begin(self) -> Moment | None:
        """Play the past and give the order; None when there is nothing to order here."""
        story = self.story
        story.user_moves(2 + self.seed % 3)
        ordered = self.orders(story)
        return Moment(story) if ordered and story.world.queue.waiting else None


# --- orders -------------------------------------------------------------------------------------


def _first(story: Story) -> bool:
    story.orders(story.connection.id)
    return True


def _later(story: Story) -> bool:
    story.sync()
    story.user_moves(story.rng.randint(1, 4))
    story.passes(900)
    return _first(story)


def _preview(story: Story) -> bool:
    story.sync()
    story.user_moves(3)
    story.passes(900)
    mappings = [line.mapping for line in story.lines_of(story.connection.id)]
    story.start.preview(story.stored(story.connection.id), mappings, "u1")
    return True


def _preview_run(story: Story) -> bool:
    _preview(story)
    story.work()
    preview = list(story.world.control.runs.values())[-1]
    story.user_moves(story.rng.randint(0, 2))
    story.passes(600)
    return _runs_preview(story, preview)


def _undo(story: Story) -> bool:
    run = _synced(story)
    if run is None:
        return False
    story.start.undo(story.stored(run.connection_id), run.id, "u1")
    return True


def _undo_run(story: Story) -> bool:
    if not _undo(story):
        return False
    story.work()
    return _runs_preview(story, list(story.world.control.runs.values())[-1])


def _retry_run(story: Story) -> bool:
    """What a poisoned record kept from being written is done once it is cured."""
    for person in story.people()[:2]:
        story.org.poison(person.id)
    run = _synced(story)
    if run is None:
        return False
    for key in list(story.org.poisoned):
        story.org.cure(key)
    story.start.retry(story.stored(run.connection_id), run.id, "u1")
    story.work()
    return _runs_preview(story, list(story.world.control.runs.values())[-1])


def _synced(story: Story) -> Run | None:
    """A sync of the first connection that ended well."""
    story.sync()
    story.user_moves(3)
    story.passes(900)
    story.sync(story.connection.id)
    known = [r for r in story.finished_syncs() if r.connection_id == story.connection.id]
    well = [r for r in known if r.state in (RunState.SUCCEEDED, RunState.PARTIAL)]
    return well[-1] if well else None


def _runs_preview(story: Story, preview: Run) -> bool:
    preview = story.run(preview.id)
    if preview.kind is RunKind.SYNC or preview.state is not RunState.PLANNED:
        return False
    connection = story.stored(preview.connection_id)
    story.survive(lambda: story.start.from_preview(connection, preview.id, "u1", TERMS))
    return True


ORDERS: dict[str, Callable[[Story], bool]] = {
    "first sync": _first,
    "later sync": _later,
    "preview": _preview,
    "run of a preview": _preview_run,
    "undo": _undo,
    "run of an undo": _undo_run,
    "run of a retry": _retry_run,
    "another later sync": _later,
}


# --- the sweep ----------------------------------------------------------------------------------


def ways_at(boundary: Boundary) -> Iterator[Kind]:
    """Every way this very call can go wrong."""
    for kind in EVERYWHERE:
        if kind is not Kind.DUPLICATE or boundary.name not in ONCE:
            yield kind
    if boundary.name in CRM_WRITES:
        yield from IN_CRM_WRITES


def seeds_of(names: Collection[str], scenarios: int) -> list[int]:
    """The seeds, of that many scenarios, whose order is one of these."""
    known = tuple(ORDERS)
    return [seed for seed in range(scenarios) if known[seed % len(known)] in names]


class Sweep:
    """One scenario, struck everywhere in every way."""

    def __init__(self, seed: int) -> None:
        self._scenario = Scenario(seed)
        self._story = self._scenario.story
        self._start = self._scenario.begin()
        self._before: dict[int, Moment] = {}
        self._settled: dict[str, Comparable] | None = None

    def points(self) -> list[tuple[Boundary, Kind]]:
        """Every place to strike and every way to; the run has been played undisturbed."""
        if self._start is None:
            return []
        return [(b, kind) for b in self._undisturbed() for kind in ways_at(b)]

    def strike(self) -> int:
        """Strike at all of them; how many that were."""
        points = self.points()
        expected = outcome(self._story)
        for boundary, kind in points:
            self._strike(boundary, kind)
            found = differences(expected, outcome(self._story))
            if found and _doubts(self._story):
                found = self._differs_when_settled()
            assert not found, f"{self._scenario.name}, {kind} at {boundary}: {found}"
        return len(points)

    def _undisturbed(self) -> list[Boundary]:
        """Work until nothing is left to do; the calls that took, and the moments before them."""
        io, before = self._story.world.io, self._before
        io.trace.clear()
        io.every = lambda boundary: before.setdefault(boundary.index, Moment(self._story))
        self._story.work()
        io.every = None
        return list(io.trace)

    def _strike(self, boundary: Boundary, kind: Kind) -> None:
        """A crash leaves nothing but the stores, so there is no need to play up to it."""
        assert self._start is not None
        here, following = (self._before.get(boundary.index + n) for n in (0, 1))
        if kind is Kind.CRASH_BEFORE and here is not None:
            self._dies_at(here)
        elif kind is Kind.CRASH_AFTER and here and following and here.worker == following.worker:
            self._dies_at(following)
        else:
            self._start.restore()
            self._story.world.io.plan({boundary.index: kind})
        self._story.work()

    def _dies_at(self, moment: Moment) -> None:
        moment.restore()
        message, self._story.message, self._story.handling = self._story.message, None, 0
        self._story.passes(1)
        if message is not None:
            self._story.world.queue.put_back(message, after_seconds=VISIBILITY)

    def _differs_when_settled(self) -> list[str]:
        """A run that could not know what became of a write says so; the next ones put it right."""
        if "undo" in self._scenario.name:
            return []  # an undo that was not finished is not taken up again by itself
        here = _settled(self._story)
        if self._settled is None:
            assert self._start is not None
            self._start.restore()
            self._story.work()
            self._settled = _settled(self._story)
        return differences(self._settled, here)


def _doubts(story: Story) -> bool:
    """Whether a run listed a unit it could not finish, or not know to be finished."""
    return any(c.reason in DOUBTS for changes in story.results() for c in changes)


def _settled(story: Story) -> dict[str, Comparable]:
    for _ in range(2):
        story.passes(900)
        story.sync()
    return outcome(story, STATE)


def sweep(seed: int) -> int:
    """Strike one scenario everywhere in every way; how many points that were."""
    return Sweep(seed).strike()


def _undisturbed(story: Story) -> list[Boundary]:
    """Work until nothing is left to do; the calls that took."""
    story.world.io.trace.clear()
    story.work()
    return list(story.world.io.trace)


def sweep_with_edits(seed: int, every: int) -> int:
    """Strike at every so manieth boundary, let a user edit before it is resumed, ask the laws."""
    scenario = Scenario(seed)
    story = scenario.story
    start = scenario.begin()
    if start is None or "undo" in scenario.name:
        return 0
    boundaries = _undisturbed(story)
    story.world.io.every = story._at
    chosen = [(b, kind) for b in boundaries for kind in ways_at(b)][seed % every :: every]
    for boundary, kind in chosen:
        start.restore()
        try:
            _resumed_after_an_edit(story, boundary, kind)
        except AssertionError as error:
            msg = f"{scenario.name}, {kind} at {boundary}: {error}"
            raise AssertionError(msg) from error
    return len(chosen)


def _resumed_after_an_edit(story: Story, boundary: Boundary, kind: Kind) -> None:
    story.rng.seed(boundary.index)
    story.world.io.plan({boundary.index: kind})
    while not story.world.io.struck and story.world.queue.waiting:
        at = story.world.queue.next_at()
        story.wait_until(at)
        story.handle(story.world.queue.receive())
    story.user_moves(1)
    story.work()
    story.ends_well()


if __name__ == "__main__":
    for number in sys.argv[1:]:
        print(number, sweep(int(number)))  # noqa: T201 - a command
