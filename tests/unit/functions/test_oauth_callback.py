"""functions/oauth_callback: its routes, and token calls by invoke."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from crmsync.domain.caller import Caller
from crmsync.domain.connection import ConnectionStatus
from crmsync.observability import Failed
from crmsync.services.limit_rate import LimitRate

from functions.oauth_callback.app import make_handler
from tests.fakes.control import FakeRates
from tests.unit.functions.events import Context, body_of, header_of, request
from tests.unit.services.login_world import ADMIN, ADVISOR, COLLEAGUE, STRANGER, LoginWorld


class Function:
    """The function over a world, spoken to as API Gateway and our other functions do."""

    def __init__(self) -> None:
        self.world = LoginWorld()
        self.handler = make_handler(lambda _: self.world.desk)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        caller: Caller | None = ADVISOR,
        **more: Any,
    ) -> dict[str, Any]:
        answer: dict[str, Any] = self.handler(
            request(method, path, body, caller=caller, **more), Context()
        )
        return answer

    def call(self, **message: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.handler(message, Context())
        return answer

    def start(self, caller: Caller = ADVISOR) -> dict[str, str]:
        body = {"platform": "salesforce", "environment": "production"}
        started: dict[str, str] = body_of(self.ask("POST", "/api/connections", body, caller=caller))
        return started

    def come_back(self, started: Mapping[str, str], **agreed: str) -> dict[str, str]:
        """The browser's way back from the CRM: the fragment it is sent to the page with."""
        query = {**self.world.oauth.user_agrees(started["authorize_url"]), **agreed}
        answer = self.ask("GET", "/oauth/callback/salesforce", caller=None, query=query)
        assert answer["statusCode"] == 302
        page, _, fragment = header_of(answer, "Location").partition("#")
        assert page == "https://sync.example.com/live/"
        return {name: values[0] for name, values in parse_qs(fragment).items()}

    def connect(self) -> dict[str, Any]:
        found = self.come_back(self.start())
        connection: dict[str, Any] = body_of(self.ask("POST", "/api/connections/finish", found))
        return connection


def test_a_connection_is_made_in_three_steps() -> None:
    function = Function()

    answer = function.ask("POST", "/api/connections", {"platform": "salesforce"})
    started = body_of(answer)
    fragment = function.come_back(started)
    finished = function.ask("POST", "/api/connections/finish", fragment)

    assert answer["statusCode"] == 201
    assert set(started) == {"connection_id", "authorize_url"}
    assert set(fragment) == {"receipt", "state"}
    assert finished["statusCode"] == 200
    connection = body_of(finished)
    assert (connection["id"], connection["status"]) == (started["connection_id"], "connected")
    assert connection["crm_user"]["id"] == "u1"
    assert connection["crm_user_changed"] is False


def test_the_crm_is_told_exactly_the_callback_of_the_platform() -> None:
    query = parse_qs(urlsplit(Function().start()["authorize_url"]).query)

    assert query["redirect_uri"] == ["https://sync.example.com/live/oauth/callback/salesforce"]


def test_no_answer_is_kept_by_anybody_on_the_way() -> None:
    function = Function()
    query = function.world.oauth.user_agrees(function.start()["authorize_url"])

    answer = function.ask("GET", "/oauth/callback/salesforce", caller=None, query=query)

    assert header_of(answer, "Cache-Control") == "no-store"
    assert header_of(answer, "Referrer-Policy") == "no-referrer"


def test_a_refusal_at_the_crm_comes_back_as_an_error_of_the_page() -> None:
    function = Function()

    found = function.come_back(function.start(), code="", error="access_denied")

    assert found["error"] == "access_denied"
    assert "receipt" not in found


@pytest.mark.parametrize("query", [{}, {"state": "made-up", "code": "c"}, {"code": "c"}])
def test_a_callback_nobody_waits_for_leads_to_the_page_with_an_error(query: dict[str, str]) -> None:
    function = Function()

    answer = function.ask("GET", "/oauth/callback/salesforce", caller=None, query=query)

    assert answer["statusCode"] == 302
    assert "#error=state_expired" in header_of(answer, "Location")
    assert not function.world.grants.states


def test_a_login_answered_under_another_platform_is_over() -> None:
    function = Function()
    query = function.world.oauth.user_agrees(function.start()["authorize_url"])

    answer = function.ask("GET", "/oauth/callback/practifi", caller=None, query=query)

    assert "#error=login_mixed_up" in header_of(answer, "Location")
    assert not function.world.grants.states


@pytest.mark.parametrize("who", [COLLEAGUE, STRANGER])
def test_somebody_elses_receipt_gives_nothing(who: Caller) -> None:
    function = Function()
    found = function.come_back(function.start())

    answer = function.ask("POST", "/api/connections/finish", found, caller=who)

    assert (answer["statusCode"], body_of(answer)["code"]) == (403, "not_your_login")
    assert not function.world.control.connections
    assert not function.world.grants.states


def test_a_state_is_used_once() -> None:
    function = Function()
    found = function.come_back(function.start())
    function.ask("POST", "/api/connections/finish", found)

    answer = function.ask("POST", "/api/connections/finish", found)

    assert (answer["statusCode"], body_of(answer)["code"]) == (404, "state_expired")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/connections"),
        ("POST", "/api/connections/finish"),
        ("POST", "/api/connections/{id}/reconnect"),
        ("DELETE", "/api/connections/{id}"),
    ],
)
def test_a_marketing_admin_changes_no_connection(method: str, path: str) -> None:
    function = Function()
    connection = function.connect()

    answer = function.ask(method, path.format(**connection), {}, caller=ADMIN)

    assert (answer["statusCode"], body_of(answer)["code"]) == (403, "read_only_role")


@pytest.mark.parametrize("who", [COLLEAGUE, STRANGER])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/connections/{id}/reconnect"), ("DELETE", "/api/connections/{id}")],
)
def test_somebody_elses_connection_is_not_there(who: Caller, method: str, path: str) -> None:
    function = Function()
    connection = function.connect()

    answer = function.ask(method, path.format(**connection), caller=who)

    assert (answer["statusCode"], body_of(answer)["code"]) == (404, "no_such_connection")


def test_reconnecting_leads_back_to_the_same_connection() -> None:
    function = Function()
    connection = function.connect()

    answer = function.ask("POST", f"/api/connections/{connection['id']}/reconnect")
    found = function.come_back(body_of(answer))
    again = body_of(function.ask("POST", "/api/connections/finish", found))

    assert answer["statusCode"] == 200
    assert again["id"] == connection["id"]


def test_disconnecting_says_what_became_of_it() -> None:
    function = Function()
    connection = function.connect()

    answer = function.ask("DELETE", f"/api/connections/{connection['id']}")

    assert answer["statusCode"] == 200
    assert body_of(answer)["revoked"] is True
    assert body_of(answer)["id"] == connection["id"]
    assert body_of(answer)["status"] == "disconnected"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/platform"),
        ({"platform": "hubspot"}, "/platform"),
        ({"platform": "salesforce", "environment": "moon"}, "/environment"),
        (
            {
                "platform": "salesforce",
                "environment": "my_domain",
                "my_domain": "evil.example.com",
            },
            "/my_domain",
        ),
        ({"platform": "salesforce", "return_to": "https://evil.example.com"}, "/return_to"),
    ],
)
def test_what_cannot_be_connected_is_refused_where_it_was_given(body: object, pointer: str) -> None:
    answer = Function().ask("POST", "/api/connections", body)

    assert answer["statusCode"] == 422
    assert [error["pointer"] for error in body_of(answer)["errors"]] == [pointer]


# --- token calls ----------------------------------------------------------------------------------


def test_the_api_gets_a_token_for_its_caller() -> None:
    function = Function()
    connection = function.connect()

    answer = function.call(
        action="access_token",
        tenant_id="t1",
        connection_id=connection["id"],
        caller={"function": "api", "user_id": "advisor-1", "roles": ["advisor"]},
    )

    assert answer["ok"] is True
    assert answer["token"]["token"] in function.world.oauth.access
    assert answer["token"]["user_id"] == "u1"


def test_a_refused_token_is_named_by_its_digest() -> None:
    function = Function()
    connection = function.connect()
    message = {
        "action": "access_token",
        "tenant_id": "t1",
        "connection_id": connection["id"],
        "caller": {"function": "api", "user_id": "advisor-1", "roles": ["advisor"]},
    }
    first = function.call(**message)["token"]["token"]

    digest = hashlib.sha256(first.encode()).hexdigest()
    second = function.call(**message, refused_sha256=digest)["token"]["token"]

    assert second != first
    assert second in function.world.oauth.access


def test_a_run_without_its_lease_is_told_so() -> None:
    function = Function()
    connection = function.connect()

    answer = function.call(
        action="access_token",
        tenant_id="t1",
        connection_id=connection["id"],
        caller={"function": "run_sync", "run_id": "run_1", "fence": 1},
    )

    assert answer["ok"] is False
    assert (answer["error"]["kind"], answer["error"]["code"]) == ("lease_lost", "lease_lost")


def test_keep_alive_gives_no_token_away() -> None:
    function = Function()
    connection = function.connect()

    answer = function.call(action="keep_alive", tenant_id="t1", connection_id=connection["id"])

    assert answer == {"ok": True}


def test_a_stopped_connection_is_told_with_its_reason() -> None:
    function = Function()
    connection = function.connect()
    function.world.oauth.live.clear()
    token = function.world.token_of(function.world.control.connections["t1", connection["id"]])

    answer = function.call(
        action="access_token",
        tenant_id="t1",
        connection_id=connection["id"],
        refused_sha256=hashlib.sha256(token.encode()).hexdigest(),
        caller={"function": "api", "user_id": "advisor-1", "roles": ["advisor"]},
    )

    assert answer["error"]["kind"] == "connection_stopped"
    stored = function.world.control.connections["t1", connection["id"]]
    assert stored.status is ConnectionStatus.NEEDS_REAUTH


def test_no_http_request_is_ever_taken_for_a_token_call() -> None:
    function = Function()
    connection = function.connect()
    forged = {
        "action": "access_token",
        "tenant_id": "t1",
        "connection_id": connection["id"],
        "caller": {"function": "api", "user_id": "advisor-1", "roles": ["advisor"]},
    }

    answer = function.handler({**request("POST", "/", forged), **forged}, Context())

    assert answer["statusCode"] == 404
    assert "token" not in body_of(answer)


@pytest.mark.parametrize(
    "message",
    [
        {"action": "everything", "tenant_id": "t1", "connection_id": "c"},
        {"tenant_id": "t1"},
        {
            "action": "access_token",
            "tenant_id": "t1",
            "connection_id": "c",
            "caller": {"function": "web"},
        },
    ],
)
def test_a_call_nobody_should_make_fails_loudly(message: dict[str, Any]) -> None:
    with pytest.raises(Failed):
        Function().call(**message)


# --- nothing secret in the logs -------------------------------------------------------------------


def test_no_secret_of_a_whole_connection_life_reaches_a_log(
    logged: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    function = Function()
    world = function.world
    connection = function.connect()
    names = {"tenant_id": "t1", "connection_id": connection["id"]}
    caller = {"function": "api", "user_id": "advisor-1", "roles": ["advisor"]}
    digest = hashlib.sha256(
        world.token_of(world.control.connections["t1", connection["id"]]).encode()
    )
    function.call(action="access_token", caller=caller, refused_sha256=digest.hexdigest(), **names)
    function.call(action="access_token", caller={**caller, "user_id": "nobody"}, **names)
    function.ask("POST", "/api/connections/finish", {"state": "s" * 43, "receipt": "r" * 43})
    function.ask("DELETE", f"/api/connections/{connection['id']}")

    written = "".join([logged.getvalue(), *capsys.readouterr()])
    secrets = {secret for secret, _ in world.vault.sealed.values()} | {"ann@example.com"}
    assert "token_call_refused" in written
    assert [secret for secret in secrets if secret in written] == []


# --- how often ----------------------------------------------------------------------------------


def limited() -> Function:
    """The function with the limits it is deployed with."""
    function = Function()
    world = function.world
    world.desk = world.desk_with(limit=LimitRate(FakeRates(world.control), world.clock))
    return function


def test_a_user_starts_ten_logins_an_hour_and_is_told_when_to_come_back() -> None:
    function, body = limited(), {"platform": "salesforce"}

    answers = [function.ask("POST", "/api/connections", body) for _ in range(11)]
    other = function.ask("POST", "/api/connections", body, caller=COLLEAGUE)
    function.world.clock.advance(int(header_of(answers[-1], "Retry-After")))
    later = function.ask("POST", "/api/connections", body)

    assert [answer["statusCode"] for answer in answers] == [201] * 10 + [429]
    assert body_of(answers[-1])["code"] == "too_many_logins"
    assert (other["statusCode"], later["statusCode"]) == (201, 201)


def test_signing_in_again_counts_as_a_login_too() -> None:
    function = limited()
    connection = function.connect()
    path = f"/api/connections/{connection['id']}/reconnect"

    answers = [function.ask("POST", path)["statusCode"] for _ in range(10)]

    assert answers == [200] * 9 + [429]


def test_a_user_tries_to_finish_five_logins_in_ten_minutes() -> None:
    function, guess = limited(), {"state": "s", "receipt": "r"}

    answers = [function.ask("POST", "/api/connections/finish", guess) for _ in range(6)]

    assert [answer["statusCode"] for answer in answers] == [404] * 5 + [429]
    assert body_of(answers[-1])["code"] == "too_many_attempts"


def test_connecting_and_disconnecting_stand_in_the_audit_log() -> None:
    function = Function()
    connection = function.connect()
    function.ask("DELETE", f"/api/connections/{connection['id']}")
    function.ask("DELETE", f"/api/connections/{connection['id']}")

    entries = [*function.world.control.audit.values()]

    told = [(e.user_id, e.before.get("status"), e.after["status"]) for e in entries]
    assert told == [
        ("advisor-1", None, "connected"),
        ("advisor-1", "connected", "disconnected"),
    ]
    assert entries[0].after["crm_user"] == {"id": "u1", "name": "Ann"}
    assert "secret" not in str(entries)
