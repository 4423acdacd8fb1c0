"""Store what a refresh gave, before anybody uses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from crmsync.domain.errors import ConnectionStopped, Defer, Retry
from crmsync.ports.clock import Clock
from crmsync.ports.connections import Connections
from crmsync.ports.grants import Grant, Grants
from crmsync.ports.oauth import OAuth, Tokens
from crmsync.ports.vault import SealContext, Vault

KEEP_ALIVE = timedelta(days=7)
"""A refresh token unused for 30 days dies; this leaves room for three weeks of trouble."""
_ATTEMPTS = 4
_STEP_SECONDS = 0.2


def refresh_context(tenant_id: str, connection_id: str) -> SealContext:
    """What a refresh token is bound to."""
    return SealContext(tenant_id, connection_id, "refresh_token")


def access_context(tenant_id: str, connection_id: str) -> SealContext:
    """What an access token is bound to."""
    return SealContext(tenant_id, connection_id, "access_token")


@dataclass(frozen=True, slots=True)
class KeepGrant:
    """Keeps rotated tokens. `pause` waits some seconds."""

    grants: Grants
    vault: Vault
    oauth: OAuth
    connections: Connections
    clock: Clock
    pause: Callable[[float], None]

    def __call__(self, taken: Grant, tokens: Tokens, refresh_token: str) -> Grant:
        """The stored grant. It tries several times: until then, only this worker has the token.

        When somebody connected anew meanwhile, theirs; `ConnectionStopped` when disconnected.
        """
        stored = self._stored(taken, tokens, refresh_token)
        if stored is None:
            return self._outrun(taken, refresh_token)
        connection = self.connections.get(stored.tenant_id, stored.connection_id)
        if connection is not None:
            self.connections.keep_alive_due(connection, stored.refreshed_at + KEEP_ALIVE)
        return stored

    def _stored(self, taken: Grant, tokens: Tokens, refresh_token: str) -> Grant | None:
        for _ in range(_ATTEMPTS - 1):
            try:
                return self.grants.put(self._renewed(taken, tokens, refresh_token))
            except (Retry, Defer):
                self.pause(_STEP_SECONDS)
        return self.grants.put(self._renewed(taken, tokens, refresh_token))

    def _renewed(self, taken: Grant, tokens: Tokens, refresh_token: str) -> Grant:
        names = (taken.tenant_id, taken.connection_id)
        return replace(
            taken,
            instance_url=tokens.instance_url,
            sealed_refresh=self.vault.seal(refresh_token, refresh_context(*names)),
            sealed_access=self.vault.seal(tokens.access_token, access_context(*names)),
            refreshed_at=self.clock.now(),
            refreshing_until=None,
            refresh_started=False,
            refresher=None,
        )

    def _outrun(self, taken: Grant, refresh_token: str) -> Grant:
        """What we hold is nobody's: make it useless unless the grant in store is the way on."""
        current = self.grants.get(taken.tenant_id, taken.connection_id)
        if current is not None:
            return current
        self.oauth.revoke(login_url=taken.login_url, token=refresh_token)
        raise ConnectionStopped("disconnected", "The connection was taken away meanwhile.")
