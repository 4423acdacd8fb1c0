"""The minute's sweep: runs started once, stuck ones revived, ends announced, grants kept alive."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from crmsync.bootstrap.schedule import SchedulePorts, sweep_of
from crmsync.domain.automation import Automation, Cadence, Every, Terms
from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.errors import Conflict, Retry
from crmsync.domain.mapping import Direction, Mapping, Target
from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.domain.run import Checkpoint, Run, RunKind, RunState, Trigger
from crmsync.services.schedule_syncs import Swept

from tests.fakes.builders import a_mapping
from tests.fakes.control import FakeAutomations, FakeDueIndex, FakeRuns
from tests.fakes.tokens import FakeKeepAlive
from tests.fakes.world import World

MAPPING = Mapping("m1", Target("701"), Target("g1"), Direction.BOTH)


class ScheduleWorld(World):
    """A world with a schedule."""

    def __init__(self) -> None:
        super().__init__()
        self.kept_alive = FakeKeepAlive()
        self.connection = self.connect()

    def sweep(self, **replaced: Any) -> Swept:
        """One tick."""
        ports: dict[str, Any] = {
            "connections": self.connections,
            "automations": FakeAutomations(self.control),
            "runs": FakeRuns(self.control),
            "due_index": FakeDueIndex(self.control),
            "queue": self.queue,
            "events": self.events,
            "ids": self.ids,
            "keep_alive": self.kept_alive,
        }
        return sweep_of(SchedulePorts(**{**ports, **replaced}), self.clock)()

    def automate(
        self,
        connection: Connection | None = None,
        cadence: Cadence | None = None,
        *,
        due_in: float = 60.0,
        **choices: Any,
    ) -> Automation:
        """An automation in force, due in some seconds."""
        made = Automation(
            (connection or self.connection).id,
            live=(MAPPING,),
            live_cadence=cadence or Cadence(Every.HOUR),
            terms=Terms("2026-11", "advisor-u1", self.clock.now(), "d"),
            next_run_at=self.clock.now() + timedelta(seconds=due_in),
        )
        return FakeAutomations(self.control).put("t1", replace(made, **choices))

    def next_run_at(self) -> datetime | None:
        return self.control.automations["t1", self.connection.id].next_run_at

    def scheduled_runs(self) -> list[Run]:
        runs = self.control.runs.values()
        return [run for run in runs if run.trigger is Trigger.SCHEDULE]

    def a_run(self, *, due_in: float = 0.0, **choices: Any) -> Run:
        """A stored run that the sweep is to look at."""
        made = Run(
            id="run_1",
            tenant_id="t1",
            connection_id=self.connection.id,
            kind=RunKind.SYNC,
            trigger=Trigger.MANUAL,
            state=RunState.APPLYING,
            started_by="advisor-u1",
            created_at=self.clock.now(),
            checkpoint=Checkpoint(version=4, hops=2),
        )
        due_at = self.clock.now() + timedelta(seconds=due_in)
        return FakeRuns(self.control).create(replace(made, **choices), due_at=due_at)


# --- automations ----------------------------------------------------------------------------------


def test_nothing_due_means_nothing_done() -> None:
    world = ScheduleWorld()
    world.automate()

    swept = world.sweep()

    assert (dict(swept.done), swept.failed, swept.complete) == ({}, [], True)
    assert not world.queue.waiting


def test_a_due_automation_gets_its_run_and_its_next_time() -> None:
    world = ScheduleWorld()
    automation = world.automate()
    world.clock.advance(75)

    world.sweep()

    (run,) = world.scheduled_runs()
    assert run.connection_id == world.connection.id
    assert [message.run_id for _, message in world.queue.waiting] == [run.id]
    assert automation.next_run_at is not None
    assert world.next_run_at() == automation.next_run_at + timedelta(hours=1)


def test_times_do_not_drift_with_late_ticks() -> None:
    world = ScheduleWorld()
    first = world.automate().next_run_at
    assert first is not None

    for _ in range(3):
        world.clock.moment = (world.next_run_at() or first) + timedelta(seconds=50)
        world.sweep()
        for run in world.scheduled_runs():
            world.control.runs["t1", run.id] = replace(run, state=RunState.SUCCEEDED)

    assert world.next_run_at() == first + timedelta(hours=3)
    assert len(world.scheduled_runs()) == 3


def test_missed_times_collapse_into_one_run() -> None:
    world = ScheduleWorld()
    world.automate()
    world.clock.advance(by=timedelta(days=2))

    world.sweep()
    world.sweep()

    assert len(world.scheduled_runs()) == 1
    assert (world.next_run_at() or world.clock.now()) > world.clock.now()


def test_a_daily_automation_keeps_its_time_on_the_wall() -> None:
    world = ScheduleWorld()
    world.automate(cadence=Cadence(Every.DAY, time(6, 30), "America/New_York"))
    world.clock.advance(60)

    world.sweep()

    assert (world.next_run_at() or world.clock.now()).isoformat() == "2026-03-02T11:30:00+00:00"


def test_two_ticks_at_once_start_one_run() -> None:
    world = ScheduleWorld()
    world.automate()
    world.clock.advance(60)
    (due,) = FakeDueIndex(world.control).due(world.clock.now(), None, 10).items

    class SeesItStill(FakeDueIndex):
        """The index lags behind: the other tick's due thing is listed once more."""

        def due(self, *_: Any) -> Any:
            return replace(super().due(world.clock.now(), None, 1), items=(due,), cursor=None)

    world.sweep()
    swept = world.sweep(due_index=SeesItStill(world.control))

    assert len(world.scheduled_runs()) == 1
    assert len(world.queue.waiting) == 1
    assert not swept.done


def test_a_tick_that_dies_after_starting_the_run_is_made_up_for_without_a_second_run() -> None:
    class Dies(FakeAutomations):
        def put(self, tenant_id: str, automation: Automation) -> Automation:
            raise Retry("throttled", f"{tenant_id} {automation.connection_id}")

    world = ScheduleWorld()
    world.automate()
    world.clock.advance(60)
    swept = world.sweep(automations=Dies(world.control))
    world.clock.advance(by=timedelta(minutes=5))

    world.sweep()

    assert len(swept.failed) == 1
    assert len(world.scheduled_runs()) == 1
    assert (world.next_run_at() or world.clock.now()) > world.clock.now()


def test_a_run_still_at_work_is_not_followed_by_another() -> None:
    world = ScheduleWorld()
    world.automate()
    for _ in range(3):
        world.clock.moment = (world.next_run_at() or world.clock.now()) + timedelta(seconds=5)
        world.sweep()

    assert len(world.scheduled_runs()) == 1


@pytest.mark.parametrize("status", [ConnectionStatus.NEEDS_REAUTH, ConnectionStatus.DISCONNECTED])
def test_a_connection_out_of_use_keeps_its_times_but_gets_no_run(status: ConnectionStatus) -> None:
    world = ScheduleWorld()
    world.control.connections["t1", world.connection.id] = replace(world.connection, status=status)
    world.automate()
    world.clock.advance(60)

    world.sweep()

    assert not world.scheduled_runs()
    assert (world.next_run_at() or world.clock.now()) > world.clock.now()


def test_an_automation_without_its_connection_gets_no_run() -> None:
    world = ScheduleWorld()
    world.automate()
    world.clock.advance(60)
    del world.control.connections["t1", world.connection.id]

    swept = world.sweep()

    assert not swept.failed
    assert not world.scheduled_runs()


def test_an_index_that_lags_behind_the_automation_starts_nothing() -> None:
    world = ScheduleWorld()
    automation = world.automate(due_in=3600)
    world.control.schedule("automation", "t1", world.connection.id, world.clock.now())

    world.sweep()

    assert not world.scheduled_runs()
    assert world.next_run_at() == automation.next_run_at


def test_an_automation_switched_off_meanwhile_is_left_alone() -> None:
    world = ScheduleWorld()
    automation = world.automate()
    world.clock.advance(60)
    world.control.automations["t1", world.connection.id] = replace(automation, enabled=False)

    world.sweep()

    assert not world.scheduled_runs()


def test_an_edit_at_the_same_moment_is_not_overwritten() -> None:
    world = ScheduleWorld()
    world.automate()
    world.clock.advance(60)

    class Crossed(FakeAutomations):
        """Somebody changes the draft between our read and our write, once."""

        crossed = False

        def put(self, tenant_id: str, automation: Automation) -> Automation:
            if not self.crossed:
                self.crossed = True
                current = self.get(tenant_id, automation.connection_id)
                super().put(tenant_id, replace(current, draft=(MAPPING,)))
                raise Conflict("stale", "Load it again.")
            return super().put(tenant_id, automation)

    world.sweep(automations=Crossed(world.control))

    stored = world.control.automations["t1", world.connection.id]
    assert stored.draft == (MAPPING,)
    assert (stored.next_run_at or world.clock.now()) > world.clock.now()


# --- runs -----------------------------------------------------------------------------------------


def test_a_stuck_run_is_enqueued_at_its_checkpoint() -> None:
    world = ScheduleWorld()
    run = world.a_run()

    world.sweep()

    ((_, message),) = world.queue.waiting
    assert (message.run_id, message.checkpoint_version, message.hop) == (run.id, 4, 2)
    assert world.control.runs["t1", run.id] == run


def test_a_run_that_was_just_enqueued_is_left_alone_for_ten_minutes() -> None:
    world = ScheduleWorld()
    world.a_run()
    for _ in range(12):
        world.sweep()
        world.clock.advance(60)

    assert len(world.queue.waiting) == 2


def test_a_live_run_is_not_looked_at() -> None:
    world = ScheduleWorld()
    world.a_run(due_in=300)

    world.sweep()

    assert not world.queue.waiting


@pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.PARTIAL, RunState.FAILED])
def test_an_end_nobody_announced_is_announced(state: RunState) -> None:
    world = ScheduleWorld()
    run = world.a_run(state=state)

    world.sweep()
    world.clock.advance(by=timedelta(hours=1))
    world.sweep()

    (detail,) = world.events.of("run.completed")
    assert (detail["run_id"], detail["tenant_id"]) == (run.id, "t1")
    assert world.control.runs["t1", run.id].event_sent


def test_an_announcement_repeated_after_a_crash_carries_the_same_id() -> None:
    class Dies(FakeRuns):
        def save(self, run: Run, *, due_at: datetime | None) -> Run:
            raise Retry("throttled", f"{run.id} {due_at}")

    world = ScheduleWorld()
    world.a_run(state=RunState.SUCCEEDED)
    world.sweep(runs=Dies(world.control))
    world.clock.advance(by=timedelta(minutes=10))

    world.sweep()

    first, second = world.events.of("run.completed")
    assert first["event_id"] == second["event_id"]


def test_a_finished_preview_that_nobody_told_of_is_announced_like_any_run() -> None:
    world = ScheduleWorld()
    world.a_run(kind=RunKind.PREVIEW, state=RunState.PLANNED)

    world.sweep()
    world.sweep()

    assert len(world.events.of("run.completed")) == 1
    assert not world.control.due


def test_a_run_that_was_announced_is_not_looked_at_again() -> None:
    world = ScheduleWorld()
    world.a_run(state=RunState.SUCCEEDED, event_sent=True)

    world.sweep()

    assert not world.events.published
    assert not world.control.due


def test_a_run_that_is_not_stored_is_nothing_to_revive() -> None:
    world = ScheduleWorld()
    world.control.schedule("run", "t1", "run_gone", world.clock.now())

    swept = world.sweep()

    assert not swept.failed
    assert not world.queue.waiting


def test_a_run_that_gets_nowhere_for_a_day_has_failed() -> None:
    world = ScheduleWorld()
    run = world.a_run()
    stale = world.runs.acquire("t1", run.connection_id, run.id, "dead", world.clock.now())
    assert stale is not None
    world.clock.advance(by=timedelta(hours=24))

    world.sweep()

    ended = world.control.runs["t1", run.id]
    assert (ended.state, ended.error_code) == (RunState.FAILED, "stuck")
    assert ended.finished_at == world.clock.now()
    assert ended.fence > stale.fence
    assert len(world.events.of("run.completed")) == 1
    assert not world.control.leases


def test_the_mappings_of_a_run_that_is_given_up_are_at_work_no_longer() -> None:
    world = ScheduleWorld()
    run = world.a_run()
    states = [MappingState.DONE, MappingState.RUNNING, MappingState.WAITING]
    rows = [MappingRun(a_mapping("camp", "grp"), state=state) for state in states]
    world.control.runs["t1", run.id] = replace(
        world.control.runs["t1", run.id], mappings=tuple(rows)
    )
    world.clock.advance(by=timedelta(hours=24))

    world.sweep()

    ended = world.control.runs["t1", run.id]
    failed = (MappingState.FAILED, "stuck")
    assert [(m.state, m.reason) for m in ended.mappings] == [
        (MappingState.DONE, None),
        failed,
        failed,
    ]
    assert ended.progress == 1.0


def test_a_hopeless_run_behind_a_live_one_waits_its_turn() -> None:
    world = ScheduleWorld()
    run = world.a_run()
    world.clock.advance(by=timedelta(hours=24))
    until = world.clock.now() + timedelta(minutes=5)
    world.runs.acquire("t1", run.connection_id, "run_other", "worker", until)

    world.sweep()

    assert world.control.runs["t1", run.id].state is RunState.APPLYING


# --- keep-alive -----------------------------------------------------------------------------------


def test_a_grant_that_is_due_is_asked_for_once_an_hour() -> None:
    world = ScheduleWorld()
    world.connections.keep_alive_due(world.connection, world.clock.now())

    for _ in range(61):
        world.sweep()
        world.clock.advance(60)

    assert world.kept_alive.asked == [("t1", world.connection.id)] * 2


# --- the sweep itself -----------------------------------------------------------------------------


def test_one_thing_that_fails_keeps_no_other_waiting() -> None:
    class Broken(FakeKeepAlive):
        def keep_alive(self, tenant_id: str, connection_id: str) -> None:
            raise Retry("throttled", f"{tenant_id} {connection_id}")

    world = ScheduleWorld()
    world.connections.keep_alive_due(world.connection, world.clock.now())
    world.automate(due_in=60)
    world.clock.advance(60)

    swept = world.sweep(keep_alive=Broken())

    assert [due.kind for due, _ in swept.failed] == ["keep_alive"]
    assert len(world.scheduled_runs()) == 1


def test_every_page_of_due_things_is_looked_at() -> None:
    world = ScheduleWorld()
    connections = [world.connect(id=f"con_{number:03d}") for number in range(230)]
    for connection in connections:
        world.automate(connection)
    world.clock.advance(60)

    swept = world.sweep()

    assert swept.done["automation"] == 230
    assert len(world.scheduled_runs()) == 230


def test_a_sweep_stops_when_its_time_is_over_and_the_next_goes_on() -> None:
    world = ScheduleWorld()
    world.automate()
    world.clock.advance(60)
    world.clock.seconds_left = 5

    first = world.sweep()
    world.clock.seconds_left = 50
    second = world.sweep()

    assert (first.complete, dict(first.done)) == (False, {})
    assert (second.complete, second.done["automation"]) == (True, 1)
