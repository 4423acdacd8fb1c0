"""Users of the API in a world of fakes: what they send, and what the function answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from crmsync.bootstrap.api import Supplies
from crmsync.bootstrap.desk import DeskPorts
from crmsync.services.limit_rate import LimitRate

from functions.api.app import make_handler
from tests.fakes.control import FakeAuditLog, FakeRates
from tests.fakes.repeats import FakeRepeats
from tests.fakes.world import World

CONTEXT = SimpleNamespace(
    function_name="api",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:api",
    aws_request_id="00000000-0000-0000-0000-000000000000",
    get_remaining_time_in_millis=lambda: 29_000,
)


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is parsed when it is JSON."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """The stable code of a problem."""
        return str(self.body["code"])

    @property
    def pointers(self) -> list[str]:
        """Where the problem lies."""
        return [error["pointer"] for error in self.body["errors"]]


class Api:
    """The function over one world."""

    def __init__(self, world: World, *, rate_limit_scale: int = 1000) -> None:
        self.world = world
        self.rate_limit_scale = rate_limit_scale
        repeats = FakeRepeats()
        self.handle = make_handler(lambda context: Supplies(self._ports(), repeats, context))

    def _ports(self) -> DeskPorts:
        world = self.world
        return DeskPorts(
            connections=world.connections,
            automations=world.automations,
            runs=world.runs,
            notices=world.notices,
            reviews=world.reviews,
            artifacts=world.ports.artifacts,
            queue=world.ports.queue,
            clock=world.clock,
            ids=world.ids,
            marketing=world.marketing,
            state=world.state,
            crm=lambda connection, _: world.crm(connection),
            audit=FakeAuditLog(world.control),
            limit=LimitRate(FakeRates(world.control), world.clock, self.rate_limit_scale),
        )

    def user(
        self, user_id: str = "advisor-u1", tenant_id: str = "t1", roles: str = "advisor"
    ) -> User:
        """Somebody signed in."""
        claims = {"sub": user_id, "custom:tenant_id": tenant_id, "cognito:groups": roles}
        return User(self, {"token_use": "id", **claims})

    def admin(self, tenant_id: str = "t1") -> User:
        """A marketing admin of the tenant."""
        return self.user("admin", tenant_id, "marketing-admin")


@dataclass(frozen=True)
class User:
    """Sends requests with an ID token."""

    api: Api
    claims: dict[str, str]

    def get(self, path: str) -> Answer:
        return self.send("GET", path)

    def post(self, path: str, body: Any = None, key: str | None = None) -> Answer:
        return self.send("POST", path, body, {"Idempotency-Key": key} if key else {})

    def put(self, path: str, body: Any = None) -> Answer:
        return self.send("PUT", path, body)

    def patch(self, path: str, body: Any) -> Answer:
        return self.send("PATCH", path, body)

    def delete(self, path: str) -> Answer:
        return self.send("DELETE", path)

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        sent = {"Content-Type": "application/json"} if body is not None else {}
        text = None if body is None else json.dumps(body)
        url = urlsplit(f"/api/{path}")
        return _answer(
            self.api.handle(self.event(method, url, text, {**sent, **(headers or {})}), CONTEXT)
        )

    def event(
        self, method: str, url: SplitResult, body: str | None, headers: dict[str, str]
    ) -> dict[str, Any]:
        """The request as API Gateway hands it over, with this user's claims."""
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(url.query, keep_blank_values=True):
            query.setdefault(name, []).append(value)
        return {
            "resource": "/api/{proxy+}",
            "path": url.path,
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": {"proxy": url.path.removeprefix("/api/")},
            "stageVariables": {"public_url": "https://crmsync.example"},
            "requestContext": {
                "requestId": "r1",
                "stage": "live",
                "authorizer": {"claims": self.claims},
            },
            "body": body,
            "isBase64Encoded": False,
        }


def _answer(raw: dict[str, Any]) -> Answer:
    headers = {name: values[0] for name, values in raw["multiValueHeaders"].items()}
    text = raw.get("body") or ""
    is_json = "json" in headers.get("Content-Type", "")
    return Answer(raw["statusCode"], json.loads(text) if is_json and text else text, headers)
