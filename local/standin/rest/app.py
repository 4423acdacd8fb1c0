"""The WSGI application of one org: routing, sign-in checks, quota, faults and the log."""

import gzip
import time
import traceback
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from ..data.access import UserAccount
from ..errors import ApiError
from ..faults import Fault
from ..oauth import endpoints, identity
from ..server import cut
from ..stamps import http_date
from . import describes, routes
from .admin import Admin
from .call import Call, Reply

if TYPE_CHECKING:
    from ..org import Org

MAX_URI = 16_384
_HTML = "<html><head><title>Error</title></head><body><h1>Service unavailable</h1></body></html>"
_COMMON = {
    "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}


class App:
    """One org over WSGI."""

    def __init__(self, org: "Org") -> None:
        self.org = org
        self._admin = Admin(org)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        body = request.get_data()
        if request.headers.get("Content-Encoding", "").lower() == "gzip":
            body = gzip.decompress(body)
        if request.path.startswith("/__admin"):
            reply = self._admin.handle(request, body)
            return self._response(request, reply)(environ, start_response)
        return self._served(environ, start_response, request, body)

    def _served(
        self, environ: dict[str, Any], start_response: Any, request: Request, body: bytes
    ) -> Iterable[bytes]:
        path = request.full_path.rstrip("?")
        faults = self.org.faults.firing(request.method, path, body.decode(errors="replace"))
        if any(fault.kind == "reset_before" for fault in faults):
            self._log(request, body, None, "reset_before")
            raise _reset(environ)
        for fault in (fault for fault in faults if fault.kind == "delay"):
            time.sleep(float(fault.action.get("seconds", 1)))
        reply = self._refused(faults, request) or self._reply(request, body)
        _rewrite(reply, faults)
        self._log(request, body, reply, ",".join(fault.kind for fault in faults) or None)
        if any(fault.kind == "reset_after" for fault in faults):
            raise _reset(environ)
        response = self._response(request, reply)
        slow = next((fault for fault in faults if fault.kind in ("truncate", "drip")), None)
        if slow is not None:
            response.response = _broken(response.get_data(), slow, environ)
        return response(environ, start_response)

    def _refused(self, faults: list[Fault], request: Request) -> Reply | None:
        """What a seeded fault answers in place of the org."""
        for fault in faults:
            action = fault.action
            if fault.kind == "status":
                headers = {str(k): str(v) for k, v in action.get("headers", {}).items()}
                return Reply(int(action.get("status", 500)), action.get("body"), headers)
            if fault.kind == "html":
                page = action.get("body", _HTML)
                return Reply(int(action.get("status", 503)), page, content_type="text/html")
            if fault.kind == "expired_session":
                return _error(_expired())
            if fault.kind == "quota":
                return _error(_over_quota())
        return None

    def _reply(self, request: Request, body: bytes) -> Reply:
        try:
            return self._routed(request, body)
        except Exception:  # a fault of the stand-in itself: shown in its output, answered as 500
            traceback.print_exc()
            return _error(
                ApiError("UNKNOWN_EXCEPTION", "An unexpected error occurred.", status=500)
            )

    def _routed(self, request: Request, body: bytes) -> Reply:
        path = request.path.rstrip("/") or "/"
        if path.startswith("/services/oauth2/") and path != "/services/oauth2/userinfo":
            return self._oauth(path, request)
        if path.startswith("/services/Soap/"):
            return endpoints.soap_login(self.org, path, body)
        if path == "/services/data":
            return Reply(body=describes.versions())
        if path.startswith("/id/") or path == "/services/oauth2/userinfo":
            return self._identity(path, request)
        if path.startswith("/services/data/"):
            return self._data(request, body)
        if path == "/":
            return Reply(302, headers={"Location": "/__admin"})
        return _error(ApiError("NOT_FOUND", "The requested resource does not exist"))

    def _oauth(self, path: str, request: Request) -> Reply:
        form = request.form if request.method == "POST" else request.args
        with self.org.lock:
            if path == "/services/oauth2/authorize":
                return endpoints.authorize(self.org, form, submitted=request.method == "POST")
            if path == "/services/oauth2/token" and request.method == "POST":
                return endpoints.token(self.org, form, request.headers.get("Authorization"))
            if path == "/services/oauth2/revoke":
                return endpoints.revoke(self.org, {**request.args.to_dict(), **form.to_dict()})
        return _error(ApiError("NOT_FOUND", "The requested resource does not exist"))

    def _identity(self, path: str, request: Request) -> Reply:
        token = _token(request) or request.args.get("oauth_token")
        user = self.org.tokens.user_of(token) if token else None
        if user is None:
            return identity.bad_token(missing=not token)
        if path == "/services/oauth2/userinfo":
            return identity.userinfo(self.org, user)
        asked = path.removeprefix("/id/").split("/")
        if asked[:2] != [self.org.org_id, user.id]:
            return identity.bad_token(missing=False)
        return identity.identity(self.org, user)

    def _data(self, request: Request, body: bytes) -> Reply:
        if len(request.full_path) > MAX_URI:
            page = "<html><body><h1>414 URI Too Long</h1></body></html>"
            return Reply(414, page, content_type="text/html")
        with self.org.lock:
            try:
                user = self._signed_in(request)
                _, _, resource = routes.find(request.path, request.method)
            except ApiError as error:
                return _error(error)
            self.org.meter.count(resource)
            return routes.run(self._call(request, body, user))

    def _signed_in(self, request: Request) -> UserAccount:
        user = self.org.tokens.user_of(_token(request) or "")
        if user is None:
            raise _expired()
        if not self.org.knobs.api_enabled:
            raise ApiError(
                "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"
            )
        if not user.api_enabled:
            raise ApiError("API_CURRENTLY_DISABLED", "API is disabled for this User")
        if self.org.meter.is_exhausted():
            raise _over_quota()
        return user

    def _call(self, request: Request, body: bytes, user: UserAccount) -> Call:
        return Call(
            org=self.org,
            viewer=self.org.viewer(user),
            method=request.method,
            path=request.full_path.rstrip("?"),
            args=request.args,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
        )

    def _response(self, request: Request, reply: Reply) -> Response:
        data = reply.encoded()
        headers = {**_COMMON, "Date": http_date(self.org.clock.stamp()), **reply.headers}
        if request.path.startswith("/services/data/v"):
            headers["Sforce-Limit-Info"] = self.org.meter.header()
        if len(data) > 1_000 and "gzip" in request.headers.get("Accept-Encoding", ""):
            data = gzip.compress(data, compresslevel=1)
            headers["Content-Encoding"] = "gzip"
        if reply.status in (204, 304):
            return Response(status=reply.status, headers=headers)
        return Response(data, reply.status, headers, content_type=reply.content_type)

    def _log(self, request: Request, body: bytes, reply: Reply | None, fault: str | None) -> None:
        with self.org.lock:
            user = self.org.tokens.user_of(_token(request) or "")
            self.org.meter.record(
                {
                    "at": self.org.clock.stamp(),
                    "method": request.method,
                    "path": request.path,
                    "query": request.query_string.decode(),
                    "body": body.decode(errors="replace"),
                    "status": reply.status if reply else None,
                    "user": user.username if user else None,
                    "fault": fault,
                    "user_agent": request.headers.get("User-Agent", ""),
                }
            )


def _token(request: Request) -> str | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() in ("bearer", "oauth") else None


def _expired() -> ApiError:
    return ApiError("INVALID_SESSION_ID", "Session expired or invalid")


def _over_quota() -> ApiError:
    return ApiError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


def _error(error: ApiError) -> Reply:
    return Reply(error.status, [error.as_row()])


def _rewrite(reply: Reply, faults: list[Fault]) -> None:
    for fault in faults:
        if fault.kind == "rewrite" and isinstance(reply.body, dict):
            reply.body = {**reply.body, **fault.action.get("set", {})}
            for name in fault.action.get("remove", []):
                reply.body.pop(name, None)


def _reset(environ: dict[str, Any]) -> ConnectionResetError:
    cut(environ["werkzeug.socket"])
    return ConnectionResetError("cut by a seeded fault")


def _broken(data: bytes, fault: Fault, environ: dict[str, Any]) -> Iterator[bytes]:
    """A body that stops short, or comes one byte at a time."""
    if fault.kind == "truncate":
        yield data[: int(fault.action.get("bytes", len(data) // 2))]
        raise _reset(environ)
    for index in range(len(data)):
        time.sleep(float(fault.action.get("seconds", 1)))
        yield data[index : index + 1]
