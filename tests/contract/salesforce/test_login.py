"""Logging in to an org that refuses, fails or misleads."""

from __future__ import annotations

import logging
from urllib.parse import parse_qs, urlsplit

import pytest
from crmsync.adapters.salesforce.login import SalesforceOAuth, open_crm
from crmsync.domain.errors import ConnectionStopped, CrmSyncError, Defer, Retry
from crmsync.ports.access_tokens import AccessToken
from crmsync.ports.oauth import Tokens

from tests.contract.salesforce.providers import agree, demo_apps
from tests.contract.salesforce.standin_org import StandinOrg
from tests.fakes.tokens import s256

VERIFIER = "v" * 64
REDIRECT = "https://app.example.com/oauth/callback/salesforce"


class Login:
    """One login of Avery's, step by step."""

    def __init__(self, org: StandinOrg, **app: str) -> None:
        self.org = org
        self.oauth = SalesforceOAuth(demo_apps(org, **app), org.settings())
        self.url = org.running.https_url

    def code(self) -> str:
        """What the browser comes back with."""
        return agree(self.org, self.authorize_url())["code"]

    def authorize_url(self) -> str:
        return self.oauth.authorize_url(
            login_url=self.url,
            platform=self.org.platform,
            redirect_uri=REDIRECT,
            state="state-1",
            challenge=s256(VERIFIER),
        )

    def exchange(self, code: str, verifier: str = VERIFIER) -> Tokens:
        return self.oauth.exchange(
            login_url=self.url,
            platform=self.org.platform,
            redirect_uri=REDIRECT,
            code=code,
            verifier=verifier,
        )

    def refresh(self, token: str) -> Tokens:
        return self.oauth.refresh(
            login_url=self.url, platform=self.org.platform, refresh_token=token
        )


def test_no_more_is_asked_for_than_the_api_and_staying_signed_in(salesforce: StandinOrg) -> None:
    query = parse_qs(urlsplit(Login(salesforce).authorize_url()).query)

    assert query["scope"] == ["api refresh_token"]
    assert query["code_challenge_method"] == ["S256"]
    assert VERIFIER not in str(query)


def test_rotation_gives_a_new_refresh_token_each_time(salesforce: StandinOrg) -> None:
    login = Login(salesforce)
    first = login.exchange(login.code()).refresh_token or ""

    second = login.refresh(first).refresh_token

    assert second not in (None, first)
    with pytest.raises(ConnectionStopped, match="grant_refused"):
        login.refresh(first)


def test_without_rotation_the_old_one_stays(practifi: StandinOrg) -> None:
    login = Login(practifi)
    first = login.exchange(login.code()).refresh_token or ""

    assert login.refresh(first).refresh_token is None
    assert login.refresh(first).access_token


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        ("invalid_grant", ConnectionStopped, "grant_refused"),
        ("invalid_request", ConnectionStopped, "grant_refused"),
        ("inactive_user", ConnectionStopped, "inactive_user"),
        ("inactive_org", ConnectionStopped, "inactive_org"),
        ("unauthorized_client", ConnectionStopped, "app_blocked"),
        ("invalid_scope", ConnectionStopped, "scope_refused"),
        ("never_heard_of", ConnectionStopped, "grant_refused"),
        ("invalid_client", Defer, "oauth_client_refused"),
        ("invalid_client_id", Defer, "oauth_client_refused"),
        ("rate_limit_exceeded", Defer, "login_crowded"),
    ],
)
@pytest.mark.parametrize("status", [400, 401])
def test_each_refusal_has_its_class(
    salesforce: StandinOrg, status: int, error: str, kind: type[CrmSyncError], code: str
) -> None:
    body = {"error": error, "error_description": "as Salesforce puts it"}
    salesforce.fault("status", path="oauth2/token", with_={"status": status, "body": body})

    with pytest.raises(kind, match=code):
        Login(salesforce).refresh("some token")


def test_a_wrong_secret_is_our_fault_and_no_connections(salesforce: StandinOrg) -> None:
    app = salesforce.running.org.settings["demo_client"]
    clients = salesforce.running.org.settings.setdefault("clients", {})
    clients["registered"] = {app["id"]: {"secret": app["secret"]}}

    with pytest.raises(Defer, match="oauth_client_refused"):
        Login(salesforce, client_secret="wrong").refresh("some token")

    del clients["registered"]


@pytest.mark.parametrize(
    ("kind", "with_"),
    [
        ("reset_after", {}),
        ("truncate", {"bytes": 10}),
        ("html", {"status": 503, "body": "<html>"}),
        ("html", {"status": 200, "body": "<html>"}),
        ("rewrite", {"remove": ["access_token"]}),
    ],
)
def test_a_refresh_whose_answer_is_lost_may_have_spent_the_token(
    salesforce: StandinOrg, kind: str, with_: dict[str, object]
) -> None:
    login = Login(salesforce)
    token = login.exchange(login.code()).refresh_token or ""
    salesforce.fault(kind, path="oauth2/token", with_=with_)

    with pytest.raises(Retry) as failed:
        login.refresh(token)

    assert failed.value.applied is None


@pytest.mark.parametrize("name", ["instance_url", "id"])
@pytest.mark.parametrize("url", ["https://evil.example", "http://127.0.0.1", "https://127.0.0.1:1"])
def test_an_answer_that_points_elsewhere_is_refused(
    salesforce: StandinOrg, name: str, url: str
) -> None:
    login = Login(salesforce)
    code = login.code()
    salesforce.fault("rewrite", path="oauth2/token", with_={"set": {name: url}})

    with pytest.raises(ConnectionStopped, match="host_not_allowed"):
        login.exchange(code)


@pytest.mark.parametrize(
    "url", ["https://evil.example", "http://login.salesforce.com", "https://127.0.0.1:1"]
)
def test_nothing_is_sent_to_a_login_host_that_is_not_allowed(
    salesforce: StandinOrg, url: str
) -> None:
    login = Login(salesforce)
    login.url = url

    for step in (login.authorize_url, lambda: login.refresh("x"), lambda: login.exchange("x")):
        with pytest.raises(ConnectionStopped, match="host_not_allowed"):
            step()


def test_a_login_without_lasting_access_is_refused(salesforce: StandinOrg) -> None:
    login = Login(salesforce)
    code = login.code()
    salesforce.fault("rewrite", path="oauth2/token", with_={"remove": ["refresh_token"]})

    with pytest.raises(ConnectionStopped, match="no_refresh_token"):
        login.exchange(code)


def test_revoking_is_repeated_until_it_is_answered(salesforce: StandinOrg) -> None:
    login = Login(salesforce)
    token = login.exchange(login.code()).refresh_token or ""
    salesforce.fault("reset_before", path="oauth2/revoke", times=2)

    login.oauth.revoke(login_url=login.url, token=token)

    with pytest.raises(ConnectionStopped, match="grant_refused"):
        login.refresh(token)


def test_a_revocation_that_is_refused_is_an_error(salesforce: StandinOrg) -> None:
    login = Login(salesforce)
    refusal = {"status": 400, "body": {"error": "rate_limit_exceeded"}}
    salesforce.fault("status", path="oauth2/revoke", with_=refusal)

    with pytest.raises(Defer, match="login_crowded"):
        login.oauth.revoke(login_url=login.url, token="some token")


def test_a_revocation_that_is_never_answered_is_an_error(salesforce: StandinOrg) -> None:
    login = Login(salesforce)
    salesforce.fault("reset_before", path="oauth2/revoke", times=0)

    with pytest.raises(Retry, match="crm_answer_lost"):
        login.oauth.revoke(login_url=login.url, token="some token")


def test_a_new_token_that_does_not_work_ends_the_login(salesforce: StandinOrg) -> None:
    login = Login(salesforce)
    tokens = login.exchange(login.code())
    salesforce.fault("expired_session", times=0, path="/services/data")
    token = AccessToken(tokens.access_token, tokens.instance_url, "", "")

    with pytest.raises(ConnectionStopped, match="session_refused"):
        open_crm(salesforce.settings())("salesforce", token).identity()


def test_no_error_and_no_log_line_holds_a_secret(
    salesforce: StandinOrg, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    login = Login(salesforce)
    code = login.code()
    told = []

    for fault in ("reset_before", "reset_after", "expired_session"):
        salesforce.fault(fault, path="oauth2/token")
        with pytest.raises(CrmSyncError) as failed:
            login.refresh("5Aep861-secret")
        told += [str(failed.value), str(failed.value.__cause__)]
    with pytest.raises(CrmSyncError) as failed:
        login.exchange(code, "w" * 64)

    told += [str(failed.value), *(record.getMessage() for record in caplog.records)]
    secret = salesforce.running.org.settings["demo_client"]["secret"]
    assert not [text for text in told if any(s in text for s in (secret, code, "5Aep861", "wwww"))]
