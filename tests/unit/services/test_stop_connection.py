"""A connection that only a person can bring back: stopped once, told once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.errors import Conflict, Retry
from crmsync.services.stop_connection import stop_connection

from tests.fakes.control import FakeConnections
from tests.fakes.platform import FakeEvents
from tests.fakes.world import World


def stop(
    world: World, connection: Connection, reason: str = "grant_refused", **ports: object
) -> None:
    found = {"connections": FakeConnections(world.control), "events": world.events, **ports}
    stop_connection(
        found["connections"],
        found["events"],
        tenant_id=connection.tenant_id,
        connection_id=connection.id,
        reason=reason,
    )


def stored(world: World, connection: Connection) -> Connection:
    return world.control.connections[connection.tenant_id, connection.id]


def test_it_needs_a_new_login_and_its_owner_hears_of_it() -> None:
    world = World()
    connection = world.connect()

    stop(world, connection)

    assert stored(world, connection).status is ConnectionStatus.NEEDS_REAUTH
    (detail,) = world.events.of("connection.stopped")
    assert detail["connection_id"] == connection.id
    assert detail["reason"] == "grant_refused"


def test_a_second_stop_says_nothing() -> None:
    world = World()
    connection = world.connect()
    stop(world, connection)

    stop(world, connection, "inactive_user")

    assert len(world.events.of("connection.stopped")) == 1
    assert stored(world, connection).stopped_reason == "grant_refused"


def test_a_stop_after_a_reconnect_is_told_as_a_new_one() -> None:
    world = World()
    connection = world.connect()
    stop(world, connection)
    again = replace(stored(world, connection), status=ConnectionStatus.CONNECTED)
    FakeConnections(world.control).put(again)

    stop(world, connection)

    first, second = world.events.of("connection.stopped")
    assert first["event_id"] != second["event_id"]


def test_a_crash_between_event_and_mark_repeats_the_same_event() -> None:
    class Unreachable(FakeConnections):
        def put(self, connection: Connection) -> Connection:
            raise Retry("throttled", f"{connection.id} cannot be stored now.")

    world = World()
    connection = world.connect()
    with pytest.raises(Retry):
        stop(world, connection, connections=Unreachable(world.control))

    stop(world, connection)

    first, second = world.events.of("connection.stopped")
    assert first == second
    assert stored(world, connection).status is ConnectionStatus.NEEDS_REAUTH


def test_an_event_that_could_not_be_sent_leaves_the_connection_to_the_next_try() -> None:
    class Silent(FakeEvents):
        def publish(self, kind: str, detail: object) -> None:
            raise Retry("bus", f"{kind} was not taken: {detail}")

    world = World()
    connection = world.connect()

    with pytest.raises(Retry):
        stop(world, connection, events=Silent())

    assert stored(world, connection) == connection


@pytest.mark.parametrize("status", [ConnectionStatus.DISCONNECTED, ConnectionStatus.NEEDS_REAUTH])
def test_a_connection_out_of_use_already_is_left_alone(status: ConnectionStatus) -> None:
    world = World()
    connection = world.connect(status=status)

    stop(world, connection)

    assert stored(world, connection) == connection
    assert not world.events.published


def test_a_disconnect_at_the_same_moment_stands() -> None:
    class Crossed(FakeConnections):
        def put(self, connection: Connection) -> Connection:
            ended = replace(connection, status=ConnectionStatus.DISCONNECTED, stopped_reason=None)
            super().put(ended)
            raise Conflict("stale", "Load it again.")

    world = World()
    connection = world.connect()

    stop(world, connection, connections=Crossed(world.control))

    assert stored(world, connection).status is ConnectionStatus.DISCONNECTED


def test_an_unknown_connection_is_nothing_to_stop() -> None:
    world = World()
    connection = world.connect()

    stop(world, replace(connection, tenant_id="t2"))

    assert not world.events.published
