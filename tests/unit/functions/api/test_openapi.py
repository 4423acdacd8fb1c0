from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from crmsync.routes.api import document
from openapi_spec_validator import validate

from tests.unit.functions.api.people import User

ROOT = Path(__file__).parents[4]
DOCUMENT: dict[str, Any] = json.loads(document())
OPERATIONS = [
    (method.upper(), path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]


def test_the_committed_document_is_the_one_the_code_gives() -> None:
    committed = (ROOT / "docs/openapi.json").read_text()

    assert committed == document(), "run: python -m crmsync.routes > docs/openapi.json"


def test_the_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


def test_it_is_served_as_it_is(advisor: User) -> None:
    answer = advisor.get("openapi.json")

    assert answer.status == 200
    assert answer.body == DOCUMENT


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_operation_tells_its_answers_and_problems(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    statuses = set(operation["responses"])

    assert operation["description"], (method, path)
    assert sum(status < "400" for status in statuses) == 1
    if path.startswith("/api/"):
        assert {"400", "401", "403", "404", "409", "422", "500", "503"} <= statuses
    for status, response in operation["responses"].items():
        if status >= "400":
            assert list(response["content"]) == ["application/problem+json"]


def test_only_the_callback_needs_no_token() -> None:
    public = {path for _, path, operation in OPERATIONS if operation.get("security") == []}

    assert DOCUMENT["security"] == [{"id_token": []}]
    assert public == {"/oauth/callback/{platform}"}


CONTRACT = """
GET /api/platforms
POST /api/connections
GET /oauth/callback/{platform}
POST /api/connections/finish
GET /api/connections
GET /api/connections/{connection_id}
PATCH /api/connections/{connection_id}
POST /api/connections/{connection_id}/reconnect
DELETE /api/connections/{connection_id}
GET /api/connections/{connection_id}/campaigns
GET /api/groups
POST /api/groups
GET /api/groups/{group_id}
PATCH /api/groups/{group_id}
GET /api/groups/{group_id}/members
PUT /api/groups/{group_id}/members/{contact_id}
DELETE /api/groups/{group_id}/members/{contact_id}
GET /api/contacts
POST /api/contacts
GET /api/contacts/{contact_id}
PATCH /api/contacts/{contact_id}
GET /api/contacts/{contact_id}/timeline
GET /api/connections/{connection_id}/audit
GET /api/connections/{connection_id}/automation
PUT /api/connections/{connection_id}/automation
POST /api/connections/{connection_id}/automation/finalize
POST /api/connections/{connection_id}/previews
POST /api/connections/{connection_id}/runs
GET /api/connections/{connection_id}/runs
GET /api/runs/{run_id}
GET /api/runs/{run_id}/changes
GET /api/runs/{run_id}/report.csv
GET /api/runs/{run_id}/list-source
GET /api/connections/{connection_id}/list-sources
POST /api/runs/{run_id}/cancel
POST /api/runs/{run_id}/approve
POST /api/runs/{run_id}/undo
POST /api/runs/{run_id}/retry
GET /api/connections/{connection_id}/reviews
POST /api/reviews/{review_id}
GET /api/notifications
POST /api/notifications/{notification_id}/read
GET /api/notification-settings
PUT /api/notification-settings
GET /api/openapi.json
"""


def test_the_routes_are_those_of_the_contract() -> None:
    routes = {f"{method} {path}" for method, path, _ in OPERATIONS}

    assert routes == set(CONTRACT.strip().splitlines())


def test_no_id_in_a_request_can_be_longer_than_a_key() -> None:
    unbounded = [
        (title, name)
        for title, schema in _sent().items()
        for name, each in schema.get("properties", {}).items()
        if name == "id" or name.endswith("_id")
        if not all("pattern" in kind for kind in _kinds(each))
    ]

    assert unbounded == []


def _sent() -> dict[str, Any]:
    """Every schema that a request body is made of, by name."""
    waiting = [operation.get("requestBody", {}) for *_, operation in OPERATIONS]
    found: dict[str, Any] = {}
    while waiting:
        names = re.findall(r"#/components/schemas/([\w-]+)", json.dumps(waiting.pop()))
        new = {name: DOCUMENT["components"]["schemas"][name] for name in {*names} - {*found}}
        found |= new
        waiting += new.values()
    return found


def _kinds(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """What a value may be, besides null."""
    return [kind for kind in schema.get("anyOf", [schema]) if kind != {"type": "null"}]
