"""The OAuth port: authorization code with PKCE (S256), refresh, revoke.

The client's id and secret come from a callable, so nothing is read before it is needed and a
rotated secret is picked up. No token, code or verifier is part of any error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests

from crmsync.adapters.salesforce import hosts
from crmsync.adapters.salesforce.access import Access
from crmsync.adapters.salesforce.oauth_errors import refused
from crmsync.adapters.salesforce.transport import BoundedSession, lost
from crmsync.domain.errors import ConnectionStopped, Retry
from crmsync.ports.platform import Tokens

SCOPES = "api refresh_token"
_UNKNOWN_TOKEN = frozenset({"invalid_token", "unsupported_token_type"})
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Client:
    """The connected app's id and secret for one platform."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SalesforceOAuth:
    """Talks to login hosts. `clients` gives the connected app of a platform by name."""

    clients: Callable[[str], Client]
    access: Access = field(default_factory=Access)
    session: Callable[[Access], requests.Session] = BoundedSession

    def authorize_url(
        self, *, login_url: str, platform: str, redirect_uri: str, state: str, challenge: str
    ) -> str:
        """Where to send the browser; `challenge` is the S256 challenge."""
        query = {
            "response_type": "code",
            "client_id": self.clients(platform).client_id,
            "redirect_uri": redirect_uri,
            "scope": SCOPES,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._host(login_url)}/services/oauth2/authorize?{urlencode(query)}"

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
            text = "The CRM gave no lasting access. Allow the connected app to refresh its tokens."
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
        client = self.clients(platform)
        secrets = {"client_id": client.client_id, "client_secret": client.client_secret}
        status, body = self._post(login_url, "token", {**form, **secrets})
        if status != requests.codes.ok:
            raise refused(status, body)
        return self._read(body)

    def _read(self, body: Mapping[str, Any]) -> Tokens:
        """The answer, its addresses checked: `instance_url` is where the token will be sent."""
        texts = {key: value for key, value in body.items() if isinstance(value, str)}
        instance = self._allowed(texts.get("instance_url", ""))
        if not texts.get("access_token"):
            raise Retry("login_answer_unreadable", "The login answered no token.", applied=None)
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
        url = f"{self._host(login_url)}/services/oauth2/{resource}"
        try:
            with self.session(self.access) as session:
                response = session.post(url, data=form, headers={"Accept": "application/json"})
        except requests.RequestException as error:
            problem = lost(error, writing=True)
        else:
            return response.status_code, _document(response)
        raise problem

    def _host(self, login_url: str) -> str:
        return self._allowed(login_url)

    def _allowed(self, url: str) -> str:
        found = hosts.origin(url, self.access.allowed_hosts)
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
