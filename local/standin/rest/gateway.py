"""From an HTTP request to an answer: which door it knocks at, and whether it may come in."""

import traceback
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request

from ..data.access import UserAccount
from ..errors import ApiError
from ..oauth import authorize, granting, identity, soap
from . import catalogue, routes
from .call import HTML, Call, Reply

if TYPE_CHECKING:
    from ..org import Org

MAX_URI = 16_384
_TOO_LONG = "<html><body><h1>414 URI Too Long</h1></body></html>"


class Gateway:
    """Every door of one org except the admin API."""

    def __init__(self, org: "Org") -> None:
        self._org = org

    def reply(self, request: Request, body: bytes) -> Reply:
        """The org's answer; a fault of the stand-in itself is printed and answered as 500."""
        try:
            return self._routed(request, body)
        except Exception:  # noqa: BLE001 - the client gets an answer whatever went wrong
            traceback.print_exc()
            return refused(
                ApiError("UNKNOWN_EXCEPTION", "An unexpected error occurred.", status=500)
            )

    def _routed(self, request: Request, body: bytes) -> Reply:
        path = request.path.rstrip("/") or "/"
        if path.startswith("/id/") or path == "/services/oauth2/userinfo":
            return self._identity(path, request)
        if path.startswith("/services/oauth2/"):
            return self._oauth(path, request)
        if path.startswith("/services/Soap/"):
            return soap.soap_login(self._org, path, body)
        if path.startswith("/services/data/"):
            return self._data(request, body)
        return self._front(path)

    def _front(self, path: str) -> Reply:
        if path == "/services/data":
            return Reply(body=catalogue.versions())
        if path == "/":
            return Reply(302, headers={"Location": "/__admin"})
        return _not_found()

    def _oauth(self, path: str, request: Request) -> Reply:
        posted = request.method == "POST"
        form = request.form if posted else request.args
        with self._org.lock:
            if path == "/services/oauth2/authorize":
                return authorize.authorize(self._org, form, submitted=posted)
            if path == "/services/oauth2/token" and posted:
                return granting.token(self._org, form, request.headers.get("Authorization"))
            if path == "/services/oauth2/revoke":
                return granting.revoke(self._org, {**request.args.to_dict(), **form.to_dict()})
        return _not_found()

    def _identity(self, path: str, request: Request) -> Reply:
        token = bearer(request) or request.args.get("oauth_token")
        user = self._org.tokens.user_of(token) if token else None
        if user is None:
            return identity.bad_token(missing=not token)
        with self._org.lock:
            if path == "/services/oauth2/userinfo":
                return identity.userinfo(self._org, user)
            if path != f"/id/{self._org.org_id}/{user.id}":
                return identity.bad_token(missing=False)
            return identity.identity(self._org, user)

    def _data(self, request: Request, body: bytes) -> Reply:
        if len(request.full_path) > MAX_URI:
            return Reply(414, _TOO_LONG, content_type=HTML)
        with self._org.lock:
            user = self._org.tokens.user_of(bearer(request) or "")
            if user is None:
                return refused(expired())
            reply = self._admitted(request, body, user)
            reply.headers["Sforce-Limit-Info"] = self._org.meter.header()
            return reply

    def _admitted(self, request: Request, body: bytes, user: UserAccount) -> Reply:
        """The resource's answer, charged to the quota, if the user may use the API at all."""
        try:
            self._check_api(user)
            _, _, resource = routes.find(request.path, request.method)
        except ApiError as error:
            return refused(error)
        self._org.meter.count(resource)
        return routes.run(self._call(request, body, user))

    def _check_api(self, user: UserAccount) -> None:
        if not self._org.knobs.api_enabled:
            raise ApiError(
                "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"
            )
        if not user.api_enabled:
            raise ApiError("API_CURRENTLY_DISABLED", "API is disabled for this User")
        if self._org.meter.is_exhausted():
            raise over_quota()

    def _call(self, request: Request, body: bytes, user: UserAccount) -> Call:
        return Call(
            org=self._org,
            viewer=self._org.viewer(user),
            method=request.method,
            path=request.full_path.rstrip("?"),
            args=request.args,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
        )


def bearer(request: Request) -> str | None:
    """The access token of a request (`Bearer`, or `OAuth` as older clients say)."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() in ("bearer", "oauth") else None


def refused(error: ApiError) -> Reply:
    """An error as a data resource answers it."""
    return Reply(error.status, [error.as_row()])


def expired() -> ApiError:
    """The session is over, or never was one."""
    return ApiError("INVALID_SESSION_ID", "Session expired or invalid")


def over_quota() -> ApiError:
    """The daily allocation is used up."""
    return ApiError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


def _not_found() -> Reply:
    return refused(ApiError("NOT_FOUND", "The requested resource does not exist"))
