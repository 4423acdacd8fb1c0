"""Whatever is sent, the answer is one the document describes, and never our fault."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, unquote

import pytest
import schemathesis
from crmsync.routes.api import document
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fakes.world import World
from tests.unit.functions.api.people import CONTEXT, Api

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
API = Api(World())
IDS: dict[str, str] = {}


def fresh_world() -> None:
    """A world with one of everything, the same for every example."""
    world = World()
    world.tenant().opt_in_allowed = True
    API.world = world
    user = API.user()
    connection = world.connect()
    campaign = world.org().add_campaign("Newsletter")
    group = user.post("groups", {"name": "Clients"}).body["id"]
    contact = user.post("contacts", {"last_name": "Ann", "email": "a@firm.example"}).body["id"]
    row = {"campaign": {"id": campaign.id}, "group": {"id": group}, "direction": "both"}
    run = user.post(f"connections/{connection.id}/previews", {"mappings": [row]}).body["run_id"]
    IDS.update(connection_id=connection.id, group_id=group, contact_id=contact, run_id=run)


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """The function behind WSGI, which is what the fuzzer speaks."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").title(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
    url = SplitResult("", "", unquote(path), environ.get("QUERY_STRING", ""), "")
    text = body.decode(errors="replace") or None
    answer = API.handle(API.user().event(environ["REQUEST_METHOD"], url, text, headers), CONTEXT)
    named = [(n, v) for n, values in answer["multiValueHeaders"].items() for v in values]
    start(f"{answer['statusCode']} {HTTPStatus(answer['statusCode']).phrase}", named)
    return [(answer.get("body") or "").encode()]


SCHEMA = (
    from_dict(json.loads(document()))
    .exclude(path_regex="^/oauth")
    .exclude(operation_id=["start_login", "finish_login", "reconnect", "disconnect"])
)
SCHEMA.app = application


def check(case: schemathesis.Case) -> None:
    """The case as it came, and again on things that exist."""
    fresh_world()
    case.validate_response(case.call(), checks=CHECKS)
    if IDS.keys() & case.path_parameters.keys():
        case.path_parameters.update({n: IDS[n] for n in case.path_parameters if n in IDS})
        case.validate_response(case.call(), checks=CHECKS)


@SCHEMA.parametrize()
@settings(max_examples=5, suppress_health_check=list(HealthCheck), derandomize=True)
def test_every_answer_is_as_documented(case: schemathesis.Case) -> None:
    check(case)


@pytest.mark.soak
@SCHEMA.parametrize()
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_documented_for_hours(case: schemathesis.Case) -> None:
    check(case)
