"""Grants, ciphertexts, the token endpoint and the token service in memory."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

from crmsync.domain.errors import ConnectionStopped
from crmsync.ports.access_tokens import AccessToken
from crmsync.ports.grants import Grant, LoginState
from crmsync.ports.oauth import Tokens
from crmsync.ports.vault import SealContext

from tests.fakes.snapshots import Snapshots


@dataclass
class FakeVault(Snapshots):
    """Ciphertexts say nothing: what they stand for is kept here, with the context they need."""

    sealed: dict[bytes, tuple[str, SealContext]] = field(default_factory=dict)
    disabled: bool = False

    def seal(self, secret: str, context: SealContext) -> bytes:
        ciphertext = b"sealed-%08d" % len(self.sealed)
        self.sealed[ciphertext] = (secret, context)
        return ciphertext

    def open(self, sealed: bytes, context: SealContext) -> str:
        secret, bound = self.sealed.get(sealed, ("", None))
        if bound != context or self.disabled:
            raise ConnectionStopped("cannot_unseal", "The stored secret cannot be opened.")
        return secret


@dataclass
class FakeGrants(Snapshots):
    """Started logins and stored grants."""

    states: dict[str, LoginState] = field(default_factory=dict)
    grants: dict[tuple[str, str], Grant] = field(default_factory=dict)

    def put_state(self, state: LoginState) -> None:
        self.states[state.state_hash] = state

    def park_code(
        self, state_hash: str, sealed_code: bytes, receipt_hash: str, now: datetime
    ) -> LoginState | None:
        state = self.states.get(state_hash)
        if state is None or state.expires_at <= now or state.sealed_code is not None:
            return None
        parked = replace(state, sealed_code=sealed_code, receipt_hash=receipt_hash)
        self.states[state_hash] = parked
        return parked

    def get_state(self, state_hash: str) -> LoginState | None:
        return self.states.get(state_hash)

    def take_state(self, state_hash: str) -> LoginState | None:
        return self.states.pop(state_hash, None)

    def get(self, tenant_id: str, connection_id: str) -> Grant | None:
        return self.grants.get((tenant_id, connection_id))

    def put(self, grant: Grant) -> Grant | None:
        key = (grant.tenant_id, grant.connection_id)
        stored, wanted = self.grants.get(key), replace(grant, version=grant.version + 1)
        if grant.version == 0 and stored is not None:
            wanted = replace(grant, version=stored.version + 1)
        elif grant.version and (stored is None or stored.version != grant.version):
            return stored if stored == wanted else None
        self.grants[key] = wanted
        return wanted

    def remove(self, tenant_id: str, connection_id: str) -> None:
        self.grants.pop((tenant_id, connection_id), None)


@dataclass(frozen=True, slots=True)
class Issued:
    """A code or refresh token of the fake login host."""

    org_id: str
    user_id: str
    redirect_uri: str = ""
    challenge: str = ""


@dataclass
class FakeOAuth(Snapshots):
    """A login host: codes work once, refresh tokens rotate, a spent one used again ends all."""

    rotates: bool = True
    instance_url: str = "https://one.my.salesforce.com"
    codes: dict[str, Issued] = field(default_factory=dict)
    live: dict[str, Issued] = field(default_factory=dict)
    spent: dict[str, Issued] = field(default_factory=dict)
    access: dict[str, Issued] = field(default_factory=dict)
    issued: int = 0

    def authorize_url(
        self, *, login_url: str, platform: str, redirect_uri: str, state: str, challenge: str
    ) -> str:
        query = {
            "response_type": "code",
            "client_id": platform,
            "redirect_uri": redirect_uri,
            "scope": "api refresh_token",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{login_url}/services/oauth2/authorize?{urlencode(query)}"

    def user_agrees(
        self, authorize_url: str, org_id: str = "00D000000000001AAA", user_id: str = "u1"
    ) -> Mapping[str, str]:
        """The user logs in and agrees: the `code` and `state` the browser is sent back with."""
        asked = {key: values[0] for key, values in parse_qs(urlsplit(authorize_url).query).items()}
        code = self._new("code")
        self.codes[code] = Issued(org_id, user_id, asked["redirect_uri"], asked["code_challenge"])
        return {"code": code, "state": asked["state"]}

    def exchange(
        self, *, login_url: str, platform: str, redirect_uri: str, code: str, verifier: str
    ) -> Tokens:
        assert platform, "a token call names its platform"
        issued = self.codes.pop(code, None)
        if issued is None or issued.redirect_uri != redirect_uri:
            raise ConnectionStopped("grant_refused", "The authorization code is not valid.")
        if issued.challenge != s256(verifier):
            raise ConnectionStopped("grant_refused", "The code verifier does not fit.")
        refresh = self._new("refresh")
        self.live[refresh] = replace(issued, challenge="", redirect_uri="")
        return self._tokens(login_url, self.live[refresh], refresh)

    def refresh(self, *, login_url: str, platform: str, refresh_token: str) -> Tokens:
        assert platform, "a token call names its platform"
        issued = self.live.get(refresh_token)
        if issued is None:
            self._punish_reuse(refresh_token)
            raise ConnectionStopped("grant_refused", "expired access/refresh token")
        if not self.rotates:
            return self._tokens(login_url, issued, None)
        fresh = self._new("refresh")
        self.spent[refresh_token] = self.live.pop(refresh_token)
        self.live[fresh] = issued
        return self._tokens(login_url, issued, fresh)

    def revoke(self, *, login_url: str, token: str) -> None:
        assert login_url, "a token call names its login host"
        issued = self.live.pop(token, None) or self.access.pop(token, None)
        if issued is not None:
            self._end(issued)

    def _punish_reuse(self, refresh_token: str) -> None:
        issued = self.spent.get(refresh_token)
        if issued is not None:
            self._end(issued)

    def _end(self, issued: Issued) -> None:
        for tokens in (self.live, self.access):
            for token in [t for t, i in tokens.items() if i == issued]:
                del tokens[token]

    def _tokens(self, login_url: str, issued: Issued, refresh: str | None) -> Tokens:
        access = self._new("access")
        self.access[access] = issued
        identity = f"{login_url}/id/{issued.org_id}/{issued.user_id}"
        return Tokens(access, refresh, self.instance_url, identity, "api refresh_token")

    def _new(self, kind: str) -> str:
        self.issued += 1
        return f"{kind}-{self.issued:06d}"


@dataclass
class FakeAccessTokens:
    """The token service: the tokens it was told of; a refused one is replaced once."""

    tokens: dict[str, AccessToken] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def get(self, connection_id: str, *, refused: str | None = None) -> AccessToken:
        self.asked.append((connection_id, refused))
        token = self.tokens.get(connection_id)
        if connection_id in self.stopped or token is None:
            code = self.stopped.get(connection_id, "not_connected")
            raise ConnectionStopped(code, "The connection has to be authorised again.")
        if refused == token.token:
            token = replace(token, token=f"{token.token}+")
            self.tokens[connection_id] = token
        return token


def s256(verifier: str) -> str:
    """The PKCE challenge of a verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass
class FakeKeepAlive:
    """Remembers whose grant was asked to be kept."""

    asked: list[tuple[str, str]] = field(default_factory=list)

    def keep_alive(self, tenant_id: str, connection_id: str) -> None:
        self.asked.append((tenant_id, connection_id))
