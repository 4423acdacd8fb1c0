"""Everything people do over HTTP besides connecting: see `crmsync.routes` for the routes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from crmsync.bootstrap import api as bootstrap
from crmsync.http import serve
from crmsync.observability import Handler, entry_point
from crmsync.routes.api import make_api


def make_handler(supplies: Callable[[LambdaContext], bootstrap.Supplies]) -> Handler:
    """The handler over these supplies, asked for anew with each invocation."""
    api = make_api()

    @entry_point
    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        api.append_context(supplies=supplies(context))  # type: ignore[no-untyped-call]  # Powertools
        return serve(api, event, context)

    return handler


lambda_handler = make_handler(bootstrap.supplies)
