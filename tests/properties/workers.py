"""How runs are worked on: the queue, the sweep, dead workers, and faults at their boundaries.

Only what may end a worker in the field ends one here. Anything else that comes out of the engine is
a bug and ends the history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from crmsync.bootstrap.schedule import SchedulePorts, sweep_of
from crmsync.domain.errors import CrmSyncError, Defer, LeaseLost
from crmsync.domain.run import Run, SliceMessage
from crmsync.services.run_slice import RunSlice
from crmsync.services.schedule_syncs import ScheduleSyncs
from crmsync.services.start_run import StartRun

from tests.fakes.numbered import Boundary, Crash, Delay, Error, Kind
from tests.properties.admins import Admins
from tests.properties.stage import TENANT

DEFERRED = Error(Defer("later", "the org asks us to wait", seconds=120))
STRIKES = (
    Kind.CRASH_BEFORE,
    Kind.CRASH_AFTER,
    Kind.RESET_BEFORE,
    Kind.RESET_AFTER,
    Kind.DUPLICATE,
    Kind.UNKNOWN_BEFORE,
    Kind.UNKNOWN_AFTER,
    Kind.PARTIAL,
    Delay(400.0),
    DEFERRED,
)
CRM_WRITES = ("crm.write_people", "crm.add_members", "crm.remove_members", "crm.create_campaign")
ONCE = ("crm.write_people", "crm.create_campaign")
"""Creating calls, which the adapter never repeats by itself."""
ANSWERS = {
    Kind.UNKNOWN_BEFORE: Kind.RESET_BEFORE,
    Kind.UNKNOWN_AFTER: Kind.RESET_AFTER,
    Kind.PARTIAL: Kind.RESET_BEFORE,
}
"""Faults that only CRM writes know, and what they are elsewhere."""
VISIBILITY = 1800.0
SLICE_SECONDS = 40.0


@dataclass
class NoTokens:
    """Who was asked to keep a grant alive."""

    asked: list[tuple[str, str]] = field(default_factory=list)

    def keep_alive(self, tenant_id: str, connection_id: str) -> None:
        self.asked.append((tenant_id, connection_id))


class Workers(Admins):
    """Delivers, sweeps and strikes."""

    def set_to_work(self) -> None:
        """Wire the engine; afterwards runs can be started and worked on."""
        ports = self.world.ports
        self.start = StartRun(runs=ports.runs, queue=ports.queue, ids=ports.ids, clock=ports.clock)
        self.slices = RunSlice(ports)
        self.sweeper = self._sweeper()
        self.stats: Counter[str] = Counter()
        self.handling = 0

    def _sweeper(self) -> ScheduleSyncs:
        world = self.world
        ports = SchedulePorts(
            connections=world.connections,
            automations=world.automations,
            runs=world.runs,
            due_index=world.due,
            queue=world.ports.queue,
            events=world.ports.events,
            ids=world.ids,
            keep_alive=NoTokens(),
        )
        return sweep_of(ports, world.clock)

    # --- the queue ------------------------------------------------------------------------------

    def work(self, *, at_most: int = 300) -> None:
        """Deliver whatever waits; dead workers' messages come back, the sweep revives the rest."""
        for _ in range(at_most):
            at = self.world.queue.next_at()
            if at is not None:
                self.wait_until(at)
                ready = len(self.world.queue.ready())
                self._deliver(self.rng.randrange(ready) if ready > 1 else 0)
            elif not self.unfinished():
                return
            else:
                self.wait_until(self._next_due())
                self.sweep()
        waiting = [(run.id, run.state, run.checkpoint.attempts) for run in self.unfinished()]
        msg = f"I-18: {at_most} deliveries were not enough for {waiting}"
        raise AssertionError(msg)

    def unfinished(self) -> list[Run]:
        """Runs that still have something to do or to say."""
        return [r for r in self.world.control.runs.values() if not (r.finished and r.event_sent)]

    def _next_due(self) -> object:
        """When the sweep will look at one of them; every unfinished run must be due some time."""
        due = self.world.control.due
        times = [due.get(("run", run.tenant_id, run.id)) for run in self.unfinished()]
        assert all(times), f"I-18: no sweep will ever look at {[r.id for r in self.unfinished()]}"
        return min(t for t in times if t is not None)

    def wait_until(self, moment: object) -> None:
        """Nothing happens until then."""
        clock = self.world.clock
        clock.moment = max(clock.moment, moment)
        self.new_day()

    def sweep(self) -> None:
        """The minute's tick of the schedule."""
        self.survive(self._tick)

    def _tick(self) -> None:
        self.world.clock.start_slice(None)
        for due, error in self.sweeper().failed:
            assert isinstance(error, CrmSyncError), f"sweeping {due}: {error!r}"

    def _deliver(self, index: int) -> None:
        message = self.world.queue.receive(index)
        self.handle(message)
        if self.world.io.faults and self.rng.random() < 0.1:
            self.handle(message)

    def handle(self, message: SliceMessage) -> object:
        """One worker gets one message; if it dies, the message is seen again later."""
        self.stats["slices"] += 1
        self.world.clock.start_slice(SLICE_SECONDS if self.has("slices") else None)
        outcome = self.survive(lambda: self.slices.handle(message))
        if isinstance(outcome, BaseException):
            self.world.queue.put_back(message, after_seconds=VISIBILITY)
        return outcome

    def survive(self, job: Callable[[], object]) -> object:
        """What came of it, or the error a worker may end with."""
        self.handling += 1
        try:
            return job()
        except (Crash, LeaseLost, CrmSyncError) as error:
            self.passes(1)
            return error
        finally:
            self.handling -= 1

    # --- faults ---------------------------------------------------------------------------------

    def strike(self, within: int) -> None:
        """Something goes wrong at one of the next boundaries."""
        where = self.rng.randrange(within)
        self.world.io.plan({where: self.rng.choice(STRIKES)}, ahead=True)

    def fit(self, at: Boundary) -> None:
        """Turn a fault into one that can happen at this very call."""
        faults = self.world.io.faults
        fault = faults.get(at.index)
        if fault is None:
            return
        self.stats["faults"] += 1
        if at.name not in CRM_WRITES and fault in ANSWERS:
            faults[at.index] = ANSWERS[fault]
        elif at.name in ONCE and fault == Kind.DUPLICATE:
            faults[at.index] = Kind.UNKNOWN_AFTER
        if fault is DEFERRED and at.port != "crm":
            faults[at.index] = Kind.RESET_BEFORE

    def run(self, run_id: str) -> Run:
        """The run as stored."""
        return self.world.control.runs[TENANT, run_id]
