"""The whole API of `functions/api`: every route in one resolver, and its OpenAPI document."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from pydantic import BaseModel, ConfigDict

from crmsync.http import make_resolver
from crmsync.routes import (
    automations,
    changes,
    connections,
    contacts,
    groups,
    notifications,
    reviews,
    runs,
)
from crmsync.routes.openapi import document
from crmsync.routes.registry import Routes

_RESOURCES = (connections, automations, runs, changes, reviews, groups, contacts, notifications)


class OpenApiDocument(BaseModel):
    """An OpenAPI document."""

    model_config = ConfigDict(extra="allow")

    openapi: str


def make_api() -> APIGatewayRestResolver:
    """A resolver with every route; it takes `supplies` (see bootstrap.api) from its context."""
    api = make_resolver()
    for resource in _RESOURCES:
        api.include_router(resource.routes)
    about = Routes("about")

    @about.answer("GET", "/api/openapi.json", OpenApiDocument)
    def get_openapi() -> Response[str]:
        """This document."""
        return Response(200, "application/json", document(api))

    api.include_router(about)
    return api
