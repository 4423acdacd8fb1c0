"""Keep what a finished login gave: who it is, what they may do, and the sealed grant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from crmsync.domain.connection import Connection, ConnectionSettings, ConnectionStatus
from crmsync.domain.errors import Conflict
from crmsync.domain.paused_fields import paused_fields
from crmsync.domain.person import OrgUser
from crmsync.domain.platforms import effective
from crmsync.domain.platforms import platform as platform_named
from crmsync.ports.access_tokens import AccessToken
from crmsync.ports.clock import Clock
from crmsync.ports.connections import Connections
from crmsync.ports.crm import Crm
from crmsync.ports.grants import Grant, Grants, LoginState
from crmsync.ports.oauth import OAuth, Tokens
from crmsync.ports.vault import Vault
from crmsync.services.keep_grant import KEEP_ALIVE, access_context, refresh_context
from crmsync.services.refresh_connection import unreadable

OpenCrm = Callable[[str, AccessToken], Crm]
"""`(platform, token)` to a session that needs no stored connection."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The connection, and whether another CRM user than before signed in to the same org."""

    connection: Connection
    crm_user_changed: bool


@dataclass(frozen=True, slots=True)
class StoreLogin:
    """Stores finished logins."""

    connections: Connections
    grants: Grants
    vault: Vault
    oauth: OAuth
    clock: Clock
    open_crm: OpenCrm

    def __call__(self, login: LoginState, tokens: Tokens) -> Connected:
        """Afterwards the connection is `connected` and its grant stored.

        Connecting again keeps everything but the grant. Another org is a `Conflict`; another user
        of the same org changes what is in scope, so the next run reads everything.
        """
        if tokens.refresh_token is None:
            text = "The CRM's app must allow refresh tokens; ask whoever set it up."
            raise Conflict("no_refresh_token", text)
        access = AccessToken(tokens.access_token, tokens.instance_url, "", "")
        crm = self.open_crm(login.platform, access)
        user = crm.identity()
        before = self._check_org(login, user)
        renewed = self._renewed(login, user, crm)
        self.grants.put(self._grant(login, tokens, tokens.refresh_token, user))
        stored = self._stored(login, user, renewed)
        self.connections.keep_alive_due(stored, self.clock.now() + KEEP_ALIVE)
        return Connected(stored, before is not None and before.user_id != user.user_id)

    def _check_org(self, login: LoginState, user: OrgUser) -> OrgUser | None:
        """The org and user it had before, if any; `Conflict` when it is another org."""
        known = self.connections.get(login.tenant_id, login.connection_id)
        before = known.org if known else None
        if before is not None and before.org_id != user.org_id:
            text = (
                f"This connection belongs to the org '{before.org_name}', and you signed in to "
                f"'{user.org_name}'. Sign in to the first, or make a new connection."
            )
            raise Conflict("different_org", text)
        return before

    def _renewed(
        self, login: LoginState, user: OrgUser, crm: Crm
    ) -> Callable[[Connection], Connection]:
        """How to change the connection, whatever else was changed about it meanwhile."""
        described = platform_named(login.platform)
        schema, now = crm.schema(), self.clock.now()
        probed = schema.capabilities
        capabilities = effective(described.capabilities, probed) if described else probed
        return lambda connection: replace(
            connection,
            status=ConnectionStatus.CONNECTED,
            org=user,
            capabilities=capabilities,
            paused_fields=paused_fields(
                connection.paused_fields, unreadable(connection, schema), now
            ),
            crm_notes="",
            api_budget=crm.budget,
            stopped_reason=None,
        )

    def _stored(
        self, login: LoginState, user: OrgUser, renewed: Callable[[Connection], Connection]
    ) -> Connection:
        while True:
            known = self.connections.get(login.tenant_id, login.connection_id)
            try:
                return self.connections.put(renewed(known or self._new(login, user)))
            except Conflict:
                continue

    def _new(self, login: LoginState, user: OrgUser) -> Connection:
        described = platform_named(login.platform)
        return Connection(
            id=login.connection_id,
            tenant_id=login.tenant_id,
            user_id=login.user_id,
            platform=login.platform,
            login_url=login.login_url,
            status=ConnectionStatus.CONNECTED,
            created_at=self.clock.now(),
            org=user,
            settings=described.settings() if described else ConnectionSettings(),
        )

    def _grant(self, login: LoginState, tokens: Tokens, refresh_token: str, user: OrgUser) -> Grant:
        names = (login.tenant_id, login.connection_id)
        return Grant(
            connection_id=login.connection_id,
            tenant_id=login.tenant_id,
            login_url=login.login_url,
            platform=login.platform,
            instance_url=tokens.instance_url,
            org_id=user.org_id,
            user_id=user.user_id,
            sealed_refresh=self.vault.seal(refresh_token, refresh_context(*names)),
            sealed_access=self.vault.seal(tokens.access_token, access_context(*names)),
            refreshed_at=self.clock.now(),
        )
