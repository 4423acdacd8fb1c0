"""The WSGI application of one org: seeded faults, common headers and the request log."""

import gzip
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from ..faults import Fault
from ..server import cut
from ..stamps import http_date
from .admin import Admin
from .call import HTML, Reply
from .gateway import Gateway, bearer, expired, over_quota, refused

if TYPE_CHECKING:
    from ..org import Org

_GZIP_FROM = 1_000
_HTML_PAGE = (
    "<html><head><title>Error</title></head><body><h1>Service unavailable</h1></body></html>"
)
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
        self._gateway = Gateway(org)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        body = request.get_data()
        if request.headers.get("Content-Encoding", "").lower() == "gzip":
            body = gzip.decompress(body)
        if request.path.startswith("/__admin"):
            response = self._response(request, self._admin.handle(request, body))
        else:
            response = self._served(request, body)
        return response(environ, start_response)

    def _served(self, request: Request, body: bytes) -> Response:
        path = request.full_path.rstrip("?")
        faults = self.org.faults.firing(request.method, path, body.decode(errors="replace"))
        kinds = [fault.kind for fault in faults]
        if "reset_before" in kinds:
            self._log(request, body, None, kinds)
            raise _reset(request)
        for fault in (fault for fault in faults if fault.kind == "delay"):
            time.sleep(float(fault.action.get("seconds", 1)))
        reply = _in_place(faults) or self._gateway.reply(request, body)
        _rewrite(reply, faults)
        self._log(request, body, reply, kinds)
        if "reset_after" in kinds:
            raise _reset(request)
        response = self._response(request, reply)
        for fault in (fault for fault in faults if fault.kind in ("truncate", "drip")):
            response.response = _broken(response.get_data(), fault, request)
        return response

    def _response(self, request: Request, reply: Reply) -> Response:
        data = reply.encoded()
        headers = {**_COMMON, "Date": http_date(self.org.clock.stamp()), **reply.headers}
        if len(data) > _GZIP_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
            data = gzip.compress(data, compresslevel=1)
            headers["Content-Encoding"] = "gzip"
        if reply.status in (204, 304):
            return Response(status=reply.status, headers=headers)
        return Response(data, reply.status, headers, content_type=reply.content_type)

    def _log(self, request: Request, body: bytes, reply: Reply | None, faults: list[str]) -> None:
        with self.org.lock:
            user = self.org.tokens.user_of(bearer(request) or "")
            self.org.meter.record(
                {
                    "at": self.org.clock.stamp(),
                    "method": request.method,
                    "path": request.path,
                    "query": request.query_string.decode(),
                    "body": body.decode(errors="replace"),
                    "status": reply.status if reply else None,
                    "user": user.username if user else None,
                    "fault": ",".join(faults) or None,
                    "user_agent": request.headers.get("User-Agent", ""),
                }
            )


def _in_place(faults: list[Fault]) -> Reply | None:
    """What a seeded fault answers in place of the org."""
    for fault in faults:
        action = fault.action
        if fault.kind == "status":
            headers = {str(k): str(v) for k, v in action.get("headers", {}).items()}
            return Reply(int(action.get("status", 500)), action.get("body"), headers)
        if fault.kind == "html":
            page = action.get("body", _HTML_PAGE)
            return Reply(int(action.get("status", 503)), page, content_type=HTML)
        if fault.kind in _REFUSALS:
            return refused(_REFUSALS[fault.kind]())
    return None


_REFUSALS = {"expired_session": expired, "quota": over_quota}


def _rewrite(reply: Reply, faults: list[Fault]) -> None:
    for fault in faults:
        if fault.kind == "rewrite" and isinstance(reply.body, dict):
            reply.body = {**reply.body, **fault.action.get("set", {})}
            for name in fault.action.get("remove", []):
                reply.body.pop(name, None)


def _reset(request: Request) -> ConnectionResetError:
    cut(request.environ["werkzeug.socket"])
    return ConnectionResetError("cut by a seeded fault")


def _broken(data: bytes, fault: Fault, request: Request) -> Iterator[bytes]:
    """A body that stops short, or comes one byte at a time."""
    if fault.kind == "truncate":
        yield data[: int(fault.action.get("bytes", len(data) // 2))]
        raise _reset(request)
    for index in range(len(data)):
        time.sleep(float(fault.action.get("seconds", 1)))
        yield data[index : index + 1]
