"""Who gets an access token, and who does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from crmsync.domain.caller import Caller
from crmsync.domain.connection import ConnectionStatus
from crmsync.domain.errors import ConnectionStopped, LeaseLost
from crmsync.domain.run import Run, RunKind, RunState, Trigger
from crmsync.ports.access_tokens import AccessToken
from crmsync.ports.runs import Lease
from crmsync.services.access_tokens import RunProof, TokenRequest

from tests.unit.services.login_world import ADMIN, ADVISOR, COLLEAGUE, STRANGER, LoginWorld


class TokenWorld(LoginWorld):
    """A connection, and a run that holds its lease."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = self.connected()
        self.run = self.runs.create(
            Run(
                id="run_1",
                tenant_id="t1",
                connection_id=self.connection.id,
                kind=RunKind.SYNC,
                trigger=Trigger.MANUAL,
                state=RunState.GATHERING,
                started_by="advisor-1",
                created_at=self.clock.now(),
            ),
            due_at=None,
        )
        self.lease = self.take_lease("run_1")

    def take_lease(self, run_id: str) -> Lease:
        until = self.clock.now() + timedelta(minutes=6)
        lease = self.runs.acquire("t1", self.connection.id, run_id, "worker", until)
        assert lease is not None
        return lease

    def ask(self, asker: RunProof | Caller, tenant_id: str = "t1") -> AccessToken:
        return self.desk.tokens.access_token(TokenRequest(tenant_id, self.connection.id, asker))


def test_a_run_that_holds_the_lease_gets_a_token() -> None:
    world = TokenWorld()

    token = world.ask(RunProof("run_1", world.lease.fence))

    assert token.token == world.token_of(world.connection)


@pytest.mark.parametrize("proof", [RunProof("run_1", 0), RunProof("run_2", 1), RunProof("", 1)])
def test_a_run_that_cannot_prove_its_lease_gets_none(proof: RunProof) -> None:
    with pytest.raises(LeaseLost):
        TokenWorld().ask(proof)


def test_a_stale_holder_gets_none_once_another_took_over() -> None:
    world = TokenWorld()
    stale = RunProof("run_1", world.lease.fence)
    world.clock.advance(by=timedelta(minutes=7))
    world.take_lease("run_1b")

    with pytest.raises(LeaseLost):
        world.ask(stale)


def test_a_holder_whose_lease_expired_gets_none() -> None:
    world = TokenWorld()
    world.clock.advance(by=timedelta(minutes=6))

    with pytest.raises(LeaseLost):
        world.ask(RunProof("run_1", world.lease.fence))


def test_a_run_that_has_ended_gets_none() -> None:
    world = TokenWorld()
    world.runs.save(replace(world.run, state=RunState.SUCCEEDED), due_at=None)

    with pytest.raises(LeaseLost):
        world.ask(RunProof("run_1", world.lease.fence))


def test_the_lease_of_another_connection_proves_nothing() -> None:
    world = TokenWorld()
    proof = RunProof("run_1", world.lease.fence)
    world.connection = world.connected()

    with pytest.raises(LeaseLost):
        world.ask(proof)


@pytest.mark.parametrize("caller", [ADVISOR, ADMIN])
def test_its_owner_and_the_marketing_admin_may_look_through_a_connection(caller: Caller) -> None:
    world = TokenWorld()

    assert world.ask(caller).token == world.token_of(world.connection)


def test_a_colleague_is_told_there_is_no_such_connection() -> None:
    with pytest.raises(ConnectionStopped, match="no_such_connection"):
        TokenWorld().ask(COLLEAGUE)


def test_another_tenant_is_told_there_is_no_such_connection() -> None:
    with pytest.raises(ConnectionStopped, match="no_such_connection"):
        TokenWorld().ask(STRANGER, tenant_id="t2")


def test_a_caller_of_another_tenant_gets_nothing_under_our_tenants_name() -> None:
    with pytest.raises(ConnectionStopped, match="no_such_connection"):
        TokenWorld().ask(STRANGER, tenant_id="t1")


@pytest.mark.parametrize(
    ("status", "reason", "code"),
    [
        (ConnectionStatus.NEEDS_REAUTH, "inactive_user", "inactive_user"),
        (ConnectionStatus.NEEDS_REAUTH, None, "needs_reauth"),
        (ConnectionStatus.DISCONNECTED, None, "disconnected"),
    ],
)
def test_a_connection_out_of_use_gives_no_token(
    status: ConnectionStatus, reason: str | None, code: str
) -> None:
    world = TokenWorld()
    stored = world.stored(world.connection)
    world.desk.ports.connections.put(replace(stored, status=status, stopped_reason=reason))

    with pytest.raises(ConnectionStopped) as stopped:
        world.ask(RunProof("run_1", world.lease.fence))

    assert stopped.value.code == code


def test_a_connection_without_a_grant_is_stopped_and_its_owner_told() -> None:
    world = TokenWorld()
    world.grants.remove("t1", world.connection.id)

    with pytest.raises(ConnectionStopped, match="grant_missing"):
        world.ask(ADVISOR)

    assert world.stored(world.connection).status is ConnectionStatus.NEEDS_REAUTH
    assert len(world.events.of("connection.stopped")) == 1


def test_a_ciphertext_of_another_connection_does_not_open() -> None:
    world = TokenWorld()
    other = world.connected()
    foreign = replace(
        world.grant_of(world.connection), sealed_access=world.grant_of(other).sealed_access
    )
    world.grants.put(foreign)

    with pytest.raises(ConnectionStopped, match="cannot_unseal"):
        world.ask(ADVISOR)
