"""Logins, grants and the token endpoint: what every implementation promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from crmsync.domain.errors import ConnectionStopped
from crmsync.ports.oauth import Tokens

from tests.contract.subjects import GrantsSubject, OAuthSubject
from tests.fakes.builders import a_grant, a_login
from tests.fakes.clock import START
from tests.fakes.tokens import s256

VERIFIER = "v" * 64


class TestStartedLogins:
    def test_a_started_login_can_be_read(self, grants: GrantsSubject) -> None:
        grants.grants.put_state(a_login())

        assert grants.grants.get_state("hash1") == a_login()
        assert grants.grants.get_state("hash2") is None

    def test_a_code_is_parked_once(self, grants: GrantsSubject) -> None:
        grants.grants.put_state(a_login())

        parked = grants.grants.park_code("hash1", b"\x00code\xff", "receipt1", START)
        again = grants.grants.park_code("hash1", b"other", "receipt2", START)

        expected = a_login(sealed_code=b"\x00code\xff", receipt_hash="receipt1")
        assert parked == expected
        assert again is None
        assert grants.grants.get_state("hash1") == expected

    def test_no_code_is_parked_for_an_unknown_login(self, grants: GrantsSubject) -> None:
        assert grants.grants.park_code("hash1", b"code", "receipt1", START) is None
        assert grants.grants.get_state("hash1") is None

    def test_no_code_is_parked_for_an_expired_login(self, grants: GrantsSubject) -> None:
        grants.grants.put_state(a_login(expires_at=START + timedelta(minutes=10)))
        late = START + timedelta(minutes=10, seconds=1)

        assert grants.grants.park_code("hash1", b"code", "receipt1", late) is None
        stored = grants.grants.get_state("hash1")
        assert stored is None or stored.sealed_code is None

    def test_a_login_is_taken_by_one_caller_only(self, grants: GrantsSubject) -> None:
        grants.grants.put_state(a_login())

        assert grants.grants.take_state("hash1") == a_login()
        assert grants.grants.take_state("hash1") is None
        assert grants.grants.get_state("hash1") is None


class TestGrants:
    def test_a_stored_grant_comes_back_whole(self, grants: GrantsSubject) -> None:
        grant = a_grant(refreshing_until=START, refresh_started=True)

        stored = grants.grants.put(grant)

        assert stored is not None
        assert stored.version > 0
        assert replace(stored, version=0) == grant
        assert grants.grants.get("t1", "con1") == stored

    def test_an_unknown_or_foreign_grant_is_none(self, grants: GrantsSubject) -> None:
        grants.grants.put(a_grant())

        assert grants.grants.get("t1", "con2") is None
        assert grants.grants.get("t2", "con1") is None

    def test_the_current_version_is_replaced(self, grants: GrantsSubject) -> None:
        first = grants.grants.put(a_grant())
        assert first is not None

        second = grants.grants.put(replace(first, sealed_refresh=b"new"))

        assert second is not None
        assert second.version > first.version
        assert grants.grants.get("t1", "con1") == second

    def test_an_older_version_is_refused(self, grants: GrantsSubject) -> None:
        first = grants.grants.put(a_grant())
        assert first is not None
        second = grants.grants.put(replace(first, sealed_refresh=b"new"))

        assert grants.grants.put(replace(first, sealed_refresh=b"late")) is None
        assert grants.grants.get("t1", "con1") == second

    def test_a_new_login_replaces_whatever_is_there(self, grants: GrantsSubject) -> None:
        first = grants.grants.put(a_grant())
        assert first is not None

        second = grants.grants.put(a_grant(user_id="005000000000002AAA"))

        assert second is not None
        assert second.version > first.version
        assert grants.grants.get("t1", "con1") == second
        assert grants.grants.put(replace(first, sealed_refresh=b"late")) is None

    def test_a_repeat_of_what_was_just_stored_counts_as_stored(self, grants: GrantsSubject) -> None:
        """The answer of the first attempt was lost; the rotated token must not be given up."""
        first = grants.grants.put(a_grant())
        assert first is not None
        rotated = replace(first, sealed_refresh=b"new")
        second = grants.grants.put(rotated)

        assert grants.grants.put(rotated) == second

    def test_a_grant_that_was_removed_is_gone_and_does_not_come_back(
        self, grants: GrantsSubject
    ) -> None:
        first = grants.grants.put(a_grant())
        assert first is not None

        grants.grants.remove("t1", "con1")
        grants.grants.remove("t1", "con1")

        assert grants.grants.get("t1", "con1") is None
        assert grants.grants.put(replace(first, sealed_refresh=b"late")) is None
        assert grants.grants.get("t1", "con1") is None


REDIRECT = "https://app.example.com/oauth/callback/salesforce"


def _log_in(oauth: OAuthSubject, verifier: str = VERIFIER) -> Tokens:
    code = oauth.user_agrees(_authorize_url(oauth))["code"]
    return oauth.oauth.exchange(
        login_url=oauth.login_url,
        platform=oauth.platform,
        redirect_uri=REDIRECT,
        code=code,
        verifier=verifier,
    )


def _authorize_url(oauth: OAuthSubject) -> str:
    return oauth.oauth.authorize_url(
        login_url=oauth.login_url,
        platform=oauth.platform,
        redirect_uri=REDIRECT,
        state="state-1",
        challenge=s256(VERIFIER),
    )


class TestLogin:
    def test_the_browser_is_sent_to_the_login_host_with_pkce_and_two_scopes(
        self, oauth: OAuthSubject
    ) -> None:
        url = urlsplit(_authorize_url(oauth))

        query = parse_qs(url.query)
        assert f"{url.scheme}://{url.netloc}" == oauth.login_url
        assert query["state"] == ["state-1"]
        assert query["redirect_uri"] == [REDIRECT]
        assert query["code_challenge"] == [s256(VERIFIER)]
        assert query["code_challenge_method"] == ["S256"]
        assert query["response_type"] == ["code"]
        assert sorted(query["scope"][0].split()) == ["api", "refresh_token"]

    def test_the_code_is_traded_for_tokens(self, oauth: OAuthSubject) -> None:
        tokens = _log_in(oauth)

        assert tokens.access_token
        assert tokens.refresh_token
        assert tokens.instance_url.startswith("https://")
        assert "/id/00D" in tokens.identity_url

    def test_a_code_works_once(self, oauth: OAuthSubject) -> None:
        code = oauth.user_agrees(_authorize_url(oauth))["code"]
        trade = {
            "login_url": oauth.login_url,
            "platform": oauth.platform,
            "redirect_uri": REDIRECT,
            "code": code,
            "verifier": VERIFIER,
        }
        oauth.oauth.exchange(**trade)

        with pytest.raises(ConnectionStopped):
            oauth.oauth.exchange(**trade)

    def test_a_wrong_verifier_is_refused(self, oauth: OAuthSubject) -> None:
        with pytest.raises(ConnectionStopped):
            _log_in(oauth, verifier="w" * 64)


class TestRefreshing:
    def test_a_refresh_gives_a_new_access_token(self, oauth: OAuthSubject) -> None:
        tokens = _log_in(oauth)
        assert tokens.refresh_token

        fresh = _refresh(oauth, tokens.refresh_token)

        assert fresh.access_token
        assert fresh.access_token != tokens.access_token

    def test_the_newest_refresh_token_goes_on_working(self, oauth: OAuthSubject) -> None:
        token = _log_in(oauth).refresh_token
        assert token

        for _ in range(3):
            token = _refresh(oauth, token).refresh_token or token

        assert _refresh(oauth, token).access_token

    def test_an_unknown_refresh_token_is_refused(self, oauth: OAuthSubject) -> None:
        with pytest.raises(ConnectionStopped):
            _refresh(oauth, "unknown")

    def test_a_revoked_grant_is_refused(self, oauth: OAuthSubject) -> None:
        token = _log_in(oauth).refresh_token
        assert token

        oauth.oauth.revoke(login_url=oauth.login_url, token=token)

        with pytest.raises(ConnectionStopped):
            _refresh(oauth, token)

    def test_revoking_an_unknown_token_counts_as_done(self, oauth: OAuthSubject) -> None:
        token = _log_in(oauth).refresh_token
        assert token

        oauth.oauth.revoke(login_url=oauth.login_url, token="unknown")
        oauth.oauth.revoke(login_url=oauth.login_url, token=token)
        oauth.oauth.revoke(login_url=oauth.login_url, token=token)


def _refresh(oauth: OAuthSubject, token: str) -> Tokens:
    return oauth.oauth.refresh(
        login_url=oauth.login_url, platform=oauth.platform, refresh_token=token
    )
