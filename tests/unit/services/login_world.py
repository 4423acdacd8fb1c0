"""The fakes around logins and tokens, wired as the function wires the real ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from crmsync.bootstrap.oauth import LoginDesk, LoginPorts
from crmsync.domain.caller import Caller
from crmsync.domain.connection import Connection
from crmsync.domain.errors import FieldProblem, Invalid
from crmsync.ports.access_tokens import AccessToken
from crmsync.ports.grants import Grant
from crmsync.services.limit_rate import LimitRate
from crmsync.services.park_code import LoginAnswer
from crmsync.services.start_login import LoginPlace, LoginStarted
from crmsync.services.store_login import Connected

from tests.fakes.control import (
    FakeAuditLog,
    FakeAutomations,
    FakeConnections,
    FakeRates,
    FakeRuns,
)
from tests.fakes.crm import FakeCrm
from tests.fakes.tokens import FakeGrants, FakeOAuth, FakeVault
from tests.fakes.world import World

PUBLIC_URL = "https://sync.example.com/live"
ADVISOR = Caller("t1", "advisor-1", frozenset({"advisor"}))
COLLEAGUE = Caller("t1", "advisor-2", frozenset({"advisor"}))
STRANGER = Caller("t2", "advisor-1", frozenset({"advisor"}))
ADMIN = Caller("t1", "admin-1", frozenset({"marketing-admin"}))


class LoginWorld(World):
    """A world with a login host, a key and a place for grants; org 1 has the users u1 and u2."""

    def __init__(self, **replaced: Any) -> None:
        super().__init__()
        self.vault = FakeVault()
        self.grants = FakeGrants()
        self.oauth = FakeOAuth()
        self.slept: list[float] = []
        self.org("1").login("u1", "Ann")
        self.org("1").login("u2", "Bob")
        self.org("2").login("u1", "Ann")
        self.desk = self.desk_with(**replaced)

    def desk_with(
        self, *, pause: Callable[[float], None] | None = None, **replaced: Any
    ) -> LoginDesk:
        """The services, some ports replaced."""
        ports: dict[str, Any] = {
            "connections": FakeConnections(self.control),
            "automations": FakeAutomations(self.control),
            "runs": FakeRuns(self.control),
            "grants": self.grants,
            "vault": self.vault,
            "oauth": self.oauth,
            "events": self.events,
            "ids": self.ids,
            "login_url": login_url,
            "open_crm": self.open_crm,
            "audit": FakeAuditLog(self.control),
            "limit": LimitRate(FakeRates(self.control), self.clock, scale=1000),
        }
        return LoginDesk(LoginPorts(**{**ports, **replaced}), self.clock, pause or self._pause)

    def _pause(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds)

    def open_crm(self, platform: str, token: AccessToken) -> FakeCrm:
        """A session of whoever the token was issued to."""
        assert platform, "a session names its platform"
        issued = self.oauth.access[token.token]
        org = next(org for org in self.orgs.values() if org.org_id == issued.org_id)
        return FakeCrm(org, issued.user_id)

    # --- the steps of a login -------------------------------------------------------------------

    def start(self, caller: Caller = ADVISOR, platform: str = "salesforce") -> LoginStarted:
        """A login for a new connection."""
        return self.desk.start.new(caller, LoginPlace(platform, "production"), PUBLIC_URL)

    def answer(self, started: LoginStarted, *, org: str = "1", user: str = "u1") -> LoginAnswer:
        """The user agrees at the CRM: what their browser is sent back with."""
        sent = self.oauth.user_agrees(started.authorize_url, self.org(org).org_id, user)
        back = asked(started)["redirect_uri"]
        return LoginAnswer(back.rpartition("/")[2], back, sent["state"], sent["code"])

    def finish(
        self,
        started: LoginStarted,
        caller: Caller = ADVISOR,
        *,
        org: str = "1",
        user: str = "u1",
    ) -> Connected:
        """The rest of a started login."""
        answer = self.answer(started, org=org, user=user)
        return self.desk.finish(caller, answer.state, self.desk.park(answer))

    def connected(self, caller: Caller = ADVISOR) -> Connection:
        """A connection made by a whole login."""
        return self.finish(self.start(caller), caller).connection

    def grant_of(self, connection: Connection) -> Grant:
        """The stored grant."""
        grant = self.grants.get(connection.tenant_id, connection.id)
        assert grant is not None, f"{connection.id} has no grant"
        return grant

    def stored(self, connection: Connection) -> Connection:
        """The connection as it is stored now."""
        return self.control.connections[connection.tenant_id, connection.id]

    def token_of(self, connection: Connection) -> str:
        """The stored access token in the clear."""
        secret, _ = self.vault.sealed[self.grant_of(connection).sealed_access]
        return secret


def asked(started: LoginStarted) -> dict[str, str]:
    """The query of the address the browser is sent to."""
    query = parse_qs(urlsplit(started.authorize_url).query)
    return {name: values[0] for name, values in query.items()}


def login_url(platform: str, environment: str, my_domain: str | None) -> str:
    """Login hosts; one My Domain host is refused."""
    assert platform, "a login names its platform"
    if environment == "my_domain" and my_domain == "evil.example.com":
        problem = FieldProblem("/my_domain", "my_domain_invalid", "Not a host of Salesforce.")
        raise Invalid("my_domain_invalid", "Not a host of Salesforce.", (problem,))
    return "https://login.salesforce.com"
