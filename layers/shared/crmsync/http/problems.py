"""Problem answers (RFC 9457): every error the API gives, in one shape with a stable `code`."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field

from crmsync.domain.errors import (
    ConnectionStopped,
    CrmSyncError,
    Defer,
    FieldProblem,
    LeaseLost,
    RecordRefused,
    RequestError,
    Retry,
    TooMany,
)

CONTENT_TYPE = "application/problem+json"
_RETRY_SECONDS = 5
_UNPROCESSABLE = 422
SERVER_ERROR = 500


class ProblemError(BaseModel):
    """One reason, at a JSON pointer into the body, or a query parameter as `?name`."""

    pointer: str
    code: str
    detail: str


class Problem(BaseModel):
    """What every error looks like. `code` is stable; `title` and `detail` are for people."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""
    errors: Annotated[list[ProblemError], Field(default_factory=list)]


def _phrase(status: int) -> str:
    """The name of a status as RFC 9110 has it; Python's own name of 422 changed with 3.13."""
    return "Unprocessable Content" if status == _UNPROCESSABLE else HTTPStatus(status).phrase


PROBLEMS: dict[int, dict[str, Any]] = {
    status: {
        "description": _phrase(status),
        "content": {CONTENT_TYPE: {"model": Problem}},
    }
    for status in (400, 401, 403, 404, 409, 422, 429, 500, 503)
}
"""For `responses=` of a route, or of a resolver's OpenAPI document."""


def problem(
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldProblem] = (),
    headers: dict[str, str | list[str]] | None = None,
) -> Response[str]:
    """A problem answer; the title is the status's own phrase."""
    body = Problem(
        title=_phrase(status),
        status=status,
        code=code,
        detail=detail,
        errors=[
            ProblemError(pointer=error.pointer, code=error.code, detail=error.detail)
            for error in errors
        ],
    )
    return Response(status, CONTENT_TYPE, body.model_dump_json(), headers=headers)


def of_error(error: CrmSyncError) -> Response[str]:
    """The answer for an error raised on purpose; what is our own fault names no internals."""
    if isinstance(error, RequestError):
        wait = _retry_after(error.seconds) if isinstance(error, TooMany) else None
        return problem(error.status, error.code, error.detail, error.errors, headers=wait)
    if isinstance(error, ConnectionStopped | RecordRefused):
        return problem(409, error.code, error.detail)
    if isinstance(error, Retry | Defer):
        seconds = error.seconds if isinstance(error, Defer) else _RETRY_SECONDS
        return problem(503, error.code, error.detail, headers=_retry_after(seconds))
    if isinstance(error, LeaseLost):
        text = "Somebody else is changing this right now. Try again."
        return problem(503, error.code, text, headers=_retry_after(_RETRY_SECONDS))
    return problem(
        SERVER_ERROR, error.code, "Something is set up wrongly on our side. Tell the operator."
    )


def _retry_after(seconds: int) -> dict[str, str | list[str]]:
    return {"Retry-After": str(seconds)}


def of_validation(error: RequestValidationError) -> Response[str]:
    """422 with a pointer per fault; 404 for an id in the path that nothing can have."""
    if any(fault["loc"][:1] == ("path",) for fault in error.errors()):
        return problem(404, "no_such_id", "There is nothing with this id.")
    found = [_field_problem(fault) for fault in error.errors()]
    return problem(422, "invalid_request", "Some values cannot be accepted; see errors.", found)


def not_json() -> Response[str]:
    """The body cannot be read."""
    return problem(400, "not_json", "The body is not valid JSON (RFC 8259, UTF-8).")


def _field_problem(fault: dict[str, Any]) -> FieldProblem:
    """The message names types and limits only; the refused value is never repeated."""
    place, *path = fault["loc"] or ("body",)
    pointer = f"?{'.'.join(map(str, path))}" if place in {"query", "header"} else _pointer(path)
    return FieldProblem(pointer, str(fault["type"]), _sentence(fault))


def _sentence(fault: dict[str, Any]) -> str:
    """What is wrong with a text as people say it: nobody reads a pattern."""
    limits = fault.get("ctx") or {}
    match fault["type"]:
        case "string_pattern_mismatch":
            return "This is not in the form that is expected here."
        case "string_too_long":
            return f"At most {limits['max_length']} characters fit here."
        case "string_too_short":
            return "This must not be empty."
        case _:
            return str(fault.get("msg") or "Invalid value.")


def _pointer(path: Sequence[object]) -> str:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "".join(f"/{part}" for part in parts)
