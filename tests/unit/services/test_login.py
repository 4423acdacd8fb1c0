"""Connecting a CRM, from the first click to the stored grant."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from crmsync.domain.caller import Caller
from crmsync.domain.connection import Connection, ConnectionStatus, NewPeople
from crmsync.domain.errors import (
    Conflict,
    ConnectionStopped,
    CrmSyncError,
    Forbidden,
    Invalid,
    NotFound,
    Retry,
)
from crmsync.ports.oauth import Tokens
from crmsync.services.park_code import LoginFailed
from crmsync.services.start_login import LoginPlace

from tests.fakes.control import FakeConnections
from tests.fakes.tokens import FakeOAuth
from tests.unit.services.login_world import (
    ADMIN,
    ADVISOR,
    COLLEAGUE,
    PUBLIC_URL,
    STRANGER,
    LoginWorld,
    asked,
)


def test_a_login_asks_for_pkce_the_right_scopes_and_its_own_callback() -> None:
    started = LoginWorld().start(platform="practifi")

    query = asked(started)
    assert query["code_challenge_method"] == "S256"
    assert re.fullmatch(r"[\w-]{43}", query["code_challenge"])
    assert len(query["state"]) >= 43
    assert query["redirect_uri"] == f"{PUBLIC_URL}/oauth/callback/practifi"


def test_neither_state_nor_verifier_is_stored_in_the_clear() -> None:
    world = LoginWorld()

    state = asked(world.start())["state"]

    (stored,) = world.grants.states.values()
    verifier, context = world.vault.sealed[stored.sealed_verifier]
    assert state not in repr(stored)
    assert verifier not in repr(stored)
    assert (context.tenant_id, context.connection_id) == ("t1", stored.connection_id)


def test_nothing_exists_until_the_login_is_finished() -> None:
    world = LoginWorld()

    world.desk.park(world.answer(world.start()))

    assert not world.control.connections
    assert not world.grants.grants


def test_a_finished_login_gives_a_connected_connection_with_what_it_can_do() -> None:
    world = LoginWorld()
    started = world.start()

    connected = world.finish(started)

    connection = connected.connection
    assert connection.id == started.connection_id
    assert connection.status is ConnectionStatus.CONNECTED
    assert (connection.tenant_id, connection.user_id) == ("t1", "advisor-1")
    assert connection.org.user_id == "u1"
    assert connection.capabilities
    assert not connected.crm_user_changed
    assert world.control.due["keep_alive", "t1", connection.id] == world.clock.now() + timedelta(7)


def test_the_grant_is_sealed_for_its_tenant_connection_and_field() -> None:
    world = LoginWorld()

    connection = world.connected()

    grant = world.grant_of(connection)
    contexts = [world.vault.sealed[s][1] for s in (grant.sealed_refresh, grant.sealed_access)]
    assert [c.purpose for c in contexts] == ["refresh_token", "access_token"]
    assert {(c.tenant_id, c.connection_id) for c in contexts} == {("t1", connection.id)}
    assert world.token_of(connection) not in repr(grant)


@pytest.mark.parametrize(
    ("platform", "expected"),
    [("salesforce", NewPeople.CREATE), ("practifi", NewPeople.HOLD), ("salentica", NewPeople.HOLD)],
)
def test_a_new_connection_starts_with_the_settings_of_its_platform(
    platform: str, expected: NewPeople
) -> None:
    world = LoginWorld()

    connection = world.finish(world.start(platform=platform)).connection

    assert connection.settings.new_people is expected


@pytest.mark.parametrize("who", [COLLEAGUE, STRANGER])
def test_somebody_elses_login_cannot_be_finished_and_its_code_is_gone(who: Caller) -> None:
    world = LoginWorld()
    answer = world.answer(world.start())
    receipt = world.desk.park(answer)

    with pytest.raises(Forbidden, match="not_your_login"):
        world.desk.finish(who, answer.state, receipt)
    with pytest.raises(NotFound, match="state_expired"):
        world.desk.finish(ADVISOR, answer.state, receipt)

    assert not world.control.connections
    assert not world.grants.grants


def test_another_browser_cannot_finish_the_login() -> None:
    world = LoginWorld()
    answer = world.answer(world.start())
    world.desk.park(answer)

    with pytest.raises(Forbidden, match="not_your_login"):
        world.desk.finish(ADVISOR, answer.state, "a-guessed-receipt")

    assert not world.grants.states


def test_a_login_that_was_never_answered_cannot_be_finished() -> None:
    world = LoginWorld()
    state = asked(world.start())["state"]

    with pytest.raises(Forbidden, match="not_your_login"):
        world.desk.finish(ADVISOR, state, "")


def test_a_login_is_finished_once() -> None:
    world = LoginWorld()
    answer = world.answer(world.start())
    receipt = world.desk.park(answer)
    world.desk.finish(ADVISOR, answer.state, receipt)

    with pytest.raises(NotFound, match="state_expired"):
        world.desk.finish(ADVISOR, answer.state, receipt)

    assert len(world.control.connections) == 1


def test_a_login_that_took_more_than_ten_minutes_is_over() -> None:
    world = LoginWorld()
    answer = world.answer(world.start())
    receipt = world.desk.park(answer)
    world.clock.advance(by=timedelta(minutes=10))

    with pytest.raises(Conflict, match="state_expired"):
        world.desk.finish(ADVISOR, answer.state, receipt)


def test_a_marketing_admin_starts_no_login() -> None:
    world = LoginWorld()

    with pytest.raises(Forbidden, match="read_only_role"):
        world.start(ADMIN)


@pytest.mark.parametrize(
    ("place", "pointer"),
    [
        (LoginPlace("hubspot", "production"), "/platform"),
        (LoginPlace("salesforce", "my_domain", "evil.example.com"), "/my_domain"),
    ],
)
def test_an_unknown_platform_or_host_is_refused_where_it_was_given(
    place: LoginPlace, pointer: str
) -> None:
    world = LoginWorld()

    with pytest.raises(Invalid) as refused:
        world.desk.start.new(ADVISOR, place, PUBLIC_URL)

    assert [error.pointer for error in refused.value.errors] == [pointer]
    assert not world.grants.states


# --- the callback --------------------------------------------------------------------------------


def test_a_state_that_does_not_exist_is_answered_with_nothing_stored() -> None:
    world = LoginWorld()
    answer = replace(world.answer(world.start()), state="made-up")

    with pytest.raises(LoginFailed) as failed:
        world.desk.park(answer)

    assert failed.value.code == "state_expired"
    assert all(state.sealed_code is None for state in world.grants.states.values())


def test_a_second_answer_to_one_state_is_refused() -> None:
    world = LoginWorld()
    answer = world.answer(world.start())
    world.desk.park(answer)
    (parked,) = world.grants.states.values()

    with pytest.raises(LoginFailed, match="state_expired"):
        world.desk.park(replace(answer, code="another-code"))

    assert list(world.grants.states.values()) == [parked]


def test_an_answer_after_ten_minutes_is_refused() -> None:
    world = LoginWorld()
    answer = world.answer(world.start())
    world.clock.advance(by=timedelta(minutes=10))

    with pytest.raises(LoginFailed, match="state_expired"):
        world.desk.park(answer)


@pytest.mark.parametrize(
    "mixed_up",
    [
        {"platform": "practifi"},
        {"redirect_uri": "https://elsewhere.example.com/oauth/callback/salesforce"},
    ],
)
def test_an_answer_in_the_wrong_place_ends_the_login(mixed_up: dict[str, str]) -> None:
    world = LoginWorld()
    answer = world.answer(world.start())

    with pytest.raises(LoginFailed, match="login_mixed_up"):
        world.desk.park(replace(answer, **mixed_up))

    assert not world.grants.states


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("access_denied", "access_denied"),
        ("OAUTH_APP_BLOCKED", "OAUTH_APP_BLOCKED"),
        ("<script>", "login_refused"),
    ],
)
def test_only_known_refusals_of_the_crm_are_repeated(said: str, told: str) -> None:
    world = LoginWorld()
    answer = replace(world.answer(world.start()), code=None, error=said)

    with pytest.raises(LoginFailed) as failed:
        world.desk.park(answer)

    assert failed.value.code == told
    assert not world.grants.states


def test_a_code_no_crm_would_send_is_not_kept() -> None:
    world = LoginWorld()
    answer = replace(world.answer(world.start()), code="c" * 5000)

    with pytest.raises(LoginFailed, match="login_refused"):
        world.desk.park(answer)


# --- what can go wrong at the CRM -----------------------------------------------------------------


class OneRefreshTokenLess(FakeOAuth):
    """An app that is not allowed refresh tokens."""

    def exchange(self, **asked_for: str) -> Tokens:
        return replace(super().exchange(**asked_for), refresh_token=None)


def test_a_login_without_a_refresh_token_is_refused_and_given_back() -> None:
    world = LoginWorld()
    world.oauth = OneRefreshTokenLess()
    world.desk = world.desk_with()

    with pytest.raises(Conflict, match="no_refresh_token"):
        world.finish(world.start())

    assert not world.oauth.access
    assert not world.control.connections


def test_a_refused_code_stores_nothing() -> None:
    world = LoginWorld()
    answer = world.answer(world.start())
    receipt = world.desk.park(answer)
    world.oauth.codes.clear()

    with pytest.raises(ConnectionStopped, match="grant_refused"):
        world.desk.finish(ADVISOR, answer.state, receipt)

    assert not world.control.connections


@pytest.mark.parametrize(
    "error", [Retry("crm_unavailable", "down"), ConnectionStopped("api", "no")]
)
def test_tokens_that_cannot_be_used_are_given_back(error: CrmSyncError) -> None:
    def no_session(*_: object) -> object:
        raise error

    world = LoginWorld(open_crm=no_session)

    with pytest.raises(type(error)):
        world.finish(world.start())

    assert not world.oauth.live
    assert not world.grants.grants
    assert not world.control.connections


def test_a_login_fails_for_its_own_reason_even_when_nothing_can_be_given_back() -> None:
    class Unreachable(OneRefreshTokenLess):
        def revoke(self, *, login_url: str, token: str) -> None:
            raise Retry("unreachable", f"{login_url} took {len(token)} characters of no reply.")

    world = LoginWorld()
    world.oauth = Unreachable()
    world.desk = world.desk_with()

    with pytest.raises(Conflict, match="no_refresh_token"):
        world.finish(world.start())


# --- connecting again -----------------------------------------------------------------------------


def test_reconnecting_keeps_all_that_was_set_up() -> None:
    world = LoginWorld()
    connection = world.connected()
    changed = replace(
        world.stored(connection),
        status=ConnectionStatus.NEEDS_REAUTH,
        stopped_reason="grant_refused",
        sync_by_visibility=True,
        inactive_campaign_id="701",
    )
    changed = world.desk.ports.connections.put(changed)

    again = world.finish(world.desk.start.again(ADVISOR, connection.id, PUBLIC_URL))

    assert not again.crm_user_changed
    assert again.connection == replace(
        changed,
        status=ConnectionStatus.CONNECTED,
        stopped_reason=None,
        api_budget=again.connection.api_budget,
        version=again.connection.version,
    )


def test_an_edit_at_the_same_moment_is_kept() -> None:
    world = LoginWorld()
    connection = world.connected()

    class Crossed(FakeConnections):
        """Somebody edits between our read and our write, once."""

        crossed = False

        def put(self, connection: Connection) -> Connection:
            if not self.crossed:
                self.crossed = True
                super().put(replace(world.stored(connection), sync_by_visibility=True))
                raise Conflict("stale", "Load it again.")
            return super().put(connection)

    world.desk = world.desk_with(connections=Crossed(world.control))

    again = world.finish(world.desk.start.again(ADVISOR, connection.id, PUBLIC_URL))

    assert again.connection.sync_by_visibility
    assert again.connection.status is ConnectionStatus.CONNECTED


def test_reconnecting_to_another_org_changes_nothing_and_gives_the_tokens_back() -> None:
    world = LoginWorld()
    connection = world.connected()
    grant, live = world.grant_of(connection), set(world.oauth.live)
    started = world.desk.start.again(ADVISOR, connection.id, PUBLIC_URL)

    with pytest.raises(Conflict, match="different_org"):
        world.finish(started, org="2")

    assert world.stored(connection) == connection
    assert world.grant_of(connection) == grant
    assert set(world.oauth.live) == live


def test_reconnecting_as_another_user_of_the_org_is_flagged_and_recorded() -> None:
    world = LoginWorld()
    connection = world.connected()

    again = world.finish(world.desk.start.again(ADVISOR, connection.id, PUBLIC_URL), user="u2")

    assert again.crm_user_changed
    assert again.connection.org.user_id == "u2"
    assert world.grant_of(connection).user_id == "u2"


@pytest.mark.parametrize(
    ("who", "error"), [(COLLEAGUE, NotFound), (STRANGER, NotFound), (ADMIN, Forbidden)]
)
def test_only_its_owner_reconnects_a_connection(who: Caller, error: type[Exception]) -> None:
    world = LoginWorld()
    connection = world.connected()

    with pytest.raises(error):
        world.desk.start.again(who, connection.id, PUBLIC_URL)
