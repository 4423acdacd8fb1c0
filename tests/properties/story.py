"""One history: users on both sides, runs, faults and time, all from one seed; and its check.

A history is a list of moves drawn from `random.Random(seed)`. The same seed makes the same moves at
the same numbered boundaries, so a failure is replayed by its seed alone::

    python -m tests.properties.story 4711
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from crmsync.domain.change import Outcome, Side
from crmsync.domain.fields import loosely_same, same
from crmsync.domain.mapping import Direction
from crmsync.domain.run import Run, RunState, SliceMessage

from tests.fakes.numbered import Boundary
from tests.properties.advisors import Advisors
from tests.properties.gap import Gap
from tests.properties.oracle import at_rest, note_rest
from tests.properties.witness import Witness

Move = Callable[[], object]
HISTORIES = int(os.environ.get("CRMSYNC_HISTORIES", "20000"))
"""How many histories a run of all tests plays; most draw what may happen, some do one thing."""
LENGTH = 7
RUNS_TO_CONVERGE = 3
"""After faults stop, this many runs at most write anything (I-18)."""


class Story(Advisors):
    """Everything that can happen, and when it does."""

    def __init__(
        self,
        seed: int,
        direction: Direction | None = None,
        features: frozenset[str] | None = None,
    ) -> None:
        super().__init__(seed, direction, features)
        self.set_to_work()
        self.witness = Witness(self)
        self.gap = Gap(self.org, self.ledger)
        self.world.io.every = self._at
        self.message: SliceMessage | None = None
        self.users, self.weights = self._everyday()
        self.turns = self._turns()
        for _ in range(self.rng.randint(1, 3)):
            self.joins_crm()
        for _ in range(self.rng.randint(0, 2)):
            self.joins_marketing()

    def _at(self, at: Boundary) -> None:
        if self.world.io.faults:
            self.fit(at)
        self.gap.at(at)
        self.witness.at(at)

    # --- what may happen ------------------------------------------------------------------------

    def _everyday(self) -> tuple[list[Move], list[int]]:
        """Moves of users and how often they come."""
        moves: list[tuple[Move, int, str]] = [
            (self.edits_crm, 6, ""),
            (self.edits_marketing, 6, ""),
            (self.moves_crm, 3, ""),
            (self.moves_marketing, 3, ""),
            (self.joins_crm, 1, ""),
            (self.joins_marketing, 1, ""),
            (self.joins_both, 1, ""),
            (self.opts_out_crm, 1, ""),
            (self.opts_out_marketing, 1, ""),
            (self.unticks_crm, 1, ""),
            (self.touches_crm, 1, ""),
            (self.gets_address, 2, "no_email"),
            (self.merges, 3, "merges"),
            (self.converts, 3, "leads"),
            (self.deletes, 1, "deletion"),
            (self.undeletes, 1, "deletion"),
            (self.changes_hands, 2, "owners"),
            (self.hides_or_shares, 2, "visibility"),
            (self.toggles_visibility, 1, "visibility"),
            (self.turns_campaign, 2, "campaigns"),
            (self.retires, 3, "inactive"),
            (self.designates, 1, "inactive"),
            (self.poisons, 2, "poison"),
            (self.spends_quota, 1, "quota"),
            (self.spouse_joins, 2, "spouses"),
            (self.signs_out, 1, "reauth"),
        ]
        open_to_us = [(m, w) for m, w, feature in moves if not feature or self.has(feature)]
        return [m for m, _ in open_to_us], [w for _, w in open_to_us]

    def _turns(self) -> list[Move]:
        """What an advisor may do between two syncs."""
        turns: list[tuple[Move, str]] = [
            (self.previews, "previews"),
            (self.undoes, "undo"),
            (self.retries, "poison"),
            (self.retries, "previews"),
            (self.automates, "schedule"),
            (self.lets_schedule_run, "schedule"),
            (self.forgets, "restore"),
            (self.answers, "holding"),
            (self.answers, "spouses"),
            (self.opts_in_marketing, "consent"),
            (self.empties_bin, "deletion"),
            (self.orders_twice, "slices"),
        ]
        return [move for move, feature in turns if self.has(feature)]

    def user_moves(self, count: int) -> None:
        """Some things that users may do."""
        for move in self.rng.choices(self.users, self.weights, k=count):
            self.stats["moves"] += 1
            move()

    def orders_twice(self) -> None:
        """Two runs wait at once; messages of both are delivered in any order."""
        for connection_id in self.connection_ids():
            self.orders(connection_id)
        self.orders(self.connection.id)
        self.work()
        self.approves()

    # --- meanwhile ------------------------------------------------------------------------------

    def _meanwhile(self) -> None:
        """While a worker is at it, users go on, other workers work, and messages come twice."""
        chance = self.rng.random()
        if chance < 0.8 or self.handling > 1:
            self.user_moves(1)
        elif chance < 0.87 and self.message is not None:
            self._aside(self.message)
        elif chance < 0.92 and self.has("cancel"):
            self.cancels()
        elif len(self.connection_ids()) > 1 and self.message is not None:
            self._other_connection(self.message.connection_id)
        else:
            self.user_moves(1)

    def _other_connection(self, busy: str) -> None:
        """The tenant's other connection syncs at the same time."""
        other = next(c for c in self.connection_ids() if c != busy)
        self.orders(other)
        for _ in range(20):
            ready = [m for m in self.world.queue.ready() if m.connection_id == other]
            if not ready:
                return
            self._aside(self.world.queue.receive(self.world.queue.ready().index(ready[0])))

    def _aside(self, message: SliceMessage) -> None:
        """Another worker gets a message while the first one is still at work."""
        deadline = self.world.clock.deadline
        self.handle(message)
        self.world.clock.deadline = deadline

    def handle(self, message: SliceMessage) -> object:
        """One worker gets one message; whoever was at work before goes on afterwards."""
        outer, self.message = self.message, message
        seen = self.witness.slice_begins(message)
        outcome = super().handle(message)
        self.message = outer
        self.witness.slice_ends(seen)
        return outcome

    # --- runs -----------------------------------------------------------------------------------

    def faulty_sync(self) -> None:
        """A sync with strikes, and users and other workers at random boundaries."""
        boundaries = self.rng.choice((40, 80, 150))
        for _ in range(self.rng.randint(0, 3)):
            self.strike(boundaries)
        for _ in range(self.rng.randint(0, 3)):
            where = self.world.io.count + self.rng.randrange(boundaries)
            self.world.io.on_io(where, lambda _: self._meanwhile())
        self.sync(self.rng.choice(self.connection_ids()))
        self.world.io.calm()

    def writes(self) -> tuple[int, int]:
        """How many writes each side has seen."""
        return len(self.org.history), len(self.tenant.writes)

    def settle(self) -> None:
        """Sync without faults until a whole round writes nothing, which must be soon.

        Sharing changes no stamp and may hide a change of the count, so there the weekly complete
        read has to come by.
        """
        if self.has("visibility"):
            self.rests(hours=8 * 24)
        rounds = RUNS_TO_CONVERGE + len(self.lines) - 1
        for _ in range(rounds + 1):
            self.rests()
            before = self.writes()
            for connection_id in self.connection_ids():
                self.sync(connection_id)
            if self.writes() == before:
                return
        msg = f"I-2, I-18: still writing after {rounds} quiet runs"
        raise AssertionError(msg)

    def check(self) -> None:
        """Come to rest, and look at the books."""
        self.settle()
        at_rest(self)

    # --- undo -----------------------------------------------------------------------------------

    def undoes(self) -> None:
        """From rest, one sync is taken back; nothing that was changed since is, and it stays so."""
        if len(self.connection_ids()) > 1:
            return
        self.check()
        self.user_moves(self.rng.randint(1, 4))
        self.passes(70)
        before = set(self.world.control.runs)
        self.sync(self.connection.id)
        made = [r for r in self.finished_syncs() if ("t1", r.id) not in before]
        if not made or made[-1].state not in (RunState.SUCCEEDED, RunState.PARTIAL):
            return
        plan = self.survive(lambda: self.start.undo(self.connection, made[-1].id, "u1"))
        self.work()
        if not isinstance(plan, Run) or self.run(plan.id).state is not RunState.PLANNED:
            return
        wrote = self._wrote(made[-1])
        executed = self.executes(plan.id)
        if executed is None or self.run(executed.id).state is not RunState.SUCCEEDED:
            self.settle()
            note_rest(self, everybody=True)
            return
        for record_id, name, was, after in wrote:
            now = self._held(record_id, name)
            assert same(name, now, after), f"undo of {name} of {record_id}: {was!r} is {now!r}"
        self._stays_undone(wrote)
        note_rest(self, everybody=True)

    def _stays_undone(self, wrote: list[tuple[str, str, str, str]]) -> None:
        """No sync puts back what was undone; what sharing hid before may only be seen now."""
        rest, stood = self.writes(), [(i, name, self._held(i, name)) for i, name, *_ in wrote]
        self.settle()
        if self.has("automation") or not self.org.reads_back:
            return  # what such an org made of our own values is seen only now
        assert self.has("visibility") or self.writes() == rest, "an undone value was put back"
        for record_id, name, held in stood:
            now = self._held(record_id, name)
            assert same(name, now, held), f"{name} of {record_id}: {held!r} is {now!r} again"

    def _wrote(self, run: Run) -> list[tuple[str, str, str, str]]:
        """Record, field, its value now, and the value after an undo of the run."""
        found = []
        for ref in run.checkpoint.results:
            for change in self.world.artifacts.parts["t1", ref.key]:
                if change.outcome is not Outcome.UPDATED:
                    continue
                for each in change.fields:
                    on_left = each.side is Side.MARKETING
                    record = change.contact_id if on_left else change.person_id
                    now = self._held(record or "", each.name)
                    stands = same(each.name, now, each.after)
                    stands |= not on_left and loosely_same(now, each.after)
                    back = each.before if stands else now
                    found.append((record or "", each.name, now, back))
        return found

    def _held(self, record_id: str, name: str) -> str:
        who = self.tenant.by_id.get(record_id) or self.org.people[record_id]
        return who.value(name)

    # --- the whole history ----------------------------------------------------------------------

    def play(self, length: int = LENGTH) -> None:
        """Moves, faulty runs, time, and every so often a look at the books."""
        for _ in range(length):
            self.user_moves(self.rng.randint(0, 4))
            self.passes(self.rng.choice((1, 70, 900, 4000)))
            if self.rng.random() < 0.6:
                self.faulty_sync()
            if self.turns and self.rng.random() < 0.3:
                self.rng.choice(self.turns)()
            if self.rng.random() < 0.2:
                self.check()
        self.world.io.calm()
        self.ends_well()

    def ends_well(self) -> None:
        """Trouble is put right, questions are answered, and then the books must agree."""
        self.repairs()
        self.settle()
        if self.answers():
            self.settle()
        at_rest(self)


def play(seed: int, length: int = LENGTH, **choices: object) -> Story:
    """Play one history and check it; the seed is in the error of whatever goes wrong."""
    story = Story(seed, **choices)
    try:
        story.play(length)
    except AssertionError as error:
        ways = [line.direction.value for line in story.lines]
        msg = f"seed {seed} {sorted(story.features)} {ways}: "
        raise AssertionError(f"{msg}{error}") from error
    return story


if __name__ == "__main__":
    for number in sys.argv[1:]:
        play(int(number))
