"""functions/run_sync: a message becomes a slice, and one that cannot be read is set aside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from crmsync.bootstrap.sync import SyncDesk
from crmsync.domain.run import RunState
from crmsync.domain.terms import TERMS_VERSION
from crmsync.observability import Handler
from crmsync.services.run_slice import RunSlice
from crmsync.services.start_run import StartRun

from functions.run_sync.app import make_handler
from tests.fakes.builders import a_mapping
from tests.fakes.platform import FakeDeadLetters
from tests.fakes.world import World
from tests.unit.functions.events import Context


def an_event(body: str) -> dict[str, Any]:
    return {"Records": [{"messageId": "m1", "body": body}]}


@pytest.fixture
def letters() -> FakeDeadLetters:
    return FakeDeadLetters()


@pytest.fixture
def world() -> World:
    return World(seed=1)


@pytest.fixture
def handler(world: World, letters: FakeDeadLetters) -> Handler:
    return make_handler(lambda _: SyncDesk(RunSlice(world.ports), letters))


def test_a_message_is_worked_on(world: World, handler: Handler, letters: FakeDeadLetters) -> None:
    connection, org = world.connect(), world.org()
    campaign = org.add_campaign("Spring")
    org.join(campaign.id, org.add_person("u1", last_name="Byron", email="ada@example.com").id)
    world.tenant().create_group("g1", "Spring")
    ports = world.ports
    start = StartRun(runs=ports.runs, queue=ports.queue, ids=ports.ids, clock=ports.clock)
    run = start.sync(connection, [a_mapping(campaign.id, "g1")], "u1", TERMS_VERSION)
    message = world.queue.receive()

    answer = handler(an_event(json.dumps(message_body(message))), Context())

    assert answer == {"batchItemFailures": []}
    assert world.control.runs["t1", run.id].state is RunState.SUCCEEDED
    assert letters.kept == []


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("no json", "body"),
        ("[]", "body"),
        ("{}", "tenant_id"),
        (
            '{"tenant_id": 7, "connection_id": "c", "run_id": "r", "checkpoint_version": 0}',
            "tenant",
        ),
        ('{"tenant_id": "t", "connection_id": "c", "run_id": "r"}', "checkpoint_version"),
    ],
)
def test_a_message_that_cannot_be_read_is_set_aside_with_its_reason(
    handler: Handler, letters: FakeDeadLetters, body: str, named: str
) -> None:
    answer = handler(an_event(body), Context())

    assert answer == {"batchItemFailures": []}
    [(kept, reason)] = letters.kept
    assert kept == body
    assert named in reason


def message_body(message: Any) -> dict[str, Any]:
    return {
        "tenant_id": message.tenant_id,
        "connection_id": message.connection_id,
        "run_id": message.run_id,
        "checkpoint_version": message.checkpoint_version,
        "hop": message.hop,
    }
