"""The authorize endpoint: who asks, who decides, and where the answer may go."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from ..errors import OAuthError
from ..rest.call import HTML, Reply
from . import pages
from .records import Code

if TYPE_CHECKING:
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
    "api",
    "refresh_token",
    "offline_access",
    "openid",
    "id",
    "full",
    "web",
    "profile",
    "email",
    "address",
    "phone",
    "chatter_api",
    "visualforce",
    "custom_permissions",
}
_WRONG_LOGIN = (
    "Please check your username and password. If you still can't log in, "
    "contact your Salesforce administrator."
)


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
