"""Disconnect: nothing runs any more, the CRM forgets us, and we forget the grant."""

from __future__ import annotations

from dataclasses import dataclass, replace

from crmsync.domain.caller import Caller
from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.errors import Conflict, ConnectionStopped, Defer, Retry
from crmsync.ports.connections import Connections
from crmsync.ports.grants import Grants
from crmsync.ports.oauth import OAuth
from crmsync.ports.runs import Runs
from crmsync.ports.vault import Vault
from crmsync.services.keep_grant import refresh_context


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection, and whether the CRM confirmed that the grant is useless now."""

    connection: Connection
    revoked: bool


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Disconnects connections. Links, bases, mappings and history are kept for a reconnect."""

    connections: Connections
    runs: Runs
    grants: Grants
    vault: Vault
    oauth: OAuth

    def __call__(self, caller: Caller, connection_id: str) -> Disconnected:
        """Stops first, revokes then, so that it works while the CRM is down. May be repeated."""
        connection = self._stopped(caller, connection_id)
        for run in self.runs.unfinished(connection.tenant_id, connection.id):
            self.runs.request_cancel(connection.tenant_id, run.id)
        revoked = self._revoked(connection)
        self.grants.remove(connection.tenant_id, connection.id)
        self.connections.keep_alive_due(connection, None)
        return Disconnected(connection, revoked)

    def _stopped(self, caller: Caller, connection_id: str) -> Connection:
        while True:
            stored = self.connections.get(caller.tenant_id, connection_id)
            found = caller.owned(stored, connection_id)
            if found.status is ConnectionStatus.DISCONNECTED:
                return found
            status = ConnectionStatus.DISCONNECTED
            try:
                return self.connections.put(replace(found, status=status, stopped_reason=None))
            except Conflict:
                continue

    def _revoked(self, connection: Connection) -> bool:
        grant = self.grants.get(connection.tenant_id, connection.id)
        if grant is None:
            return True
        context = refresh_context(connection.tenant_id, connection.id)
        try:
            secret = self.vault.open(grant.sealed_refresh, context)
            self.oauth.revoke(login_url=grant.login_url, token=secret)
        except (Retry, Defer, ConnectionStopped):
            return False
        return True
