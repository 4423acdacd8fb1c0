"""How routes are declared: path, answer and status in one line, documented problems included."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from inspect import getdoc
from typing import Annotated, Any, TypeVar

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel

from crmsync.bootstrap.desk import Desk
from crmsync.http import PROBLEMS, caller_of

F = TypeVar("F", bound=Callable[..., Any])

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class Routes(APIGatewayRouter):
    """The routes of one resource; `tag` groups them in the OpenAPI document."""

    def __init__(self, tag: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Powertools leaves it bare
        self._tag = tag

    def answer(
        self,
        method: str,
        path: str,
        model: type[BaseModel | str] | None = None,
        *,
        status: int = 200,
        media: str = "application/json",
    ) -> Callable[[F], F]:
        """Register a route that answers `status` with `model`, or with nothing when it is None."""

        def register(function: F) -> F:
            text = getdoc(function) or ""
            declare = self.route(
                path,
                method,
                summary=text.partition("\n")[0],
                description=text,
                operation_id=function.__name__,
                responses=_documented(method, status, {media: {"model": model}} if model else {}),
                tags=[self._tag],
                status_code=status,
            )
            declare(function)
            return function

        return register


def nothing() -> Response[str]:
    """A 204: done, and nothing to say."""
    return Response(204, content_type=None, body="")


def _documented(method: str, status: int, content: dict[str, Any]) -> dict[int, Any]:
    success = {
        "description": HTTPStatus(status).phrase,
        **({"content": content} if content else {}),
    }
    unreadable = {**PROBLEMS[400], "description": HTTPStatus(415).phrase}
    return {status: success, **PROBLEMS, **({415: unreadable} if method in _WITH_BODY else {})}


def _desk(request: Request) -> Desk:
    return Desk(request.context["supplies"].ports, caller_of(request.resolved_event.raw_event))


AtDesk = Annotated[Desk, Depends(_desk)]
"""A route parameter of this type holds every service, bound to the caller."""

ID_PATTERN = r"^[A-Za-z0-9_.:~-]{1,128}$"
"""Of every id, wherever a request holds it: what no key of ours can be is refused as a value."""

Id = Annotated[str, Path(pattern=ID_PATTERN, description="An id of ours.")]
Cursor = Annotated[
    str | None, Query(max_length=2000, description="The `cursor` of the page before, as it was.")
]
Limit = Annotated[int, Query(ge=1, le=200, description="How many items a page holds at most.")]
Search = Annotated[str, Query(max_length=100, description="Text to look for; all when empty.")]
