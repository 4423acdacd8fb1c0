"""Connects a CRM, keeps its refresh token, hands out access tokens.

An event with a `requestContext` is an HTTP request; any other one is a token call by one of our
functions, so nothing that comes in over HTTP can ever be taken for one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from crmsync.bootstrap import oauth
from crmsync.http import make_resolver, serve
from crmsync.observability import Handler, count, entry_point, logger
from crmsync.routes.logins import routes
from crmsync.services.token_calls import answer_call

_OURS = frozenset(
    {
        "oauth_client_missing",
        "oauth_client_refused",
        "token_address_refused",
        "token_key_unavailable",
    }
)
"""Refusals that are nobody's fault but the operator's: they have an alarm of their own."""


def make_handler(desk: Callable[[LambdaContext], oauth.LoginDesk]) -> Handler:
    """The handler over a desk, built anew for each invocation."""
    app = make_resolver()
    app.include_router(routes)

    @entry_point
    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        if "requestContext" not in event:
            return _token_call(desk(context), event)
        app.append_context(login_desk=desk(context))  # type: ignore[no-untyped-call]  # Powertools
        return serve(app, event, context)

    return handler


def _token_call(desk: oauth.LoginDesk, event: dict[str, Any]) -> dict[str, Any]:
    answer = answer_call(desk.tokens, event)
    error = answer.get("error", {})
    if error:
        count("OAuthClientRefused" if error["code"] in _OURS else "TokenCallsRefused")
        logger.warning(
            "token_call_refused",
            tenant_id=event.get("tenant_id"),
            connection_id=event.get("connection_id"),
            kind=error["kind"],
            error_code=error["code"],
        )
    return answer


lambda_handler = make_handler(oauth.desk)
