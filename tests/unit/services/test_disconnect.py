"""Disconnecting: it stops, the CRM forgets us, we forget the grant, all else is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from crmsync.domain.caller import Caller
from crmsync.domain.connection import ConnectionStatus
from crmsync.domain.errors import Conflict, ConnectionStopped, Forbidden, NotFound, Retry
from crmsync.domain.run import Run, RunKind, RunState, Trigger
from crmsync.services.access_tokens import TokenRequest

from tests.fakes.tokens import FakeOAuth
from tests.unit.services.login_world import (
    ADMIN,
    ADVISOR,
    COLLEAGUE,
    PUBLIC_URL,
    STRANGER,
    LoginWorld,
)


def a_run(world: LoginWorld, connection_id: str, run_id: str = "run_1") -> Run:
    return world.runs.create(
        Run(
            id=run_id,
            tenant_id="t1",
            connection_id=connection_id,
            kind=RunKind.SYNC,
            trigger=Trigger.MANUAL,
            state=RunState.APPLYING,
            started_by="advisor-1",
            created_at=world.clock.now(),
        ),
        due_at=None,
    )


def test_nothing_of_the_grant_is_left_on_either_side() -> None:
    world = LoginWorld()
    connection = world.connected()

    ended = world.desk.disconnect(ADVISOR, connection.id)

    assert ended.revoked
    assert ended.connection.status is ConnectionStatus.DISCONNECTED
    assert not world.grants.grants
    assert not world.oauth.live
    assert not world.oauth.access
    assert ("keep_alive", "t1", connection.id) not in world.control.due


def test_nobody_gets_a_token_any_more() -> None:
    world = LoginWorld()
    connection = world.connected()
    world.desk.disconnect(ADVISOR, connection.id)

    with pytest.raises(ConnectionStopped, match="disconnected"):
        world.desk.tokens.access_token(TokenRequest("t1", connection.id, ADVISOR))


def test_runs_in_progress_and_waiting_are_asked_to_stop() -> None:
    world = LoginWorld()
    connection = world.connected()
    other = world.connected()
    for run_id in ("run_1", "run_2"):
        a_run(world, connection.id, run_id)
    a_run(world, other.id, "run_3")

    world.desk.disconnect(ADVISOR, connection.id)

    assert set(world.control.cancels) == {("t1", "run_1"), ("t1", "run_2")}


def test_it_works_while_the_crm_is_down() -> None:
    class Down(FakeOAuth):
        def revoke(self, *, login_url: str, token: str) -> None:
            raise Retry("unreachable", f"{login_url} took {len(token)} characters of no reply.")

    world = LoginWorld()
    connection = world.connected()
    desk = world.desk_with(oauth=Down())

    ended = desk.disconnect(ADVISOR, connection.id)

    assert not ended.revoked
    assert world.stored(connection).status is ConnectionStatus.DISCONNECTED
    assert not world.grants.grants


def test_it_may_be_repeated() -> None:
    world = LoginWorld()
    connection = world.connected()
    first = world.desk.disconnect(ADVISOR, connection.id)

    assert world.desk.disconnect(ADVISOR, connection.id) == first


def test_an_edit_at_the_same_moment_does_not_get_in_the_way() -> None:
    world = LoginWorld()
    connection = world.connected()

    class Crossed(type(world.desk.ports.connections)):
        """Somebody edits between our read and our write, once."""

        crossed = False

        def put(self, wanted: object) -> object:
            if not self.crossed:
                type(self).crossed = True
                edited = replace(world.stored(connection), sync_by_visibility=True)
                super().put(edited)
                raise Conflict("stale", "Load it again.")
            return super().put(wanted)

    world.desk_with(connections=Crossed(world.control)).disconnect(ADVISOR, connection.id)

    stored = world.stored(connection)
    assert (stored.status, stored.sync_by_visibility) == (ConnectionStatus.DISCONNECTED, True)


def test_a_reconnect_afterwards_finds_everything() -> None:
    world = LoginWorld()
    connection = world.connected()
    world.desk.disconnect(ADVISOR, connection.id)

    again = world.finish(world.desk.start.again(ADVISOR, connection.id, PUBLIC_URL)).connection

    assert again.id == connection.id
    assert again.status is ConnectionStatus.CONNECTED
    assert world.token_of(again) in world.oauth.access


@pytest.mark.parametrize(
    ("who", "error"), [(COLLEAGUE, NotFound), (STRANGER, NotFound), (ADMIN, Forbidden)]
)
def test_only_its_owner_disconnects_a_connection(who: Caller, error: type[Exception]) -> None:
    world = LoginWorld()
    connection = world.connected()

    with pytest.raises(error):
        world.desk.disconnect(who, connection.id)

    assert world.stored(connection) == connection
