"""What a failed AWS call means to its caller."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from crmsync.adapters.aws_failures import aws_failures, meaning_of
from crmsync.domain.errors import CrmSyncError, Defer, Retry

URL = "https://dynamodb.us-east-1.amazonaws.com"


def refusal(code: str, status: int = 400) -> ClientError:
    answer = {"Error": {"Code": code, "Message": "canary"}}
    answer |= {"ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutItem")


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "SlowDown"]
)
def test_too_much_at_once_is_deferred(code: str) -> None:
    meaning = meaning_of(refusal(code), "PutItem")

    assert isinstance(meaning, Defer)
    assert meaning.seconds > 0


@pytest.mark.parametrize(
    ("code", "status"),
    [("InternalServerError", 500), ("AnythingNew", 503), ("RequestTimeout", 400)],
)
def test_a_failure_in_passing_may_have_been_applied(code: str, status: int) -> None:
    meaning = meaning_of(refusal(code, status), "PutItem")

    assert isinstance(meaning, Retry)
    assert meaning.applied is None


@pytest.mark.parametrize(
    ("error", "applied"),
    [
        (EndpointConnectionError(endpoint_url=URL), False),
        (ConnectTimeoutError(endpoint_url=URL), False),
        (ReadTimeoutError(endpoint_url=URL), None),
        (ConnectionClosedError(endpoint_url=URL), None),
    ],
)
def test_only_what_did_not_leave_us_is_known_not_to_be_applied(
    error: Exception, *, applied: bool | None
) -> None:
    meaning = meaning_of(error, "PutItem")

    assert isinstance(meaning, Retry)
    assert meaning.applied is applied


@pytest.mark.parametrize("error", [refusal("AccessDeniedException"), NoCredentialsError()])
def test_what_only_an_operator_can_mend_is_neither(error: Exception) -> None:
    assert type(meaning_of(error, "PutItem")) is CrmSyncError


def test_the_services_own_words_are_not_repeated() -> None:
    assert "canary" not in str(meaning_of(refusal("ValidationException"), "PutItem"))


def test_errors_of_ours_pass_unchanged() -> None:
    ours = Defer("later", "Later.", seconds=1)

    with pytest.raises(Defer) as caught, aws_failures("PutItem"):
        raise ours

    assert caught.value is ours
