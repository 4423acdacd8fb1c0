"""PynamoDB's errors, unwrapped: a refused condition is an answer, the rest is judged as AWS's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pynamodb.exceptions import PynamoDBException

from crmsync.adapters.aws_failures import meaning_of


class ConditionRefused(Exception):
    """The item was not as the condition wanted it. Caught within this package, always."""


@contextmanager
def store_failures(call: str) -> Iterator[None]:
    """Raise `ConditionRefused`, or what the AWS error within means; `call` is named in it."""
    try:
        yield
    except PynamoDBException as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            raise ConditionRefused from error
        raise meaning_of(error.cause or error, call) from error
