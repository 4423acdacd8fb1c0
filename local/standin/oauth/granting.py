"""The token endpoint and revocation."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..errors import OAuthError
from ..rest.call import HTML, Reply
from .signing_in import active, login

if TYPE_CHECKING:
    from ..data.access import UserAccount
    from ..org import Org


def token(org: "Org", form: Mapping[str, str], authorization: str | None) -> Reply:
    """POST /services/oauth2/token. No answer carries expires_in."""
    try:
        client_id, secret = _client(org, form, authorization)
        grant = _GRANTS.get(form.get("grant_type", ""), _unsupported)
        headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
        return Reply(200, grant(org, form, client_id, secret), headers)
    except OAuthError as error:
        return Reply(error.status, {"error": error.error, "error_description": error.description})


def _client(org: "Org", form: Mapping[str, str], authorization: str | None) -> tuple[str, str]:
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if authorization and authorization.lower().startswith("basic "):
        decoded = base64.b64decode(authorization[6:]).decode()
        client_id, _, secret = decoded.partition(":")
    clients = org.settings.get("clients", {})
    known = clients.get("registered", {}).get(client_id)
    if not client_id or (known is None and not clients.get("any", True)):
        raise OAuthError("invalid_client_id", "client identifier invalid")
    if known is not None and known.get("secret", secret) != secret:
        raise OAuthError("invalid_client", "invalid client credentials")
    return client_id, secret


def _by_code(org: "Org", form: Mapping[str, str], client_id: str, secret: str) -> dict[str, str]:
    code = org.tokens.redeem(
        form.get("code", ""), client_id, form.get("redirect_uri", ""), form.get("code_verifier")
    )
    user = active(org, code.user_id)
    refresh = None
    if {"refresh_token", "offline_access"} & set(code.scope.split()):
        refresh = org.tokens.issue_refresh(user.id, client_id, code.scope)
    session = org.tokens.open(user.id, client_id, code.scope, refresh.grant if refresh else None)
    answer = _answer(org, user, session.token, code.scope, secret)
    if refresh is not None:
        answer["refresh_token"] = refresh.token
    return answer


def _by_refresh(org: "Org", form: Mapping[str, str], client_id: str, secret: str) -> dict[str, str]:
    refresh, successor = org.tokens.refresh(form.get("refresh_token", ""), client_id)
    user = active(org, refresh.user_id)
    session = org.tokens.open(user.id, client_id, refresh.scope, refresh.grant)
    answer = _answer(org, user, session.token, refresh.scope, secret)
    if successor is not None:
        answer["refresh_token"] = successor
    return answer


def _by_password(
    org: "Org", form: Mapping[str, str], client_id: str, secret: str
) -> dict[str, str]:
    user = login(org, form.get("username", ""), form.get("password", ""))
    session = org.tokens.open(user.id, client_id, "api")
    answer = _answer(org, user, session.token, "api", secret)
    del answer["scope"]
    return answer


def _unsupported(
    _org: "Org", _form: Mapping[str, str], _client_id: str, _secret: str
) -> dict[str, str]:
    raise OAuthError("unsupported_grant_type", "grant type not supported")


_GRANTS = {
    "authorization_code": _by_code,
    "refresh_token": _by_refresh,
    "password": _by_password,
}


def _answer(
    org: "Org", user: "UserAccount", access: str, scope: str, secret: str
) -> dict[str, str]:
    identity = org.identity_url(user)
    issued = str(int(org.clock.epoch() * 1000))
    digest = hmac.new(secret.encode(), f"{identity}{issued}".encode(), hashlib.sha256).digest()
    answer = {
        "access_token": access,
        "signature": base64.b64encode(digest).decode(),
        "scope": scope,
        "instance_url": org.instance_url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued,
    }
    if "openid" in scope.split():
        answer["id_token"] = _id_token(org, user)
    return answer


def _id_token(org: "Org", user: "UserAccount") -> str:
    """An unsigned-in-spirit JWT: the stand-in publishes no keys, so its signature is opaque."""
    now = int(org.clock.epoch())
    claims = {"iss": org.public_url, "sub": org.identity_url(user), "iat": now, "exp": now + 120}
    parts = [{"alg": "RS256", "typ": "JWT", "kid": "0"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts]
    return b".".join([*encoded, encoded[0]]).decode()


def revoke(org: "Org", form: Mapping[str, str]) -> Reply:
    """POST /services/oauth2/revoke: 200 and nothing, or 400 invalid_token."""
    kind = form.get("token_type_hint")
    if kind not in (None, "", "access_token", "refresh_token"):
        error = {"error": "unsupported_token_type", "error_description": "token type not supported"}
        return Reply(400, error)
    if org.tokens.revoke(form.get("token", "")):
        return Reply(200, "", content_type=HTML)
    return Reply(400, {"error": "invalid_token", "error_description": "invalid token"})
