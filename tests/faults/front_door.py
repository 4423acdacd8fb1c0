"""An office whose access tokens come from the product's token service, after a real login."""

from __future__ import annotations

import hashlib
from typing import Any

from crmsync.adapters.salesforce.login import SalesforceOAuth, open_crm
from crmsync.bootstrap.oauth import LoginDesk, LoginPorts
from crmsync.domain.caller import Caller
from crmsync.domain.connection import ConnectionStatus
from crmsync.ports.access_tokens import AccessToken
from crmsync.ports.grants import Grant
from crmsync.services.access_tokens import TokenRequest
from crmsync.services.limit_rate import LimitRate
from crmsync.services.park_code import LoginAnswer
from crmsync.services.start_login import LoginPlace

from tests.conformance.office import AVERY, Firm, Office
from tests.contract.salesforce.providers import agree, demo_apps
from tests.contract.salesforce.standin_org import StandinOrg
from tests.fakes.control import (
    FakeAuditLog,
    FakeAutomations,
    FakeConnections,
    FakeRates,
    FakeRuns,
)
from tests.fakes.tokens import FakeGrants, FakeVault
from tests.unit.functions.api.people import Api

ADVISOR = Caller("t1", "advisor-u1", frozenset({"advisor"}))
PUBLIC_URL = "https://sync.example.com/live"


class FrontDoor(Office):
    """One advisor, logged in through the org's own login page."""

    def __init__(self, site: StandinOrg, **replaced: Any) -> None:
        firm = Firm(site)
        super().__init__(firm, Api(firm).user())
        self.grants, self.vault = FakeGrants(), FakeVault()
        self.apps = demo_apps(site)
        self.desk = self.desk_with(**replaced)
        self.connection_id = self.connects()
        firm.logins = self

    def desk_with(self, **replaced: Any) -> LoginDesk:
        """The token service, some of its ports replaced."""
        control = self.firm.control
        ports: dict[str, Any] = {
            "connections": FakeConnections(control),
            "automations": FakeAutomations(control),
            "runs": FakeRuns(control),
            "grants": self.grants,
            "vault": self.vault,
            "oauth": SalesforceOAuth(self.apps, self.firm.settings),
            "events": self.firm.events,
            "ids": self.firm.ids,
            "login_url": lambda *_: self.site.running.https_url,
            "open_crm": open_crm(self.firm.settings),
            "audit": FakeAuditLog(control),
            "limit": LimitRate(FakeRates(control), self.firm.clock, scale=1000),
        }
        return LoginDesk(LoginPorts(**{**ports, **replaced}), self.firm.clock, self._pause)

    def _pause(self, seconds: float) -> None:
        self.firm.clock.advance(seconds)

    def connects(self, name: str = AVERY, *, again: bool = False) -> str:
        """The whole login of that CRM user; the connection's id."""
        desk, place = self.desk, LoginPlace(self.site.platform, "production")
        started = (
            desk.start.again(ADVISOR, self.connection_id, PUBLIC_URL)
            if again
            else desk.start.new(ADVISOR, place, PUBLIC_URL)
        )
        back = agree(self.site, started.authorize_url, name)
        redirect = f"{PUBLIC_URL}/oauth/callback/{self.site.platform}"
        answer = LoginAnswer(self.site.platform, redirect, back["state"], back["code"])
        return desk.finish(ADVISOR, answer.state, desk.park(answer)).connection.id

    def get(self, connection_id: str, *, refused: str | None = None) -> AccessToken:
        """An access token for the engine and the API."""
        digest = hashlib.sha256(refused.encode()).hexdigest() if refused else None
        return self.desk.tokens.access_token(TokenRequest("t1", connection_id, ADVISOR, digest))

    # --- looking and disturbing -------------------------------------------------------------------

    @property
    def grant(self) -> Grant:
        """What is kept of the login."""
        found = self.grants.get("t1", self.connection_id)
        assert found is not None
        return found

    @property
    def connected(self) -> bool:
        """Whether the connection is of use."""
        return self.connection.status is ConnectionStatus.CONNECTED

    @property
    def stops(self) -> list[str]:
        """Why the connection was stopped, each time it was."""
        return [str(stop["reason"]) for stop in self.firm.events.of("connection.stopped")]

    def token_calls(self) -> int:
        """How often the org's token endpoint was asked."""
        log = self.site.running.org.meter.log
        return sum(1 for entry in log if entry["path"].startswith("/services/oauth2/token"))

    def session_ends(self) -> None:
        """Every access token of the org ends."""
        self.site.running.org.tokens.end_sessions(None)
