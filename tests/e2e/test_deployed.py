"""The template, deployed: what was built runs, and the door is locked."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from local.stack.aws import LocalAws
from local.stack.people import id_token

FUNCTIONS = {
    "api": "ApiFunction",
    "notify": "NotifyFunction",
    "oauth_callback": "OauthCallbackFunction",
    "run_sync": "RunSyncFunction",
    "schedule_sync": "ScheduleSyncFunction",
    "web": "WebFunction",
}
_SECONDS = 15
PROBLEM = {"type", "title", "status", "code", "detail", "errors"}


def _get(stack: Mapping[str, Any], path: str, token: str | None = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(stack["api_url"] + path, headers=headers, timeout=_SECONDS)


@pytest.mark.parametrize("function", sorted(FUNCTIONS.values()))
def test_what_was_built_needs_nothing_that_the_layer_lacks(
    stack: Mapping[str, Any], function: str
) -> None:
    code = (
        "import sys, os; sys.path[:0] = sys.argv[1:];"
        "os.environ |= {'AWS_REGION': 'us-east-1', 'POWERTOOLS_SERVICE_NAME': 'test'};"
        "import app; assert callable(app.lambda_handler)"
    )

    ran = subprocess.run(
        [
            *(sys.executable, "-I", "-S", "-c", code),
            *(str(Path(stack["built"]) / function), *stack["layer_path"]),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr


def test_a_stranger_gets_the_page_and_nothing_else(stack: Mapping[str, Any]) -> None:
    page, api = _get(stack, "/"), _get(stack, "/api/groups")

    assert page.status_code == 200
    assert "text/html" in page.headers["Content-Type"]
    assert api.status_code == 401
    assert api.headers["Content-Type"] == "application/problem+json"
    assert api.json()["code"] == "not_signed_in"
    assert set(api.json()) == PROBLEM


def test_a_path_that_is_no_route_is_a_problem_too(stack: Mapping[str, Any]) -> None:
    answer = _get(stack, "/api")

    assert answer.status_code == 404
    assert answer.json()["code"] == "no_such_route"
    assert set(answer.json()) == PROBLEM


def test_everyone_signs_in_with_their_password_locally(stack: Mapping[str, Any]) -> None:
    for user in stack["users"]:
        answer = _get(stack, "/api/platforms", id_token(stack, user))

        assert answer.status_code == 200, answer.text
        assert {card["platform"] for card in answer.json()["items"]} == {
            "practifi",
            "salentica",
            "salesforce",
        }


def test_every_org_answers_at_its_own_address(stack: Mapping[str, Any]) -> None:
    for org in stack["orgs"]:
        versions = requests.get(
            f"{org['https_url']}/services/data", verify=org["ca_file"], timeout=_SECONDS
        )

        assert versions.status_code == 200
    assert len({org["url"] for org in stack["orgs"]}) == 4


def test_a_tick_with_nothing_due_ends_well(stack: Mapping[str, Any]) -> None:
    aws = LocalAws(stack["aws_endpoint_url"])
    tick = {"source": "aws.events", "detail-type": "Scheduled Event", "time": _now(), "detail": {}}

    answered = aws.client("lambda").invoke(
        FunctionName=stack["functions"]["ScheduleSyncFunction"], Payload=json.dumps(tick)
    )

    assert "FunctionError" not in answered, answered["Payload"].read()


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
