"""The OAuth web server flow as Salesforce runs it."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from local.standin import RunningOrg

CALLBACK = "http://127.0.0.1:4566/oauth/callback"
VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)


class Flow:
    """Plays the browser and the client of the authorization code flow."""

    def __init__(self, running: RunningOrg) -> None:
        self.running = running
        user = running.described()
        self.username, self.password = user["username"], user["password"]

    def parameters(self, **changes: str | None) -> dict[str, str]:
        known: dict[str, str | None] = {
            "response_type": "code",
            "client_id": "client-1",
            "redirect_uri": CALLBACK,
            "scope": "api refresh_token",
            "state": "state-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in known.items() if value is not None}

    def page(self, **changes: str | None) -> requests.Response:
        return requests.get(
            f"{self.running.url}/services/oauth2/authorize",
            params=self.parameters(**changes),
            allow_redirects=False,
            timeout=10,
        )

    def decide(
        self, decision: str = "allow", password: str | None = None, **changes: str | None
    ) -> requests.Response:
        form = {
            **self.parameters(**changes),
            "username": self.username,
            "password": password or self.password,
            "decision": decision,
        }
        return requests.post(
            f"{self.running.url}/services/oauth2/authorize",
            data=form,
            allow_redirects=False,
            timeout=10,
        )

    def code(self, **changes: str | None) -> str:
        return self.returned(self.decide(**changes))["code"]

    def returned(self, answer: requests.Response) -> dict[str, str]:
        assert answer.status_code == 302, answer.text
        target = answer.headers["Location"]
        assert target.startswith(CALLBACK + "?")
        return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}

    def token(self, **form: str | None) -> requests.Response:
        known: dict[str, Any] = {"client_id": "client-1", "client_secret": "secret-1", **form}
        sent = {name: value for name, value in known.items() if value is not None}
        return requests.post(f"{self.running.url}/services/oauth2/token", data=sent, timeout=10)

    def exchange(self, code: str, **changes: str | None) -> requests.Response:
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **changes,
        }
        return self.token(**form)

    def refresh(self, token: str) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=token)

    def connected(self) -> dict[str, str]:
        answer = self.exchange(self.code())
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def call(self, access_token: str) -> requests.Response:
        return requests.get(
            f"{self.running.url}/services/data/v60.0/limits",
            headers={"Authorization": f"Bearer {access_token}"},
            timeout=10,
        )


@pytest.fixture
def flow(salesforce: RunningOrg) -> Flow:
    return Flow(salesforce)


def refusal(answer: requests.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["error"], body["error_description"]


def test_the_login_page_is_a_plain_form_with_labelled_fields(flow: Flow) -> None:
    page = flow.page()
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<script" not in page.text
    for name in ("username", "password"):
        assert f'<label for="{name}">' in page.text
        assert f'id="{name}" name="{name}"' in page.text
    assert re.findall(r"<button[^>]*>(\w+)</button>", page.text) == ["Allow", "Deny"]


def test_what_the_client_sent_cannot_break_out_of_the_page(flow: Flow) -> None:
    page = flow.page(state='"><script>alert(1)</script>')
    assert "<script>" not in page.text


def test_allowing_sends_the_code_and_the_state_back(flow: Flow) -> None:
    returned = flow.returned(flow.decide())
    assert set(returned) == {"code", "state"}
    assert returned["state"] == "state-1"


def test_denying_says_access_denied_in_the_words_sdks_compare(flow: Flow) -> None:
    returned = flow.returned(flow.decide("deny"))
    assert returned == {
        "error": "access_denied",
        "error_description": "end-user denied authorization",
        "state": "state-1",
    }


def test_a_wrong_password_shows_the_form_again_with_an_alert(flow: Flow) -> None:
    page = flow.decide(password="not-it")
    assert page.status_code == 200
    assert 'role="alert"' in page.text


def test_an_untrusted_redirect_uri_is_never_redirected_to(flow: Flow) -> None:
    for answer in (
        flow.page(redirect_uri="https://evil.example/cb"),
        flow.decide(redirect_uri="https://evil.example/cb"),
    ):
        assert answer.status_code == 400
        assert "redirect_uri_mismatch" in answer.text
        assert "Location" not in answer.headers


def test_a_missing_client_id_is_refused_on_the_page(flow: Flow) -> None:
    answer = flow.page(client_id=None)
    assert answer.status_code == 400
    assert "client identifier invalid" in answer.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "api everything"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_a_request_salesforce_would_not_take_goes_back_with_its_error(
    flow: Flow, changes: dict[str, str], error: str
) -> None:
    assert flow.returned(flow.page(**changes))["error"] == error


def test_an_org_can_insist_on_pkce(flow: Flow) -> None:
    flow.running.org.knobs.change({"require_pkce": True})
    returned = flow.returned(flow.page(code_challenge=None, code_challenge_method=None))
    assert returned["error"] == "invalid_request"


def test_a_token_answer_holds_strings_only_and_no_expires_in(flow: Flow) -> None:
    answer = flow.connected()
    assert set(answer) == {
        "access_token",
        "refresh_token",
        "signature",
        "scope",
        "instance_url",
        "id",
        "token_type",
        "issued_at",
    }
    assert all(isinstance(value, str) for value in answer.values())
    assert answer["token_type"] == "Bearer"
    assert answer["instance_url"] == flow.running.https_url
    assert answer["access_token"].startswith(flow.running.org.org_id[:15] + "!")


def test_an_id_token_comes_only_with_openid(flow: Flow) -> None:
    assert "id_token" not in flow.connected()
    with_openid = flow.exchange(flow.code(scope="api openid")).json()
    assert with_openid["id_token"].count(".") == 2


def test_without_the_refresh_scope_there_is_no_refresh_token(flow: Flow) -> None:
    assert "refresh_token" not in flow.exchange(flow.code(scope="api")).json()


def test_a_challenge_without_a_method_is_s256(flow: Flow) -> None:
    code = flow.code(code_challenge_method=None)
    assert flow.exchange(code).status_code == 200


def test_a_wrong_verifier_is_an_invalid_request(flow: Flow) -> None:
    answer = flow.exchange(flow.code(), code_verifier="w" * 64)
    assert refusal(answer) == (400, "invalid_request", "invalid code verifier")


def test_a_missing_verifier_is_an_invalid_grant(flow: Flow) -> None:
    status, error, _ = refusal(flow.exchange(flow.code(), code_verifier=None))
    assert (status, error) == (400, "invalid_grant")


def test_a_code_works_once(flow: Flow) -> None:
    code = flow.code()
    assert flow.exchange(code).status_code == 200
    assert refusal(flow.exchange(code)) == (400, "invalid_grant", "expired authorization code")


def test_a_code_dies_of_age(flow: Flow) -> None:
    code = flow.code()
    flow.running.org.clock.advance(flow.running.org.knobs.code_seconds + 1)
    assert refusal(flow.exchange(code)) == (400, "invalid_grant", "expired authorization code")


def test_a_made_up_code_is_refused(flow: Flow) -> None:
    assert refusal(flow.exchange("nope")) == (400, "invalid_grant", "invalid authorization code")


def test_a_code_belongs_to_its_redirect_uri(flow: Flow) -> None:
    answer = flow.exchange(flow.code(), redirect_uri="http://127.0.0.1:9/other")
    assert refusal(answer)[1] == "redirect_uri_mismatch"


REGISTERED = {
    "any": False,
    "redirect_uris": ["https://app.example/cb"],
    "registered": {"client-1": {"secret": "right"}},
}


def test_a_listed_redirect_uri_is_trusted(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(flow.running.org.settings, "clients", REGISTERED)
    answer = flow.decide(redirect_uri="https://app.example/cb")
    assert answer.headers["Location"].startswith("https://app.example/cb?code=")


def test_an_org_can_know_its_clients(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(flow.running.org.settings, "clients", REGISTERED)
    wrong = flow.exchange(flow.code(), client_secret="wrong")
    assert refusal(wrong) == (400, "invalid_client", "invalid client credentials")
    assert flow.exchange(flow.code(), client_secret="right").status_code == 200
    stranger = flow.token(grant_type="password", client_id="client-2")
    assert refusal(stranger) == (400, "invalid_client_id", "client identifier invalid")


def test_an_unknown_grant_type_is_refused(flow: Flow) -> None:
    answer = flow.token(grant_type="magic")
    assert refusal(answer) == (400, "unsupported_grant_type", "grant type not supported")


def test_the_password_grant_takes_any_client(flow: Flow) -> None:
    answer = flow.token(
        grant_type="password",
        client_id="whoever",
        username=flow.username,
        password=flow.password + "SECURITYTOKEN",
    )
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert flow.call(answer.json()["access_token"]).status_code == 200


def test_a_wrong_password_is_an_authentication_failure(flow: Flow) -> None:
    answer = flow.token(grant_type="password", username=flow.username, password="x")
    assert refusal(answer) == (400, "invalid_grant", "authentication failure")


def test_rotation_gives_a_new_refresh_token_and_ends_the_old_one_at_once(flow: Flow) -> None:
    flow.running.org.knobs.change({"refresh_rotation": True})
    first = flow.connected()["refresh_token"]
    second = flow.refresh(first).json()["refresh_token"]
    assert second != first
    assert refusal(flow.refresh(first)) == (400, "invalid_grant", "expired access/refresh token")
    assert flow.refresh(second).status_code == 200


def test_an_org_can_revoke_everything_when_a_rotated_token_comes_back(flow: Flow) -> None:
    flow.running.org.knobs.change({"refresh_rotation": True, "rotation_reuse_revokes": True})
    first = flow.connected()["refresh_token"]
    second = flow.refresh(first).json()["refresh_token"]
    flow.refresh(first)
    assert flow.refresh(second).status_code == 400


def test_without_rotation_the_answer_has_no_refresh_token_and_the_old_one_stays(
    flow: Flow,
) -> None:
    flow.running.org.knobs.change({"refresh_rotation": False})
    first = flow.connected()["refresh_token"]
    for _ in range(2):
        answer = flow.refresh(first)
        assert answer.status_code == 200
        assert "refresh_token" not in answer.json()


def test_a_refresh_token_dies_of_idleness(flow: Flow) -> None:
    token = flow.connected()["refresh_token"]
    flow.running.org.clock.advance(31 * 86_400)
    assert refusal(flow.refresh(token))[2] == "expired access/refresh token"


def test_the_sixth_approval_of_one_client_ends_the_first(flow: Flow) -> None:
    tokens = [flow.connected()["refresh_token"] for _ in range(6)]
    assert flow.refresh(tokens[0]).status_code == 400
    assert flow.refresh(tokens[1]).status_code == 200


def test_an_inactive_user_is_refused_by_name(flow: Flow, admin: Any) -> None:
    connected = flow.connected()
    admin.patch(f"/users/{flow.username}", {"active": False})
    answer = flow.refresh(connected["refresh_token"])
    assert refusal(answer) == (400, "invalid_grant", "inactive user")
    assert flow.call(connected["access_token"]).status_code == 401


def test_the_instance_url_of_a_refresh_may_differ(flow: Flow) -> None:
    token = flow.connected()["refresh_token"]
    flow.running.org.knobs.change({"instance_url": "https://moved.example"})
    assert flow.refresh(token).json()["instance_url"] == "https://moved.example"


def test_revoking_a_refresh_token_ends_its_access_tokens(flow: Flow) -> None:
    connected = flow.connected()
    answer = requests.post(
        f"{flow.running.url}/services/oauth2/revoke",
        data={"token": connected["refresh_token"]},
        timeout=10,
    )
    assert (answer.status_code, answer.text) == (200, "")
    assert flow.call(connected["access_token"]).status_code == 401
    assert flow.refresh(connected["refresh_token"]).status_code == 400


def test_revoking_what_is_not_a_token_is_refused(flow: Flow) -> None:
    answer = requests.post(
        f"{flow.running.url}/services/oauth2/revoke", data={"token": "no"}, timeout=10
    )
    assert refusal(answer)[:2] == (400, "invalid_token")


def test_a_session_ends_after_its_time(flow: Flow) -> None:
    access = flow.connected()["access_token"]
    assert flow.call(access).status_code == 200
    flow.running.org.clock.advance(flow.running.org.knobs.session_seconds + 1)
    answer = flow.call(access)
    assert answer.status_code == 401
    assert answer.json() == [
        {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}
    ]


def test_the_identity_url_answers_for_its_own_token(flow: Flow) -> None:
    connected = flow.connected()
    url = connected["id"].replace("https://", "http://")
    headers = {"Authorization": f"Bearer {connected['access_token']}"}
    body = requests.get(url, headers=headers, timeout=10).json()
    assert body["user_id"] == url.rsplit("/", 1)[1]
    assert body["organization_id"] == flow.running.org.org_id
    assert body["username"] == flow.username
    assert "{version}" in body["urls"]["rest"]
    assert isinstance(body["utcOffset"], int)
    by_query = requests.get(
        url, params={"format": "json", "oauth_token": connected["access_token"]}, timeout=10
    )
    assert by_query.json()["user_id"] == body["user_id"]


def test_a_bad_token_on_the_identity_url_is_403_in_plain_text(flow: Flow) -> None:
    url = flow.connected()["id"].replace("https://", "http://")
    answer = requests.get(url, headers={"Authorization": "Bearer nope"}, timeout=10)
    assert (answer.status_code, answer.text) == (403, "Bad_OAuth_Token")
    userinfo = f"{flow.running.url}/services/oauth2/userinfo"
    answer = requests.get(userinfo, headers={"Authorization": "Bearer nope"}, timeout=10)
    assert (answer.status_code, answer.text) == (403, "Bad_OAuth_Token")


def test_userinfo_names_the_user(flow: Flow) -> None:
    access = flow.connected()["access_token"]
    body = requests.get(
        f"{flow.running.url}/services/oauth2/userinfo",
        headers={"Authorization": f"Bearer {access}"},
        timeout=10,
    ).json()
    assert body["preferred_username"] == flow.username
    assert body["sub"].endswith(body["user_id"])
