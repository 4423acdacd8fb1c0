"""Logging in: the OAuth port, where logins start, and sessions of connections not stored yet.

The flow is the authorization code with PKCE (S256). No token, code or verifier is part of any
error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests

from crmsync.adapters.salesforce import hosts
from crmsync.adapters.salesforce.connected_apps import ConnectedApp, ConnectedApps
from crmsync.adapters.salesforce.crm import SalesforceCrm
from crmsync.adapters.salesforce.gateway import client_of, described, everywhere
from crmsync.adapters.salesforce.login_errors import blames_our_client, refused
from crmsync.adapters.salesforce.org import Org
from crmsync.adapters.salesforce.settings import SalesforceSettings
from crmsync.adapters.salesforce.shapes import ShapeCache
from crmsync.adapters.salesforce.transport import BoundedSession, lost
from crmsync.domain.errors import ConnectionStopped, Retry
from crmsync.ports.access_tokens import AccessToken
from crmsync.ports.oauth import Tokens

SCOPES = "api refresh_token"
_UNKNOWN_TOKEN = frozenset({"invalid_token", "unsupported_token_type"})
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class SalesforceOAuth:
    """Talks to login hosts."""

    apps: ConnectedApps
    settings: SalesforceSettings = field(default_factory=SalesforceSettings)
    session: Callable[[SalesforceSettings], requests.Session] = BoundedSession

    def authorize_url(
        self, *, login_url: str, platform: str, redirect_uri: str, state: str, challenge: str
    ) -> str:
        """Where to send the browser; `challenge` is the S256 challenge."""
        query = {
            "response_type": "code",
            "client_id": self.apps.of(platform).client_id,
            "redirect_uri": redirect_uri,
            "scope": SCOPES,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._allowed(login_url)}/services/oauth2/authorize?{urlencode(query)}"

    def exchange(
        self, *, login_url: str, platform: str, redirect_uri: str, code: str, verifier: str
    ) -> Tokens:
        """Trade the one-time code; it works once, so a lost answer ends the login."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        tokens = self._tokens(login_url, platform, form)
        if tokens.refresh_token is None:
            text = "The CRM gave no lasting login. Allow the connected app to refresh its tokens."
            raise ConnectionStopped("no_refresh_token", text)
        return tokens

    def refresh(self, *, login_url: str, platform: str, refresh_token: str) -> Tokens:
        """Trade the refresh token once; with rotation on, the old one is dead from then on."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._tokens(login_url, platform, form)

    def revoke(self, *, login_url: str, token: str) -> None:
        """Make the grant useless; repeated while the answer is lost, as a repeat is harmless."""
        for attempt in range(_ATTEMPTS):
            try:
                status, body = self._post(login_url, "revoke", {"token": token})
            except Retry:
                if attempt == _ATTEMPTS - 1:
                    raise
                continue
            if status != requests.codes.ok and body.get("error") not in _UNKNOWN_TOKEN:
                raise refused(status, body)
            return

    def _tokens(self, login_url: str, platform: str, form: Mapping[str, str]) -> Tokens:
        """A refused client is read again, as its secret may have been rotated; it spent nothing."""
        app = self.apps.of(platform)
        status, body = self._ask(login_url, app, form)
        if blames_our_client(body):
            self.apps.forget()
            renewed = self.apps.of(platform)
            if renewed != app:
                status, body = self._ask(login_url, renewed, form)
        if status != requests.codes.ok:
            raise refused(status, body)
        return self._read(body)

    def _ask(
        self, login_url: str, app: ConnectedApp, form: Mapping[str, str]
    ) -> tuple[int, Mapping[str, Any]]:
        secrets = {"client_id": app.client_id, "client_secret": app.client_secret}
        return self._post(login_url, "token", {**form, **secrets})

    def _read(self, body: Mapping[str, Any]) -> Tokens:
        """The answer, its addresses checked: `instance_url` is where the token will be sent."""
        texts = {key: value for key, value in body.items() if isinstance(value, str)}
        if not texts.get("access_token"):
            raise Retry("login_answer_unreadable", "The login answered no token.", applied=None)
        instance = self._allowed(texts.get("instance_url", ""))
        self._allowed(texts.get("id", ""))
        return Tokens(
            access_token=texts["access_token"],
            refresh_token=texts.get("refresh_token"),
            instance_url=instance,
            identity_url=texts["id"],
            scope=texts.get("scope", ""),
        )

    def _post(
        self, login_url: str, resource: str, form: Mapping[str, str]
    ) -> tuple[int, Mapping[str, Any]]:
        url = f"{self._allowed(login_url)}/services/oauth2/{resource}"
        try:
            with self.session(self.settings) as session:
                response = session.post(url, data=form, headers={"Accept": "application/json"})
        except requests.RequestException as error:
            problem = lost(error, writing=True)
        else:
            return response.status_code, _document(response)
        raise problem

    def _allowed(self, url: str) -> str:
        found = hosts.origin(url, self.settings.allowed_hosts)
        if found is None:
            text = "The login points to an address that is not Salesforce's. Connect again."
            raise ConnectionStopped("host_not_allowed", text)
        return found


def _document(response: requests.Response) -> Mapping[str, Any]:
    """The JSON object of an answer; an empty one for HTML, text or nothing."""
    try:
        body = response.json() if response.content else {}
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def login_url_of(
    settings: SalesforceSettings,
) -> Callable[[str, str, str | None], str]:
    """`(platform, environment, my_domain)` to the login host; `Invalid` when it is not one."""

    def login_url(platform: str, environment: str, my_domain: str | None) -> str:
        return hosts.login_url(
            described(platform),
            environment,
            my_domain,
            login_urls=settings.login_urls.get(platform, {}),
            extra_hosts=settings.allowed_hosts,
        )

    return login_url


def open_crm(settings: SalesforceSettings) -> Callable[[str, AccessToken], SalesforceCrm]:
    """`(platform, token)` to a session that reads describe afresh; a refused token ends it."""

    def opened(platform: str, token: AccessToken) -> SalesforceCrm:
        def only(refused: str | None) -> AccessToken:
            if refused is not None:
                text = "The CRM does not take the token it just gave. Connect again."
                raise ConnectionStopped("session_refused", text)
            return token

        client = client_of(platform, only, settings)
        org = Org(client, described(platform), ShapeCache(), cache_key="")
        return SalesforceCrm(org, everywhere(platform))

    return opened
