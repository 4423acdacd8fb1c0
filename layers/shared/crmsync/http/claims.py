"""The verified claims of the caller's ID token, as the API Gateway authorizer passes them on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crmsync.domain.caller import Caller
from crmsync.domain.errors import Forbidden, RequestError

ADVISOR_PATHS = ("/api/connections", "/api/runs", "/api/reviews")
"""What a marketing admin only reads."""


class NotSignedIn(RequestError):
    """Nobody is signed in, or not with an ID token."""

    status = 401


def caller_of(event: Mapping[str, Any]) -> Caller:
    """Who is calling; `NotSignedIn` without an ID token, `Forbidden` without a tenant in it."""
    claims = _claims(event)
    user_id, tenant_id = claims.get("sub"), claims.get("custom:tenant_id")
    if not user_id or claims.get("token_use", "id") != "id":
        raise NotSignedIn("not_signed_in", "Sign in and send the ID token as a bearer token.")
    if not tenant_id or "#" in tenant_id:
        text = "This user belongs to no firm. Ask an administrator to set the user's tenant."
        raise Forbidden("no_tenant", text)
    roles = frozenset(_groups(claims.get("cognito:groups")))
    return Caller(tenant_id, user_id, roles)


def admit(event: Mapping[str, Any]) -> None:
    """Refuse who may not make this request at all, before anything of it is read.

    Every `/api` path needs a user with a role; writes under `ADVISOR_PATHS` need an advisor.
    Whose thing it is, the services ask.
    """
    path = str(event.get("path") or "")
    if not path.startswith("/api/"):
        return
    caller = caller_of(event)
    if not (caller.is_advisor or caller.is_marketing_admin):
        text = "This user has no role. Ask an administrator to make them an advisor."
        raise Forbidden("no_role", text)
    if event.get("httpMethod") != "GET" and path.startswith(ADVISOR_PATHS):
        caller.require_advisor()


def _claims(event: Mapping[str, Any]) -> Mapping[str, Any]:
    context = event.get("requestContext") or {}
    authorizer = context.get("authorizer") or {}
    claims = authorizer.get("claims")
    return claims if isinstance(claims, Mapping) else {}


def _groups(value: object) -> list[str]:
    """API Gateway joins the groups with commas, or prints them like `[a b]`."""
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    return [name for name in re.split(r"[\s,\[\]\"]+", str(value or "")) if name]
