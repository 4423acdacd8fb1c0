"""Start a login at the CRM: one-time state, PKCE, and the address to send the browser to."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from crmsync.domain.caller import Caller
from crmsync.domain.errors import Invalid
from crmsync.domain.platforms import platform as platform_named
from crmsync.ports.clock import Clock
from crmsync.ports.connections import Connections
from crmsync.ports.grants import Grants, LoginState
from crmsync.ports.ids import Ids
from crmsync.ports.oauth import OAuth
from crmsync.ports.vault import SealContext, Vault
from crmsync.services.limit_rate import CONNECT, LimitRate

LOGIN_LASTS = timedelta(minutes=10)

LoginUrl = Callable[[str, str, str | None], str]
"""`(platform, environment, my_domain)` to the login host; `Invalid` when it is not allowed."""


def secret_hash(secret: str) -> str:
    """How a one-time secret is stored and looked up."""
    return hashlib.sha256(secret.encode()).hexdigest()


def verifier_context(tenant_id: str, connection_id: str) -> SealContext:
    """What a PKCE verifier is bound to."""
    return SealContext(tenant_id, connection_id, "verifier")


def redirect_uri(public_url: str, platform: str) -> str:
    """The one address the CRM may answer to: each platform its own, so answers cannot be mixed."""
    return f"{public_url}/oauth/callback/{platform}"


@dataclass(frozen=True, slots=True)
class LoginPlace:
    """Where to sign in, as the user chose it."""

    platform: str
    environment: str
    my_domain: str | None = None


@dataclass(frozen=True, slots=True)
class LoginStarted:
    """The connection the login is for, and where to send the browser."""

    connection_id: str
    authorize_url: str


@dataclass(frozen=True, slots=True)
class StartLogin:
    """Starts logins. A connection is stored only once its login is finished."""

    connections: Connections
    grants: Grants
    vault: Vault
    oauth: OAuth
    ids: Ids
    clock: Clock
    login_url: LoginUrl
    limit: LimitRate

    def new(self, caller: Caller, place: LoginPlace, public_url: str) -> LoginStarted:
        """A login for a new connection of the caller's."""
        caller.require_advisor()
        if platform_named(place.platform) is None:
            text = f"There is no platform '{place.platform}'. See GET /api/platforms."
            raise Invalid("platform_unknown", text, at="/platform")
        host = self.login_url(place.platform, place.environment, place.my_domain)
        return self._start(caller, self.ids.new("c"), place.platform, host, public_url)

    def again(self, caller: Caller, connection_id: str, public_url: str) -> LoginStarted:
        """A login that renews a connection of the caller's, at the same login host."""
        stored = self.connections.get(caller.tenant_id, connection_id)
        known = caller.owned(stored, connection_id)
        return self._start(caller, known.id, known.platform, known.login_url, public_url)

    def _start(
        self, caller: Caller, connection_id: str, platform: str, host: str, public_url: str
    ) -> LoginStarted:
        self.limit(CONNECT, caller.tenant_id, caller.user_id)
        state, verifier = self.ids.secret(), self.ids.secret()
        context = verifier_context(caller.tenant_id, connection_id)
        login = LoginState(
            state_hash=secret_hash(state),
            tenant_id=caller.tenant_id,
            user_id=caller.user_id,
            connection_id=connection_id,
            platform=platform,
            login_url=host,
            redirect_uri=redirect_uri(public_url, platform),
            sealed_verifier=self.vault.seal(verifier, context),
            expires_at=self.clock.now() + LOGIN_LASTS,
        )
        self.grants.put_state(login)
        url = self.oauth.authorize_url(
            login_url=host,
            platform=platform,
            redirect_uri=login.redirect_uri,
            state=state,
            challenge=_challenge(verifier),
        )
        return LoginStarted(connection_id, url)


def _challenge(verifier: str) -> str:
    """S256 of RFC 7636."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
