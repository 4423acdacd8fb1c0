"""One HTTP session with bounds: time-outs, a deadline, a body cap, no redirects, no environment.

simple-salesforce and requests have no time-out of their own, and a read time-out alone does not
stop a server that sends one byte now and then.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
)

from crmsync.adapters.salesforce.settings import Limits, SalesforceSettings
from crmsync.domain.errors import Retry

_CHUNK = 65536
_NEVER_SENT = (ConnectTimeoutError, NewConnectionError, NameResolutionError)


class BoundedSession(requests.Session):
    """A session whose every answer is complete, small enough and in time, or an error."""

    def __init__(
        self, settings: SalesforceSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.verify = settings.ca_bundle or True
        self._limits = settings.limits
        self._clock = clock

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - as inherited
        """Send one request; raises `requests.RequestException` for everything that goes wrong."""
        limits = self._limits
        kwargs.update(stream=True, allow_redirects=False, timeout=(limits.connect, limits.silence))
        deadline = self._clock() + limits.total
        response = super().send(request, **kwargs)
        try:
            body = _read(response, limits, deadline, self._clock)
        except HTTPError as error:
            raise requests.ConnectionError(error, request=request) from None
        finally:
            response.close()
        response.raw = io.BytesIO(body)
        return response


def _read(
    response: requests.Response, limits: Limits, deadline: float, clock: Callable[[], float]
) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := response.raw.read1(_CHUNK, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > limits.body:
            raise requests.ConnectionError("the answer is larger than we accept")
        if clock() > deadline:
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
