"""Asking the token service: what is sent, what comes back, and what each refusal means."""

from __future__ import annotations

import hashlib
import json

import pytest
from crmsync.adapters.aws.access_tokens import InvokedAccessTokens
from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.aws.keep_alive import InvokedKeepAlive
from crmsync.domain.errors import ConnectionStopped, CrmSyncError, Defer, LeaseLost, Retry
from crmsync.ports.access_tokens import AccessToken

from tests.integration.faults import line

CALLER = {"function": "run_sync", "run_id": "run1", "fence": 3}
TOKEN = {
    "token": "00D!secret",
    "instance_url": "https://one.my.salesforce.com",
    "org_id": "00D000000000001AAA",
    "user_id": "005000000000001AAA",
}


def granted(name: str = TOKEN["token"]) -> bytes:
    return json.dumps({"ok": True, "token": {**TOKEN, "token": name}}).encode()


def refused(kind: str, **details: object) -> bytes:
    error = {"kind": kind, "code": "why", "detail": "Because.", "seconds": None, **details}
    return json.dumps({"ok": False, "error": error}).encode()


@pytest.fixture
def tokens(clients: Clients) -> InvokedAccessTokens:
    return InvokedAccessTokens(clients, "oauth_callback", tenant_id="t1", caller=CALLER)


class TestAsking:
    def test_the_request_proves_who_asks(
        self, tokens: InvokedAccessTokens, clients: Clients
    ) -> None:
        with line(clients.functions, "Invoke") as invocations:
            invocations.answers(granted())
            token = tokens.get("con1")

        assert token == AccessToken(**TOKEN)
        assert invocations.sent == [
            {
                "action": "access_token",
                "tenant_id": "t1",
                "connection_id": "con1",
                "refused_sha256": None,
                "caller": CALLER,
            }
        ]

    def test_a_token_is_asked_for_once(self, tokens: InvokedAccessTokens, clients: Clients) -> None:
        with line(clients.functions, "Invoke") as invocations:
            invocations.answers(granted())
            first = tokens.get("con1")
            second = tokens.get("con1")

        assert first == second
        assert len(invocations.sent) == 1

    def test_a_refused_token_is_replaced_and_sent_as_a_digest_only(
        self, tokens: InvokedAccessTokens, clients: Clients
    ) -> None:
        with line(clients.functions, "Invoke") as invocations:
            invocations.answers(granted("old"))
            tokens.get("con1")
            invocations.answers(granted("new"))
            fresh = tokens.get("con1", refused="old")

        assert fresh.token == "new"
        assert invocations.sent[1]["refused_sha256"] == hashlib.sha256(b"old").hexdigest()

    def test_a_token_refused_before_the_present_one_asks_for_nothing(
        self, tokens: InvokedAccessTokens, clients: Clients
    ) -> None:
        with line(clients.functions, "Invoke") as invocations:
            invocations.answers(granted("new"))
            tokens.get("con1")

            assert tokens.get("con1", refused="older").token == "new"

        assert len(invocations.sent) == 1

    def test_each_connection_has_its_own_token(
        self, tokens: InvokedAccessTokens, clients: Clients
    ) -> None:
        with line(clients.functions, "Invoke") as invocations:
            invocations.answers(granted("one"))
            invocations.answers(granted("two"))

            assert tokens.get("con1").token == "one"
            assert tokens.get("con2").token == "two"


class TestRefusals:
    @pytest.mark.parametrize(
        ("kind", "error"),
        [
            ("connection_stopped", ConnectionStopped),
            ("retry", Retry),
            ("defer", Defer),
            ("lease_lost", LeaseLost),
        ],
    )
    def test_each_kind_is_its_own_error(
        self,
        tokens: InvokedAccessTokens,
        clients: Clients,
        kind: str,
        error: type[CrmSyncError],
    ) -> None:
        with line(clients.functions, "Invoke") as invocations:
            invocations.answers(refused(kind))
            with pytest.raises(error) as caught:
                tokens.get("con1")

        assert (caught.value.code, caught.value.detail) == ("why", "Because.")

    def test_a_deferral_says_for_how_long(
        self, tokens: InvokedAccessTokens, clients: Clients
    ) -> None:
        with line(clients.functions, "Invoke") as invocations:
            invocations.answers(refused("defer", seconds=900))
            with pytest.raises(Defer) as caught:
                tokens.get("con1")

        assert caught.value.seconds == 900

    @pytest.mark.parametrize(
        "answer",
        [b"", b"null", b"[]", b"{}", b"not json", b'{"ok": true}', b'{"ok": false}', refused("?")],
    )
    def test_an_answer_nobody_understands_asks_for_a_retry(
        self, tokens: InvokedAccessTokens, clients: Clients, answer: bytes
    ) -> None:
        with line(clients.functions, "Invoke") as invocations:
            invocations.answers(answer)
            with pytest.raises(Retry) as caught:
                tokens.get("con1")

        assert caught.value.code == "token_service_failed"

    def test_a_token_service_that_broke_asks_for_a_retry(
        self, tokens: InvokedAccessTokens, clients: Clients
    ) -> None:
        with line(clients.functions, "Invoke") as invocations:
            invocations.answers(
                b'{"errorMessage": "x"}', headers={"X-Amz-Function-Error": "Unhandled"}
            )
            with pytest.raises(Retry):
                tokens.get("con1")

    def test_a_refusal_is_not_remembered(
        self, tokens: InvokedAccessTokens, clients: Clients
    ) -> None:
        with line(clients.functions, "Invoke") as invocations:
            invocations.answers(refused("retry"))
            with pytest.raises(Retry):
                tokens.get("con1")
            invocations.answers(granted())

            assert tokens.get("con1").token == TOKEN["token"]


class TestKeepAlive:
    def test_it_is_asked_for_without_waiting(self, clients: Clients) -> None:
        with line(clients.functions, "Invoke") as invocations:
            invocations.answers(b"")
            InvokedKeepAlive(clients, "oauth_callback").keep_alive("t1", "con1")

        assert invocations.sent == [
            {"action": "keep_alive", "tenant_id": "t1", "connection_id": "con1"}
        ]
        assert invocations.headers[0]["X-Amz-Invocation-Type"] == b"Event"
