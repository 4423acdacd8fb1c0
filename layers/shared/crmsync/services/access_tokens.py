"""Hand out access tokens, to who can prove a right to one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from crmsync.domain.caller import Caller
from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.errors import ConnectionStopped, LeaseLost
from crmsync.ports.access_tokens import AccessToken
from crmsync.ports.clock import Clock
from crmsync.ports.connections import Connections
from crmsync.ports.grants import Grant, Grants
from crmsync.ports.runs import Runs
from crmsync.ports.vault import Vault
from crmsync.services.keep_grant import KEEP_ALIVE, access_context
from crmsync.services.refresh_grant import RefreshGrant
from crmsync.services.stop_connection import stop_connection


@dataclass(frozen=True, slots=True)
class RunProof:
    """What shows that a worker holds the connection right now."""

    run_id: str
    fence: int


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A wish for an access token. `refused` is the SHA-256 of one the CRM no longer takes."""

    tenant_id: str
    connection_id: str
    asker: RunProof | Caller
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class TokenService:
    """The only place a grant is opened."""

    connections: Connections
    runs: Runs
    grants: Grants
    vault: Vault
    refresh: RefreshGrant
    clock: Clock

    def access_token(self, request: TokenRequest) -> AccessToken:
        """A token that is not the refused one. Raises `ConnectionStopped`, `LeaseLost`, `Retry`."""
        connection = self._connected(request.tenant_id, request.connection_id)
        if isinstance(request.asker, Caller):
            _check_caller(connection, request.asker)
        else:
            self._check_run(connection, request.asker)
        grant = self._grant(connection)
        token = self._open(grant)
        if request.refused == hashlib.sha256(token.token.encode()).hexdigest():
            return self._open(self.refresh(grant))
        return token

    def keep_alive(self, tenant_id: str, connection_id: str) -> None:
        """Refresh a grant that was not refreshed for a week; does nothing to any other."""
        connection = self.connections.get(tenant_id, connection_id)
        if connection is None:
            return
        grant = self.grants.get(tenant_id, connection_id)
        if connection.status is not ConnectionStatus.CONNECTED or grant is None:
            self.connections.keep_alive_due(connection, None)
        elif grant.refreshed_at + KEEP_ALIVE <= self.clock.now():
            self.refresh(grant)
        else:
            self.connections.keep_alive_due(connection, grant.refreshed_at + KEEP_ALIVE)

    def _connected(self, tenant_id: str, connection_id: str) -> Connection:
        connection = self.connections.get(tenant_id, connection_id)
        if connection is None:
            raise _unknown(connection_id)
        if connection.status is not ConnectionStatus.CONNECTED:
            code = connection.stopped_reason or connection.status.value
            raise ConnectionStopped(code, f"The connection is {connection.status.value}.")
        return connection

    def _check_run(self, connection: Connection, proof: RunProof) -> None:
        """The run is live, and the connection's lease is its own and has not expired."""
        run = self.runs.get(connection.tenant_id, proof.run_id)
        lease = self.runs.lease(connection.tenant_id, connection.id)
        live = run is not None and not run.finished
        held = lease is not None and (lease.run_id, lease.fence) == (proof.run_id, proof.fence)
        if not live or lease is None or not held or lease.expires_at <= self.clock.now():
            text = f"Run '{proof.run_id}' does not hold connection '{connection.id}'."
            raise LeaseLost("lease_lost", text)

    def _grant(self, connection: Connection) -> Grant:
        grant = self.grants.get(connection.tenant_id, connection.id)
        if grant is None:
            stop_connection(
                self.connections,
                self.refresh.events,
                tenant_id=connection.tenant_id,
                connection_id=connection.id,
                reason="grant_missing",
            )
            raise ConnectionStopped("grant_missing", "The login is gone. Connect again.")
        return grant

    def _open(self, grant: Grant) -> AccessToken:
        context = access_context(grant.tenant_id, grant.connection_id)
        token = self.vault.open(grant.sealed_access, context)
        return AccessToken(token, grant.instance_url, grant.org_id, grant.user_id)


def _check_caller(connection: Connection, caller: Caller) -> None:
    if not caller.sees(connection):
        raise _unknown(connection.id)


def _unknown(connection_id: str) -> ConnectionStopped:
    return ConnectionStopped("no_such_connection", f"There is no connection '{connection_id}'.")
