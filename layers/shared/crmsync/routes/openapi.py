"""An OpenAPI document, generated from the routes of a resolver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

_ABOUT = (
    "Keeps marketing groups and CRM campaigns the same, both ways. Every route below `/api` needs "
    "an ID token of the user pool; the tenant is a claim of it. Errors are problem+json (RFC 9457) "
    "with a stable `code`. Lists page with an opaque `cursor`."
)


_ID_TOKEN = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
_PROBLEM = {
    "description": "A problem",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def described(resolver: APIGatewayRestResolver) -> dict[str, Any]:
    """The document of this resolver's routes, without the schemas that no route refers to."""
    text = resolver.get_openapi_json_schema(title="crmsync", version="1", description=_ABOUT)
    document: dict[str, Any] = json.loads(text)
    document["security"] = [{"id_token": []}]
    document["components"]["securitySchemes"] = {"id_token": _ID_TOKEN}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _correct(path, operation)
    _drop_unused(document)
    return document


def _correct(path: str, operation: dict[str, Any]) -> None:
    """Powertools describes error bodies of its own, and JSON where there is no body."""
    responses = operation["responses"]
    for status in [each for each in responses if "ValidationError" in str(responses[each])]:
        responses[status] = _PROBLEM
    for status in ("204", "302"):
        responses.get(status, {}).pop("content", None)
    if not path.startswith("/api/"):
        operation["security"] = []


def _drop_unused(document: dict[str, Any]) -> None:
    """What was replaced leaves schemas behind."""
    schemas = document["components"]["schemas"]
    while unused := schemas.keys() - set(_referred(document)):
        for name in unused:
            del schemas[name]


def _referred(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield str(value).rpartition("/")[2]
            yield from _referred(value)
    elif isinstance(node, list):
        for value in node:
            yield from _referred(value)
