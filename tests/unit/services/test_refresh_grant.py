"""The one call that cannot be repeated: a refresh with rotating tokens."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.errors import ConnectionStopped, CrmSyncError, Defer, Retry
from crmsync.ports.access_tokens import AccessToken
from crmsync.ports.grants import Grant
from crmsync.ports.oauth import OAuth, Tokens
from crmsync.services.access_tokens import TokenRequest
from crmsync.services.refresh_grant import COOL_DOWN, LEASE

from tests.fakes.clock import FakeIds
from tests.fakes.tokens import FakeGrants
from tests.unit.services.login_world import ADVISOR, LoginWorld


@dataclass
class CountedOAuth:
    """The login host, counting refreshes; before and after each a test may do something."""

    inner: OAuth
    before: Callable[[], object] = lambda: None
    after: Callable[[], None] = lambda: None
    refreshed: list[str] = field(default_factory=list)

    def refresh(self, *, login_url: str, platform: str, refresh_token: str) -> Tokens:
        self.refreshed.append(refresh_token)
        self.before()
        tokens = self.inner.refresh(
            login_url=login_url, platform=platform, refresh_token=refresh_token
        )
        self.after()
        return tokens

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class RefreshWorld(LoginWorld):
    """A connected connection whose access token the CRM no longer takes."""

    def __init__(self, **replaced: Any) -> None:
        super().__init__(**replaced)
        self.connection = self.connected()
        self.first = self.token_of(self.connection)
        self.counted = CountedOAuth(self.oauth)
        self.desk = self.desk_with(oauth=self.counted, **replaced)

    def ask(self, refused: str | None) -> AccessToken:
        """An access token, the refused one named as callers name it."""
        digest = hashlib.sha256(refused.encode()).hexdigest() if refused else None
        request = TokenRequest("t1", self.connection.id, ADVISOR, digest)
        return self.desk.tokens.access_token(request)

    def connects_anew(self) -> None:
        """The owner signs in again meanwhile, in a worker of their own."""
        at_work, self.desk = self.desk, self.desk_with()
        self.finish(self.desk.start.again(ADVISOR, self.connection.id, "https://sync.example.com"))
        self.desk = at_work

    @property
    def grant(self) -> Grant:
        return self.grant_of(self.connection)

    @property
    def now_stored(self) -> Connection:
        return self.stored(self.connection)

    @property
    def stops(self) -> list[Any]:
        return self.events.of("connection.stopped")


def raising(error: CrmSyncError) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


LOST = Retry("reply_lost", "The connection was reset.", applied=None)
DOWN = Retry("unreachable", "The host could not be reached.", applied=False)


def test_a_token_that_was_not_refused_is_handed_out_as_it_is() -> None:
    world = RefreshWorld()

    token = world.ask(None)

    assert token.token == world.first
    assert (token.org_id, token.user_id) == (world.org("1").org_id, "u1")
    assert not world.counted.refreshed


def test_a_refused_token_is_replaced_and_the_rotated_grant_kept() -> None:
    world = RefreshWorld()
    old = world.grant
    world.clock.advance(3600)

    token = world.ask(world.first)

    assert token.token != world.first
    assert token.token in world.oauth.access
    assert world.grant.sealed_refresh != old.sealed_refresh
    assert world.grant.refreshed_at == world.clock.now()
    assert (world.grant.refreshing_until, world.grant.refresh_started) == (None, False)
    assert world.control.due[
        "keep_alive", "t1", world.connection.id
    ] == world.clock.now() + timedelta(7)


def test_a_token_refused_after_somebody_refreshed_is_answered_without_another_refresh() -> None:
    world = RefreshWorld()
    fresh = world.ask(world.first)

    again = world.ask(world.first)

    assert again == fresh
    assert len(world.counted.refreshed) == 1


def test_refreshes_can_follow_each_other_for_ever() -> None:
    world = RefreshWorld()
    token = world.first

    for _ in range(5):
        token = world.ask(token).token

    assert len(set(world.counted.refreshed)) == 5
    assert token in world.oauth.access


def test_a_host_that_does_not_rotate_keeps_the_refresh_token() -> None:
    world = RefreshWorld()
    world.oauth.rotates = False

    world.ask(world.ask(world.first).token)

    assert len(set(world.counted.refreshed)) == 1


def test_the_new_token_is_stored_before_anybody_gets_it() -> None:
    class FailingGrants(FakeGrants):
        """Takes the lease, then cannot be reached."""

        def put(self, grant: Grant) -> Grant | None:
            if grant.refreshing_until is None and self.grants:
                raise Retry("throttled", "Try again.")
            return super().put(grant)

    world = RefreshWorld()
    failing = FailingGrants()
    failing.grants = world.grants.grants
    world.desk = world.desk_with(oauth=world.counted, grants=failing)

    with pytest.raises(Retry, match="throttled"):
        world.ask(world.first)

    assert len(world.counted.refreshed) == 1


def test_storing_the_new_token_is_tried_again_when_the_store_stumbles() -> None:
    class StumblingGrants(FakeGrants):
        """Fails twice when a refreshed grant is to be stored."""

        stumbles = 2

        def put(self, grant: Grant) -> Grant | None:
            if grant.refreshing_until is None and self.stumbles:
                self.stumbles -= 1
                raise Retry("throttled", "Try again.")
            return super().put(grant)

    world = RefreshWorld()
    stumbling = StumblingGrants()
    stumbling.grants = world.grants.grants
    world.desk = world.desk_with(oauth=world.counted, grants=stumbling)

    token = world.ask(world.first)

    assert token.token == world.token_of(world.connection)
    assert len(world.counted.refreshed) == 1


def test_fifty_callers_with_a_refused_token_make_one_refresh() -> None:
    world = RefreshWorld()
    lock = threading.RLock()

    class LockedGrants(FakeGrants):
        """As atomic as the real store."""

        def put(self, grant: Grant) -> Grant | None:
            with lock:
                return super().put(grant)

    class LockedIds(FakeIds):
        """As unique as the real ones."""

        def new(self, prefix: str) -> str:
            with lock:
                return super().new(prefix)

    grants = LockedGrants()
    grants.grants = world.grants.grants
    ready = threading.Barrier(50)
    world.counted.before = lambda: time.sleep(0.02)
    world.desk = world.desk_with(
        oauth=world.counted,
        grants=grants,
        ids=LockedIds(1),
        pause=lambda _: time.sleep(0.005),
    )

    def one_caller(_: int) -> str:
        ready.wait(timeout=60)
        return world.ask(world.first).token

    with ThreadPoolExecutor(50) as pool:
        tokens = set(pool.map(one_caller, range(50)))

    assert len(world.counted.refreshed) == 1
    assert tokens == {world.token_of(world.connection)}
    assert tokens <= set(world.oauth.access)


def test_a_caller_that_waits_too_long_is_told_to_come_back() -> None:
    world = RefreshWorld()
    held = replace(world.grant, refreshing_until=world.clock.now() + LEASE, refresher="other")
    world.grants.put(held)

    with pytest.raises(Retry, match="refresh_in_progress"):
        world.ask(world.first)

    assert not world.counted.refreshed
    assert sum(world.slept) <= 12.5


def test_nothing_is_refreshed_when_too_little_time_is_left() -> None:
    world = RefreshWorld()
    before = world.grant
    world.clock.seconds_left = 10

    with pytest.raises(Retry, match="too_late_to_refresh"):
        world.ask(world.first)

    assert not world.counted.refreshed
    assert world.grant == before


# --- lost answers ---------------------------------------------------------------------------------


def test_an_answer_lost_before_the_crm_saw_the_request_is_made_up_for() -> None:
    world = RefreshWorld()
    world.counted.before = raising(LOST)
    with pytest.raises(Retry):
        world.ask(world.first)
    world.counted.before = lambda: None
    world.clock.advance(by=COOL_DOWN)

    token = world.ask(world.first)

    assert token.token in world.oauth.access
    assert world.now_stored.status is ConnectionStatus.CONNECTED
    assert not world.stops


def test_an_answer_lost_after_rotation_stops_the_connection_after_two_attempts() -> None:
    world = RefreshWorld()
    world.counted.after = raising(LOST)
    with pytest.raises(Retry):
        world.ask(world.first)
    world.clock.advance(by=COOL_DOWN)

    with pytest.raises(ConnectionStopped, match="refresh_answer_lost"):
        world.ask(world.first)
    with pytest.raises(ConnectionStopped):
        world.ask(world.first)

    assert len(world.counted.refreshed) == 2
    assert world.now_stored.status is ConnectionStatus.NEEDS_REAUTH
    assert world.now_stored.stopped_reason == "refresh_answer_lost"
    assert len(world.stops) == 1


def test_a_worker_that_died_after_writing_its_intent_is_succeeded_once_its_lease_ended() -> None:
    world = RefreshWorld()
    died = replace(
        world.grant,
        refreshing_until=world.clock.now() + LEASE,
        refresh_started=True,
        refresher="dead",
    )
    world.grants.put(died)
    world.clock.advance(by=LEASE)

    token = world.ask(world.first)

    assert token.token in world.oauth.access


def test_after_a_failure_nobody_tries_again_for_a_moment() -> None:
    world = RefreshWorld()
    world.counted.before = raising(DOWN)

    for _ in range(3):
        with pytest.raises(Retry):
            world.ask(world.first)

    assert len(world.counted.refreshed) <= 2


def test_a_host_that_is_down_for_hours_stops_nothing() -> None:
    world = RefreshWorld()
    world.counted.before = raising(DOWN)
    for _ in range(10):
        world.clock.advance(by=timedelta(minutes=30))
        with pytest.raises(Retry):
            world.ask(world.first)
    world.counted.before = lambda: None
    world.clock.advance(by=COOL_DOWN)

    assert world.ask(world.first).token in world.oauth.access
    assert not world.stops


# --- refusals -------------------------------------------------------------------------------------


def test_a_refused_grant_stops_the_connection_and_says_so_once() -> None:
    world = RefreshWorld()
    world.oauth.live.clear()

    for _ in range(3):
        with pytest.raises(ConnectionStopped, match="grant_refused"):
            world.ask(world.first)

    assert len(world.counted.refreshed) == 1
    assert world.now_stored.status is ConnectionStatus.NEEDS_REAUTH
    assert [notice["reason"] for notice in world.stops] == ["grant_refused"]
    assert ("keep_alive", "t1", world.connection.id) not in world.control.due


def test_our_own_refused_client_marks_no_connection() -> None:
    world = RefreshWorld()
    world.counted.before = raising(Defer("oauth_client_refused", "Our client.", seconds=900))

    with pytest.raises(Defer, match="oauth_client_refused"):
        world.ask(world.first)

    assert world.now_stored.status is ConnectionStatus.CONNECTED
    assert not world.stops


def test_a_refusal_after_somebody_connected_anew_is_overtaken() -> None:
    world = RefreshWorld()
    world.oauth.live.clear()
    world.counted.before = world.connects_anew

    token = world.ask(world.first)

    assert token.token == world.token_of(world.connection)
    assert world.now_stored.status is ConnectionStatus.CONNECTED
    assert not world.stops


def test_a_token_refreshed_while_somebody_connected_anew_gives_way_to_theirs() -> None:
    world = RefreshWorld()
    world.counted.after = world.connects_anew

    token = world.ask(world.first)

    assert token.token == world.token_of(world.connection)
    assert token.token in world.oauth.access


def test_a_grant_that_vanishes_before_the_refresh_needs_none() -> None:
    class Vanishing(FakeGrants):
        """Gone at the second look."""

        looks = 0

        def get(self, tenant_id: str, connection_id: str) -> Grant | None:
            self.looks += 1
            return super().get(tenant_id, connection_id) if self.looks == 1 else None

    world = RefreshWorld()
    vanishing = Vanishing()
    vanishing.grants = world.grants.grants
    world.desk = world.desk_with(oauth=world.counted, grants=vanishing)

    with pytest.raises(ConnectionStopped, match="disconnected"):
        world.ask(world.first)

    assert not world.counted.refreshed


def test_a_grant_left_without_its_connection_is_still_kept_in_one_piece() -> None:
    world = RefreshWorld()
    del world.control.connections["t1", world.connection.id]

    renewed = world.desk.tokens.refresh(world.grant)

    assert renewed == world.grant


def test_who_loses_the_race_for_the_lease_gets_the_winners_token() -> None:
    class Raced(FakeGrants):
        """Another worker refreshes between our look and our taking."""

        raced = False

        def put(self, grant: Grant) -> Grant | None:
            if not self.raced:
                self.raced = True
                world.desk_with(grants=world.grants).tokens.refresh(world.grant)
            return super().put(grant)

    world = RefreshWorld()
    raced = Raced()
    raced.grants = world.grants.grants
    world.desk = world.desk_with(oauth=world.counted, grants=raced)

    token = world.ask(world.first)

    assert token.token == world.token_of(world.connection)
    assert not world.counted.refreshed


def test_of_two_that_reach_for_the_lease_in_the_same_instant_one_gets_it() -> None:
    class SameInstant(FakeGrants):
        """Another worker takes the lease between our look and our taking, then dies at work."""

        crossed = False

        def put(self, grant: Grant) -> Grant | None:
            if not self.crossed:
                self.crossed = True
                with pytest.raises(ZeroDivisionError):
                    world.desk_with(oauth=dying, grants=world.grants).tokens.refresh(world.grant)
            return super().put(grant)

    world = RefreshWorld()
    dying = CountedOAuth(world.oauth, before=lambda: divmod(1, 0))
    same_instant = SameInstant()
    same_instant.grants = world.grants.grants
    world.desk = world.desk_with(oauth=world.counted, grants=same_instant)

    with pytest.raises(Retry, match="refresh_in_progress"):
        world.ask(world.first)

    assert not world.counted.refreshed


def test_a_disconnect_during_a_refresh_leaves_no_usable_token() -> None:
    world = RefreshWorld()

    def disconnects() -> None:
        world.desk_with().disconnect(ADVISOR, world.connection.id)

    world.counted.after = disconnects

    with pytest.raises(ConnectionStopped, match="disconnected"):
        world.ask(world.first)

    assert not world.oauth.live
    assert not world.oauth.access
    assert not world.grants.grants


def test_a_refreshed_sandbox_with_another_org_behind_its_address_is_stopped() -> None:
    world = RefreshWorld()
    for token, issued in list(world.oauth.live.items()):
        world.oauth.live[token] = replace(issued, org_id="00D000000000009AAA")

    with pytest.raises(ConnectionStopped, match="different_org"):
        world.ask(world.first)

    assert world.now_stored.stopped_reason == "different_org"


def test_the_org_host_is_taken_from_every_answer() -> None:
    world = RefreshWorld()
    world.oauth.instance_url = "https://renamed.my.salesforce.com"

    assert world.ask(world.first).instance_url == "https://renamed.my.salesforce.com"
    assert world.ask(None).instance_url == "https://renamed.my.salesforce.com"


# --- keep-alive -----------------------------------------------------------------------------------


def test_a_grant_unused_for_a_week_is_refreshed() -> None:
    world = RefreshWorld()
    world.clock.advance(by=timedelta(days=7))

    world.desk.tokens.keep_alive("t1", world.connection.id)

    assert len(world.counted.refreshed) == 1
    assert world.control.due[
        "keep_alive", "t1", world.connection.id
    ] == world.clock.now() + timedelta(7)


def test_a_grant_refreshed_this_week_is_left_alone_until_its_week_is_over() -> None:
    world = RefreshWorld()
    refreshed_at = world.grant.refreshed_at
    world.clock.advance(by=timedelta(days=6))

    world.desk.tokens.keep_alive("t1", world.connection.id)

    assert not world.counted.refreshed
    assert world.control.due["keep_alive", "t1", world.connection.id] == refreshed_at + timedelta(7)


@pytest.mark.parametrize("status", [ConnectionStatus.NEEDS_REAUTH, ConnectionStatus.DISCONNECTED])
def test_a_connection_out_of_use_is_not_kept_alive(status: ConnectionStatus) -> None:
    world = RefreshWorld()
    world.desk.ports.connections.put(replace(world.now_stored, status=status))
    world.clock.advance(by=timedelta(days=7))

    world.desk.tokens.keep_alive("t1", world.connection.id)

    assert not world.counted.refreshed
    assert ("keep_alive", "t1", world.connection.id) not in world.control.due


def test_a_month_of_weekly_keep_alives_keeps_the_connection() -> None:
    world = RefreshWorld()

    for _ in range(5):
        world.clock.advance(by=timedelta(days=7))
        world.desk.tokens.keep_alive("t1", world.connection.id)

    assert len(world.counted.refreshed) == 5
    assert world.ask(None).token in world.oauth.access


def test_an_unknown_connection_is_no_reason_to_fail() -> None:
    world = RefreshWorld()

    world.desk.tokens.keep_alive("t1", "c_gone")

    assert not world.counted.refreshed
