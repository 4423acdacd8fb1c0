"""The whole HTTP API: what `functions/api` answers, and the document of everything."""

from __future__ import annotations

import json

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from pydantic import BaseModel, ConfigDict

from crmsync.http import make_resolver
from crmsync.routes import (
    audit,
    automations,
    changes,
    connections,
    contacts,
    groups,
    notifications,
    reviews,
    runs,
)
from crmsync.routes.openapi import described
from crmsync.routes.registry import Routes

_RESOURCES = (
    connections,
    audit,
    automations,
    runs,
    changes,
    reviews,
    groups,
    contacts,
    notifications,
)

about = Routes("about")


class OpenApiDocument(BaseModel):
    """An OpenAPI document."""

    model_config = ConfigDict(extra="allow")

    openapi: str


@about.answer("GET", "/api/openapi.json", OpenApiDocument)
def get_openapi() -> Response[str]:
    """This document."""
    return Response(200, "application/json", document())


def make_api() -> APIGatewayRestResolver:
    """A resolver with the routes of `functions/api`; it takes `supplies` from its context."""
    api = make_resolver()
    for resource in _RESOURCES:
        api.include_router(resource.routes)
    api.include_router(about)
    return api


def document() -> str:
    """The OpenAPI document of all functions as JSON text, the same text every time."""
    from crmsync.routes import logins  # noqa: PLC0415 - another function's, wanted here only

    everything = make_api()
    everything.include_router(logins.routes)
    return json.dumps(described(everything), indent=1, sort_keys=True) + "\n"
