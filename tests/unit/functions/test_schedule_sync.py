"""functions/schedule_sync: what a tick reports."""

from __future__ import annotations

import io
import json

import pytest
from crmsync.bootstrap.schedule import SchedulePorts, sweep_of
from crmsync.domain.errors import Retry
from crmsync.observability import Failed, Handler

from functions.schedule_sync.app import make_handler
from tests.fakes.control import FakeAutomations, FakeDueIndex, FakeRuns
from tests.unit.functions.events import Context
from tests.unit.services.test_schedule_syncs import FakeKeepAlive, ScheduleWorld


def handler_over(world: ScheduleWorld, keep_alive: FakeKeepAlive) -> Handler:
    ports = SchedulePorts(
        connections=world.connections,
        automations=FakeAutomations(world.control),
        runs=FakeRuns(world.control),
        due_index=FakeDueIndex(world.control),
        queue=world.queue,
        events=world.events,
        ids=world.ids,
        keep_alive=keep_alive,
    )
    return make_handler(lambda _: sweep_of(ports, world.clock))


class Broken(FakeKeepAlive):
    """Fails with a text that must not be logged as it is."""

    def keep_alive(self, tenant_id: str, connection_id: str) -> None:
        raise Retry("throttled", f"ann@example.com of {tenant_id} {connection_id}")


def test_a_tick_tells_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    world = ScheduleWorld()
    world.automate()
    world.clock.advance(60)

    answer = handler_over(world, world.kept_alive)({"source": "aws.events"}, Context())

    assert answer == {"automation": 1}
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [metric["Due_automation"] for metric in metrics] == [[1.0]]


def test_a_failed_thing_fails_the_tick_and_is_logged_without_personal_data(
    logged: io.StringIO,
) -> None:
    world = ScheduleWorld()
    world.automate()
    world.connections.keep_alive_due(world.connection, world.clock.now())
    world.clock.advance(60)

    with pytest.raises(Failed):
        handler_over(world, Broken())({"source": "aws.events"}, Context())

    written = logged.getvalue()
    assert len(world.scheduled_runs()) == 1
    assert "due_failed" in written
    assert world.connection.id in written
    assert "ann@example.com" not in written
