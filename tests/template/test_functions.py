"""Every function runs its own code, with its own role, and is told exactly what it reads."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from crmsync import settings
from crmsync.adapters.aws.webhooks import SECONDS
from crmsync.ports.notices import MOST_WEBHOOKS

from tests.template.template import PROJECT, Template

FUNCTIONS = ("api", "notify", "oauth_callback", "run_sync", "schedule_sync", "web")
READ_BY_POWERTOOLS = {"LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"}


def _bound(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        if isinstance(node, ast.Assign):
            yield from (name.id for name in node.targets if isinstance(name, ast.Name))


def _logical_name(function: str) -> str:
    return "".join(part.capitalize() for part in function.split("_")) + "Function"


def _properties(template: Template, function: str) -> Mapping[str, Any]:
    return template.of_type("AWS::Serverless::Function")[_logical_name(function)]


def _variables(template: Template, function: str) -> set[str]:
    translated = template.of_type("AWS::Lambda::Function")[_logical_name(function)]
    return set(translated["Environment"]["Variables"])


def test_there_are_six_functions(written: Template) -> None:
    names = set(written.of_type("AWS::Serverless::Function"))

    assert names == {_logical_name(function) for function in FUNCTIONS}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_handler_exists_in_the_code_that_is_deployed(written: Template, function: str) -> None:
    code = PROJECT / _properties(written, function)["CodeUri"] / "app.py"
    handler = written.content["Globals"]["Function"]["Handler"].removeprefix("app.")

    assert handler in set(_bound(ast.parse(code.read_text())))


@pytest.mark.parametrize("function", sorted(set(FUNCTIONS) - {"web"}))
def test_a_function_is_given_exactly_the_variables_that_it_reads(
    translated: Template, function: str
) -> None:
    kind = getattr(settings, _logical_name(function).removesuffix("Function") + "Settings")
    read = {field.name.upper() for field in dataclasses.fields(kind)}

    assert _variables(translated, function) - READ_BY_POWERTOOLS == read


def test_only_the_page_does_without_the_layer(written: Template) -> None:
    without = {
        name
        for name, properties in written.of_type("AWS::Serverless::Function").items()
        if not properties.get("Layers")
    }

    assert without == {"WebFunction"}


def test_one_parameter_chooses_the_interpreter_of_functions_and_layer(written: Template) -> None:
    layer = written.resources["SharedLayer"]

    assert written.content["Globals"]["Function"]["Runtime"] == {"Ref": "PythonRuntime"}
    assert layer["Metadata"]["BuildMethod"] == {"Ref": "PythonRuntime"}
    assert layer["Properties"]["CompatibleRuntimes"] == [{"Ref": "PythonRuntime"}]


def test_a_run_may_continue_itself_through_its_queue(translated: Template) -> None:
    functions = translated.of_type("AWS::Lambda::Function")

    loops = {name: properties.get("RecursiveLoop") for name, properties in functions.items()}

    assert loops["RunSyncFunction"] == "Allow"
    assert not any(loop for name, loop in loops.items() if name != "RunSyncFunction")


def test_notify_has_the_time_to_give_up_on_every_webhook_of_a_user(written: Template) -> None:
    resolving = 10

    longest = MOST_WEBHOOKS * (resolving + SECONDS)

    assert _properties(written, "notify")["Timeout"] >= longest


def test_an_http_function_answers_before_the_gateway_gives_up(written: Template) -> None:
    default = written.content["Globals"]["Function"]["Timeout"]
    for function in ("web", "api", "oauth_callback"):
        assert _properties(written, function).get("Timeout", default) <= 29
