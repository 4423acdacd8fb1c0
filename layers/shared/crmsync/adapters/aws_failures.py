"""What a failed AWS call means to the caller: the one place where botocore's errors are judged.

Shared by the adapters that talk to AWS. Details name the call and AWS's own code, never a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)

from crmsync.domain.errors import CrmSyncError, Defer, Retry

BUSY = frozenset(
    {
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Codes that mean "too much at once"; botocore has already repeated the call before we see one."""

PASSING = frozenset(
    {
        "DependencyTimeoutException",
        "InternalError",
        "InternalServerError",
        "KMSInternalException",
        "RequestTimeout",
        "RequestTimeTooSkewed",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
"""Codes of a service that failed in passing; whether it applied the call is not known."""

BUSY_SECONDS = 10
"""How long to leave a service alone that refused five attempts."""

_SERVER_ERROR = 500


@contextmanager
def aws_failures(call: str) -> Iterator[None]:
    """Raise what an AWS error within means; `call` is named in it."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise meaning_of(error, call) from error


def meaning_of(error: Exception, call: str) -> CrmSyncError:
    """`Defer` when throttled, `Retry` when it may pass, else an error that an operator must see."""
    if isinstance(error, ClientError):
        return _meaning_of_answer(error, call)
    if isinstance(error, ConnectTimeoutError | EndpointConnectionError):
        return Retry("aws_unreachable", f"{call} did not reach AWS", applied=False)
    if isinstance(error, HTTPClientError):
        return Retry("aws_answer_lost", f"{call} got no answer", applied=None)
    return CrmSyncError("aws_refused", f"{call} failed: {type(error).__name__}")


def code_of(error: ClientError) -> str:
    """AWS's own code for what went wrong."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _meaning_of_answer(error: ClientError, call: str) -> CrmSyncError:
    code = code_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in BUSY:
        return Defer("aws_busy", f"{call} was throttled: {code}", seconds=BUSY_SECONDS)
    if code in PASSING or status >= _SERVER_ERROR:
        return Retry("aws_unavailable", f"{call} failed in passing: {code}", applied=None)
    return CrmSyncError("aws_refused", f"{call} was refused: {code}")
