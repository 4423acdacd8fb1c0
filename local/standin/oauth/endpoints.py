"""authorize, token, revoke and the SOAP login, on plain werkzeug requests."""

import base64
import hashlib
import hmac
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from xml.sax.saxutils import escape

from ..errors import OAuthError
from ..rest.call import Reply
from . import pages
from .tokens import Code

if TYPE_CHECKING:
    from ..data.access import UserAccount
    from ..org import Org

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CARRIED = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "prompt",
    "code_challenge",
    "code_challenge_method",
    "nonce",
)
_SCOPES = {
    "api", "refresh_token", "offline_access", "openid", "id", "full", "web", "profile", "email",
    "address", "phone", "chatter_api", "visualforce", "custom_permissions",
}  # fmt: skip
_WRONG_LOGIN = (
    "Please check your username and password. If you still can't log in, "
    "contact your Salesforce administrator."
)
HTML = "text/html;charset=UTF-8"


class _Redirected(Exception):
    """An authorize refusal that may go back to the client."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error, self.description = error, description


def authorize(org: "Org", form: Mapping[str, str], *, submitted: bool) -> Reply:
    """GET shows the form, POST decides: 302 to the client, or a page when it is not trusted."""
    try:
        _check_client(org, form)
    except OAuthError as error:
        page = pages.error(error.error, error.description)
        return Reply(error.status, page, content_type=HTML)
    try:
        _check_request(org, form)
    except _Redirected as refusal:
        return _back(form, {"error": refusal.error, "error_description": refusal.description})
    if not submitted:
        return _page(org, form)
    return _decided(org, form)


def _page(org: "Org", form: Mapping[str, str], alert: str = "") -> Reply:
    carried = {name: form[name] for name in _CARRIED if name in form}
    username = form.get("username") or form.get("login_hint", "")
    name = org.settings["org"]["name"]
    return Reply(200, pages.form(name, carried, username, alert), content_type=HTML)


def _decided(org: "Org", form: Mapping[str, str]) -> Reply:
    if form.get("decision") != "allow":
        denied = "end-user denied authorization"
        return _back(form, {"error": "access_denied", "error_description": denied})
    user = org.user_by_name(form.get("username", ""))
    if user is None or not user.active or form.get("password") != user.password:
        return _page(org, form, _WRONG_LOGIN)
    code = Code(
        client_id=form["client_id"],
        redirect_uri=form["redirect_uri"],
        user_id=user.id,
        scope=form.get("scope", "api"),
        challenge=form.get("code_challenge"),
        born=org.clock.epoch(),
    )
    return _back(form, {"code": org.tokens.issue_code(code)})


def _back(form: Mapping[str, str], result: dict[str, str]) -> Reply:
    if "state" in form:
        result["state"] = form["state"]
    target = form["redirect_uri"]
    joint = "&" if "?" in target else "?"
    return Reply(302, headers={"Location": f"{target}{joint}{urlencode(result)}"})


def _check_client(org: "Org", form: Mapping[str, str]) -> None:
    clients = org.settings.get("clients", {})
    registered = clients.get("registered", {})
    client_id = form.get("client_id", "")
    if not client_id or (client_id not in registered and not clients.get("any", True)):
        raise OAuthError("invalid_client_id", "client identifier invalid")
    target = form.get("redirect_uri", "")
    allowed = [*clients.get("redirect_uris", []), *registered.get(client_id, {}).get("uris", [])]
    loopback = clients.get("loopback", True) and is_loopback(target)
    if not target or (target not in allowed and not loopback):
        raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")


def is_loopback(url: str) -> bool:
    """Whether a URL points at this machine."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK


def _check_request(org: "Org", form: Mapping[str, str]) -> None:
    if form.get("response_type") != "code":
        raise _Redirected("unsupported_response_type", "response type not supported")
    if set(form.get("scope", "api").split()) - _SCOPES:
        raise _Redirected("invalid_scope", "the requested scope is not allowed")
    if form.get("code_challenge_method", "S256") != "S256":
        raise _Redirected("invalid_request", "code challenge method must be S256")
    if org.knobs.require_pkce and not form.get("code_challenge"):
        raise _Redirected("invalid_request", "missing required code challenge")


def token(org: "Org", form: Mapping[str, str], authorization: str | None) -> Reply:
    """POST /services/oauth2/token. No answer carries expires_in."""
    try:
        client_id, secret = _client(org, form, authorization)
        grants = {
            "authorization_code": _by_code,
            "refresh_token": _by_refresh,
            "password": _by_password,
        }
        grant = grants.get(form.get("grant_type", ""))
        if grant is None:
            raise OAuthError("unsupported_grant_type", "grant type not supported")
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
    user = _active(org, code.user_id)
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
    user = _active(org, refresh.user_id)
    session = org.tokens.open(user.id, client_id, refresh.scope, refresh.grant)
    answer = _answer(org, user, session.token, refresh.scope, secret)
    if successor is not None:
        answer["refresh_token"] = successor
    return answer


def _by_password(
    org: "Org", form: Mapping[str, str], client_id: str, secret: str
) -> dict[str, str]:
    user = _login(org, form.get("username", ""), form.get("password", ""))
    session = org.tokens.open(user.id, client_id, "api")
    answer = _answer(org, user, session.token, "api", secret)
    del answer["scope"]
    return answer


def _login(org: "Org", username: str, password: str) -> "UserAccount":
    """The user; a security token glued to the password is accepted as Salesforce does."""
    user = org.user_by_name(username)
    if user is None or not password.startswith(user.password):
        raise OAuthError("invalid_grant", "authentication failure")
    return _active(org, user.id)


def _active(org: "Org", user_id: str) -> "UserAccount":
    user = org.users[user_id]
    if not user.active:
        raise OAuthError("invalid_grant", "inactive user")
    return user


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


_SOAP = """<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope \
xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:{kind}.soap.sforce.com" \
xmlns:sf="urn:fault.{kind}.soap.sforce.com" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{body}</soapenv:Body>\
</soapenv:Envelope>"""


def soap_login(org: "Org", path: str, body: bytes) -> Reply:
    """POST /services/Soap/u/NN.N with a login envelope (what older clients still do)."""
    kind = "partner" if "/Soap/u/" in path else "enterprise"
    fields = _soap_fields(body)
    try:
        user = _login(org, fields.get("username", ""), fields.get("password", ""))
    except OAuthError:
        fault = (
            "<soapenv:Fault><faultcode>sf:INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: "
            "Invalid username, password, security token; or user locked out.</faultstring>"
            "</soapenv:Fault>"
        )
        return Reply(
            500, _SOAP.format(kind=kind, body=fault), content_type="text/xml;charset=UTF-8"
        )
    session = org.tokens.open(user.id, "soap", "api")
    version = re.search(r"/Soap/[uc]/([\d.]+)", path)
    url = (
        f"{org.instance_url}/services/Soap/u/{version[1] if version else '59.0'}/{org.org_id[:15]}"
    )
    result = {
        "passwordExpired": "false",
        "sandbox": "false",
        "serverUrl": url,
        "sessionId": session.token,
        "userId": user.id,
    }
    inner = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in result.items())
    inner += _user_info(org, user)
    reply = f"<loginResponse><result>{inner}</result></loginResponse>"
    return Reply(200, _SOAP.format(kind=kind, body=reply), content_type="text/xml;charset=UTF-8")


def _soap_fields(body: bytes) -> dict[str, str]:
    try:
        root = ET.fromstring(body)
    except ET.ParseError:
        return {}
    return {element.tag.rpartition("}")[2]: element.text or "" for element in root.iter()}


def _user_info(org: "Org", user: "UserAccount") -> str:
    about: dict[str, Any] = {
        "organizationId": org.org_id,
        "organizationName": org.settings["org"]["name"],
        "sessionSecondsValid": org.knobs.session_seconds,
        "userId": user.id,
        "userName": user.username,
        "userType": "Standard",
    }
    inner = "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in about.items())
    return f"<userInfo>{inner}</userInfo>"
