"""What can happen to one AWS call, by name, on the way to the emulator or back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

Handler = Callable[..., AWSResponse | None]


class Line:
    """The way a client's calls of one operation go; faults strike the next ones, in order."""

    def __init__(self, service: str, operation: str) -> None:
        self.event = f"before-send.{service}.{operation}"
        self.over = f"response-received.{service}.{operation}"
        self.sent: list[dict[str, Any]] = []
        self.headers: list[Any] = []
        self._waiting: list[Callable[[AWSPreparedRequest], AWSResponse | None]] = []

    def __call__(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        self.headers.append(request.headers)
        body = request.body if isinstance(request.body, bytes | str) else b"{}"
        self.sent.append(json.loads(body) if body[:1] in (b"{", "{") else {})
        answer = self._waiting.pop(0)(request) if self._waiting else None
        if answer is not None:
            # Every handler of this event is called, the emulator's too: it must not act on it.
            botocore_stubber.enabled = False
        return answer

    def ends(self, **_: Any) -> None:
        """The answer is in, so the emulator may act again."""
        botocore_stubber.enabled = True

    def loses_the_answer(self) -> None:
        """The call is applied, and the caller only sees a server error."""

        def strike(request: AWSPreparedRequest) -> AWSResponse:
            botocore_stubber(self.event, request)
            return _answer(request, 500, {"__type": "InternalServerError", "message": "lost"})

        self._waiting.append(strike)

    def refuses(self, code: str, status: int = 400, times: int = 1, **details: Any) -> None:
        """The service refuses the call, with this code, as often as said."""
        body = {"__type": code, "message": code, **details}
        self._waiting += [lambda request: _answer(request, status, body)] * times

    def answers(
        self,
        body: dict[str, Any] | bytes,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> None:
        """The service answers this, whatever was asked."""
        self._waiting.append(lambda request: _answer(request, status, body, headers))

    def does_nothing_of(self, left: str) -> None:
        """A batch comes back whole, as `left`, with nothing done."""
        self._waiting.append(
            lambda request: _answer(request, 200, {left: self.sent[-1]["RequestItems"]})
        )

    def passes_after(self, act: Callable[[], object]) -> None:
        """Somebody does something right before the call arrives."""

        def strike(_: AWSPreparedRequest) -> None:
            act()

        self._waiting.append(strike)


@contextmanager
def line(client: Any, operation: str) -> Iterator[Line]:
    """Watch, and disturb, the calls of one operation of this client."""
    watched = Line(client.meta.service_model.service_name, operation)
    client.meta.events.register_first(watched.event, watched)
    client.meta.events.register_first(watched.over, watched.ends)
    try:
        yield watched
    finally:
        client.meta.events.unregister(watched.event, watched)
        client.meta.events.unregister(watched.over, watched.ends)


def _answer(
    request: AWSPreparedRequest,
    status: int,
    body: dict[str, Any] | bytes,
    headers: dict[str, str] | None = None,
) -> AWSResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    all_headers = HTTPHeaders()
    for name, value in {"content-type": "application/x-amz-json-1.0", **(headers or {})}.items():
        all_headers[name] = value
    return AWSResponse(request.url, status, all_headers, MockRawResponse(content))
