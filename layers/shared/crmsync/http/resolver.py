"""The resolver every HTTP function uses: validation on, and all errors answered as problems."""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from crmsync.domain.caller import Caller
from crmsync.domain.errors import CrmSyncError, RequestError
from crmsync.http.claims import admit, caller_of
from crmsync.http.problems import (
    CONTENT_TYPE,
    SERVER_ERROR,
    not_json,
    of_error,
    of_validation,
    problem,
)
from crmsync.observability import count, logger

_ANSWER_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def _signed_in(request: Request) -> Caller:
    return caller_of(request.resolved_event.raw_event)


SignedIn = Annotated[Caller, Depends(_signed_in)]
"""A route parameter of this type is the caller; the route answers 401 or 403 without one."""


def make_resolver() -> APIGatewayRestResolver:
    """A resolver that answers every error as a problem and tells nobody what went wrong inside."""
    resolver = APIGatewayRestResolver(
        enable_validation=True,
        response_validation_error_http_code=500,
    )
    resolver.exception_handler(CrmSyncError)(_refused)
    resolver.exception_handler(RequestValidationError)(of_validation)
    resolver.exception_handler(RequestUnsupportedContentType)(_unsupported)
    resolver.exception_handler(NotFoundError)(_no_route)
    resolver.exception_handler(Exception)(_unexpected)
    return resolver


def serve(
    resolver: APIGatewayRestResolver, event: dict[str, Any], context: LambdaContext
) -> dict[str, Any]:
    """Answer one request. The answer is never cached by anybody between us and the page."""
    try:
        admit(event)
    except RequestError as error:
        return _finished(_plain(of_error(error)))
    if not _said_to_be_json(event):
        return _finished(_plain(_unsupported()))
    if not _readable(event):
        return _finished(_plain(not_json()))
    return _finished(resolver.resolve(event, context))


def _finished(answer: dict[str, Any]) -> dict[str, Any]:
    headers: dict[str, list[str]] = answer.setdefault("multiValueHeaders", {})
    known = {name.lower() for name in headers}
    for name, value in _ANSWER_HEADERS.items():
        if name.lower() not in known:
            headers[name] = [value]
    return answer


def _plain(response: Response[str]) -> dict[str, Any]:
    return {
        "statusCode": response.status_code,
        "body": response.body,
        "isBase64Encoded": False,
        "multiValueHeaders": {"Content-Type": [CONTENT_TYPE]},
    }


def _said_to_be_json(event: Mapping[str, Any]) -> bool:
    """Whether the body is said to be JSON, or nothing is said; Powertools would parse forms too."""
    named = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    media = (named.get("content-type") or "").partition(";")[0].strip().lower()
    return media in {"", "application/json"}


def _readable(event: Mapping[str, Any]) -> bool:
    """Whether the body, if any, is JSON that can be stored: no NaN, no lone surrogates."""
    if not event.get("body"):
        return True
    try:
        text = APIGatewayProxyEvent(dict(event)).decoded_body or "null"
        value = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError, binascii.Error):
        return False
    return True


def _refuse_constant(name: str) -> None:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def _unsupported(_: RequestUnsupportedContentType | None = None) -> Response[str]:
    return problem(415, "not_json", "Send the body as application/json.")


def _no_route(_: NotFoundError) -> Response[str]:
    return problem(404, "no_such_route", "There is no such route, or not for this method.")


def _refused(error: CrmSyncError) -> Response[str]:
    """What nobody but the operator can help with is logged and counted, too."""
    answer = of_error(error)
    if answer.status_code == SERVER_ERROR:
        logger.error("request_refused", error_code=error.code, detail=error.detail)
        count("RequestsFailed")
    return answer


def _unexpected(error: Exception) -> Response[str]:
    logger.exception("request_failed", error_type=type(error).__name__)
    count("RequestsFailed")
    return problem(500, "unexpected", "Something broke on our side. Try again in a moment.")
