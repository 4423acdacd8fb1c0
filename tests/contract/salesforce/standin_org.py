"""A stand-in org as tests use it: sessions of its users, and what happens behind their backs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests
from crmsync.adapters.salesforce.crm import SalesforceCrm
from crmsync.adapters.salesforce.gateway import SalesforceGateway
from crmsync.adapters.salesforce.hosts import org_and_user
from crmsync.adapters.salesforce.settings import Limits, SalesforceSettings
from crmsync.adapters.salesforce.shapes import ShapeCache
from crmsync.domain.connection import Connection, ConnectionSettings, ConnectionStatus
from crmsync.domain.fields import FieldRule
from crmsync.domain.person import OrgUser
from crmsync.ports.access_tokens import AccessToken

from local.standin import RunningOrg, serve
from local.standin.admin_actions import ACTIONS, change_user

START = datetime(2040, 3, 5, 9, 0, tzinfo=UTC)
"""A Monday morning long after what the org's folder seeds, which is stamped by the real clock."""
ORGS = "local/orgs"
SHORT = Limits(connect=2.0, silence=1.0, total=2.0)


class PasswordTokens:
    """Signs in anew whenever the CRM refuses a token; tells how often it was asked."""

    def __init__(self, org: StandinOrg, username: str) -> None:
        self.org = org
        self.username = username
        self.asked: list[str | None] = []
        self._token: AccessToken | None = None

    def get(self, connection_id: str, *, refused: str | None = None) -> AccessToken:
        assert connection_id
        self.asked.append(refused)
        if self._token is None or self._token.token == refused:
            self._token = self.org.sign_in(self.username)
        return self._token


@dataclass
class StandinOrg:
    """`slept` is what the adapter would have waited, in seconds."""

    running: RunningOrg
    shapes: ShapeCache = field(init=False)
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.forget_shapes()

    def reset(self) -> None:
        """The org as its folder describes it, on a Monday morning."""
        self.running.org.reset()
        self.running.org.clock.set(START, frozen=True)
        self.forget_shapes()
        self.slept.clear()

    def forget_shapes(self) -> None:
        """Sessions from now on are those of new workers."""
        self.shapes = ShapeCache(lambda: self.running.org.clock.now().timestamp())

    @property
    def platform(self) -> str:
        return self.running.org.platform

    def settings(self, limits: Limits | None = None) -> SalesforceSettings:
        """What reaches this org and nothing else."""
        return SalesforceSettings(
            allowed_hosts=frozenset({f"127.0.0.1:{self.running.port}"}),
            ca_bundle=str(self.running.ca_file),
            limits=limits or Limits(),
        )

    def username(self, name: str) -> str:
        """The full login name of a user."""
        users = self.running.org.settings["users"]
        return next(str(u["username"]) for u in users if u["username"].startswith(f"{name}@"))

    def sign_in(self, username: str) -> AccessToken:
        """A token by the password grant."""
        user = self.running.org.user_by_name(username)
        assert user is not None
        form = {
            "grant_type": "password",
            "client_id": "any",
            "client_secret": "any",
            "username": username,
            "password": user.password,
        }
        url = f"{self.running.url}/services/oauth2/token"
        answer = requests.post(url, data=form, timeout=5).json()
        who = org_and_user(answer["id"])
        assert who is not None
        return AccessToken(answer["access_token"], answer["instance_url"], *who)

    def crm(
        self,
        name: str = "avery.advisor",
        *,
        limits: Limits | None = None,
        rules: Mapping[str, FieldRule] | None = None,
    ) -> SalesforceCrm:
        """A session of one of the org's users."""
        tokens = PasswordTokens(self, self.username(name))
        gateway = SalesforceGateway(tokens, self.settings(limits), self.shapes, self.slept.append)
        return gateway.open_for(self.connection(name, rules or {}))

    def connection(self, name: str, rules: Mapping[str, FieldRule]) -> Connection:
        """The stored connection of a user."""
        return Connection(
            id=f"c-{name}",
            tenant_id="t1",
            user_id="u1",
            platform=self.platform,
            login_url=self.running.https_url,
            status=ConnectionStatus.CONNECTED,
            created_at=START,
            org=OrgUser("", "", self.running.https_url, "", name),
            settings=ConnectionSettings(field_rules=dict(rules)),
        )

    def do(self, action: str, **body: Any) -> dict[str, Any]:
        """One action of the admin API; without `as` the integration user acts."""
        with self.running.org.lock:
            return ACTIONS[action](self.running.org, body)

    def change_user(self, name: str, **flags: Any) -> None:
        """Change what a user may do."""
        with self.running.org.lock:
            change_user(self.running.org, self.username(name), flags)

    def create(self, kind: str, *, by: str = "avery.advisor", **values: Any) -> str:
        """A user creates a record."""
        org = self.running.org
        with org.lock:
            user = org.user_by_name(self.username(by))
            assert user is not None
            return str(org.writer(user).create(org.schema[kind], values))

    def update(self, kind: str, record_id: str, **values: Any) -> None:
        """The integration user changes a record."""
        org = self.running.org
        with org.lock:
            org.writer(org.system_user()).update(org.schema[kind], record_id, values)

    def delete(self, kind: str, record_id: str) -> None:
        """The integration user deletes a record."""
        org = self.running.org
        with org.lock:
            org.writer(org.system_user()).delete(org.schema[kind], record_id)

    def row(self, record_id: str) -> dict[str, Any]:
        """A record as stored."""
        return self.do("record", id=record_id)

    def find(self, kind: str, **values: Any) -> str:
        """The id of the one live record with these values."""
        where = " AND ".join(f"{name} = ?" for name in values)
        with self.running.org.lock:
            rows = self.running.org.store.find(
                kind, f"{where} AND IsDeleted = 0", [*values.values()]
            )
        assert len(rows) == 1, f"{len(rows)} {kind} records have {values}"
        return str(rows[0]["Id"])

    def fault(self, kind: str, **spec: Any) -> None:
        """Seed a fault; `action` parameters go in `with_`."""
        action = {"kind": kind, **spec.pop("with_", {})}
        self.running.org.faults.add({"action": action, **spec})

    def person_id(self, email: str) -> str:
        """The member id of the one contact or person account with this address."""
        return self.find("Contact", Email=email)

    def wait_for_requests(self, count: int) -> None:
        """Until the org has seen so many: one that the client gave up on is carried out late."""
        deadline = time.monotonic() + 60
        while self.running.org.meter.requests < count:
            assert time.monotonic() < deadline, f"the org never saw {count} requests"
            time.sleep(0.02)

    def user_id(self, name: str) -> str:
        """A user's id."""
        user = self.running.org.user_by_name(self.username(name))
        assert user is not None
        return user.id


@contextmanager
def standin_org(folder: str) -> Iterator[StandinOrg]:
    """Serve one of the orgs that come with the project."""
    with serve(f"{ORGS}/{folder}") as running:
        org = StandinOrg(running)
        org.reset()
        yield org
