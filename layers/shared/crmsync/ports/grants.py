"""Started logins and refresh tokens, as they are stored; only oauth_callback may reach them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LoginState:
    """A login that was started, found by the hash of its state; used once.

    Holds the code, encrypted, between callback and finish. `receipt_hash` proves the browser.
    """

    state_hash: str
    tenant_id: str
    user_id: str
    connection_id: str
    platform: str
    login_url: str
    redirect_uri: str
    sealed_verifier: bytes
    expires_at: datetime
    sealed_code: bytes | None = None
    receipt_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """The stored grant of a connection. `version` grows with each rotation.

    `refreshing_until` is the single-flight lease and `refresher` who took it, so that no two takers
    write the same; `refresh_started` marks a refresh whose answer was never stored.
    """

    connection_id: str
    tenant_id: str
    login_url: str
    platform: str
    instance_url: str
    org_id: str
    user_id: str
    sealed_refresh: bytes
    sealed_access: bytes
    refreshed_at: datetime
    version: int = 0
    refreshing_until: datetime | None = None
    refresh_started: bool = False
    refresher: str | None = None


class Grants(Protocol):
    """Login states and grants; only oauth_callback may reach them."""

    def put_state(self, state: LoginState) -> None:
        """Store a started login."""
        ...

    def park_code(
        self, state_hash: str, sealed_code: bytes, receipt_hash: str, now: datetime
    ) -> LoginState | None:
        """Attach the code once; None when the state is unknown, expired or has a code already."""
        ...

    def get_state(self, state_hash: str) -> LoginState | None:
        """A started login, or None."""
        ...

    def take_state(self, state_hash: str) -> LoginState | None:
        """Remove and return it; None when it is gone. Of two callers only one gets it."""
        ...

    def get(self, tenant_id: str, connection_id: str) -> Grant | None:
        """The grant, strongly consistent."""
        ...

    def put(self, grant: Grant) -> Grant | None:
        """Store if `version` is current (0: replace whatever is there); None when it moved."""
        ...

    def remove(self, tenant_id: str, connection_id: str) -> None:
        """Forget the grant."""
        ...
