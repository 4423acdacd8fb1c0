"""One HTTP session with bounds: time-outs, a deadline, a body cap, no redirects, no environment.

simple-salesforce and requests have no time-out of their own, and a read time-out alone does not
stop a server that sends one byte now and then.
"""

from __future__ import annotations

import io
import threading
import time
from http.cookiejar import DefaultCookiePolicy
from queue import Empty, SimpleQueue
from typing import Any

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
)

from crmsync.adapters.salesforce.settings import SalesforceSettings
from crmsync.domain.errors import Retry

_CHUNK = 65536
_NEVER_SENT = (ConnectTimeoutError, NewConnectionError, NameResolutionError)


class BoundedSession(requests.Session):
    """A session whose every answer is complete, small enough and in time, or an error."""

    def __init__(self, settings: SalesforceSettings) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.verify = settings.ca_bundle or True
        self._limits = settings.limits

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - as inherited
        """Send one request; raises `requests.RequestException` for everything that goes wrong.

        It runs in a thread of its own, as nothing else ends a wait for headers that trickle in. One
        that is given up ends with its next byte or time-out, and nobody hears of its answer.
        """
        answers: SimpleQueue[requests.Response | Exception] = SimpleQueue()
        deadline = time.monotonic() + self._limits.total

        def work() -> None:
            try:
                answers.put(self._complete(request, deadline, kwargs))
            except Exception as error:  # noqa: BLE001 - raised again by whoever waits for it
                answers.put(error)

        threading.Thread(target=work, daemon=True).start()
        try:
            answer = answers.get(timeout=self._limits.total)
        except Empty:
            raise requests.ReadTimeout("the answer took longer than we wait") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _complete(
        self, request: requests.PreparedRequest, deadline: float, kwargs: dict[str, Any]
    ) -> requests.Response:
        """The answer with its whole body."""
        timeout = (self._limits.connect, self._limits.silence)
        stated = {**kwargs, "stream": True, "allow_redirects": False, "timeout": timeout}
        response = super().send(request, **stated)
        try:
            body = self._read(response, deadline)
        except HTTPError as error:
            raise requests.ConnectionError(error, request=request) from None
        finally:
            response.close()
        response.raw = io.BytesIO(body)
        return response

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        while part := response.raw.read1(_CHUNK, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > self._limits.body:
                raise requests.ConnectionError("the answer is larger than we accept")
            if time.monotonic() > deadline:
                raise requests.ReadTimeout("the answer took longer than we wait")
        return b"".join(parts)


def lost(error: requests.RequestException, *, writing: bool) -> Retry:
    """What a failed exchange amounts to. The error is dropped: its text holds the address."""
    if isinstance(error, requests.ConnectTimeout) or _never_sent(error):
        return Retry("crm_unreachable", "Your CRM could not be reached.")
    applied = None if writing else False
    return Retry("crm_answer_lost", "The connection to your CRM broke.", applied=applied)


def _never_sent(error: requests.RequestException) -> bool:
    """Whether no connection came about; TLS failures count, as nothing is sent before them."""
    if isinstance(error, requests.exceptions.SSLError):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, _NEVER_SENT)
