"""The OpenAPI document, generated from the routes. `python -m crmsync.routes.openapi` prints it."""

from __future__ import annotations

import json
import sys
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, Server

_ABOUT = (
    "Keeps marketing groups and CRM campaigns the same, both ways. Every route needs an ID token "
    "of the user pool; the tenant is a claim of it. Errors are problem+json (RFC 9457) with a "
    "stable `code`. Lists page with an opaque `cursor`."
)


def document(api: APIGatewayRestResolver) -> str:
    """The document of these routes as JSON text, the same text every time."""
    schema: dict[str, Any] = json.loads(
        api.get_openapi_json_schema(
            title="crmsync",
            version="1",
            description=_ABOUT,
            servers=[Server(url="/")],
            security_schemes={"id_token": HTTPBearer(bearerFormat="JWT")},
            security=[{"id_token": []}],
        )
    )
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    from crmsync.routes.api import make_api

    sys.stdout.write(document(make_api()))
