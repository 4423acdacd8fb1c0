"""The parts of README.md that follow from template.yaml, settings.py and the Makefile.

`python -m tests.unit.docs.generated` writes them anew; a test fails while they are not current.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from crmsync import settings

from tests.template.template import PROJECT, Template, as_list, names_in, written

README = PROJECT / "README.md"
_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_TARGET = re.compile(r"^([a-z0-9_-]+):.*?## (.*)$", re.MULTILINE)
_READS = {
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "kms:Decrypt",
    "s3:GetObject",
    "s3:ListBucket",
    "secretsmanager:GetSecretValue",
}
_WRITES = {
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "events:PutEvents",
    "kms:Encrypt",
    "s3:PutObject",
    "sqs:SendMessage",
}
_INVOKES = "lambda:InvokeFunction"
_OUTSIDE = {
    "api": ("the CRM", ""),
    "notify": ("", "webhooks"),
    "oauth_callback": ("the CRM's login", ""),
    "run_sync": ("the CRM", "the CRM"),
}
"""Whom a function talks to beyond AWS; permissions do not tell."""


def functions_table() -> str:
    """One row per function: what starts it, what it reads and writes, which alarm watches it."""
    template = written()
    functions = template.of_type("AWS::Serverless::Function")
    rows = []
    for logical, properties in functions.items():
        name = _name(properties)
        reads, writes = _OUTSIDE.get(name, ("", ""))
        rows.append(
            [
                f"[`{name}`](functions/{name}/app.py)",
                "; ".join(_triggers(template, logical, properties)),
                ", ".join(filter(None, [*_touched(template, properties, _READS), reads])),
                ", ".join(filter(None, [*_touched(template, properties, _WRITES), writes])),
                ", ".join(f"`{alarm}`" for alarm in _alarms(template, logical, properties)),
            ]
        )
    return _table(["function", "trigger", "reads", "writes", "alarms"], rows)


def _name(properties: Mapping[str, Any]) -> str:
    return str(properties["CodeUri"]).removeprefix("functions/")


def _triggers(template: Template, logical: str, properties: Mapping[str, Any]) -> Iterator[str]:
    routes: dict[str, list[str]] = {}
    for event in properties.get("Events", {}).values():
        told = event["Properties"]
        if event["Type"] == "Api":
            routes.setdefault(told["Path"], []).append(told["Method"])
        else:
            yield f"`{_source(event['Type'], told)}`"
    yield from (f"{' '.join(methods)} `{path}`" for path, methods in routes.items())
    callers = _callers(template, logical)
    if callers:
        yield f"called by {', '.join(callers)}"


def _source(kind: str, told: Mapping[str, Any]) -> str:
    if kind == "Schedule":
        return str(told["Schedule"])
    return next(names_in(told["Queue" if kind == "SQS" else "EventBusName"]))


def _callers(template: Template, logical: str) -> list[str]:
    return [
        _name(other)
        for other in template.of_type("AWS::Serverless::Function").values()
        if logical in _named(_statements(template, other), {_INVOKES})
    ]


def _statements(template: Template, properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The function's own permissions, and what the keys allow its role."""
    found = [s for policy in properties.get("Policies", []) for s in policy["Statement"]]
    role = next(names_in(properties.get("Role", {})), None)
    if role is None:
        return found
    for policy in template.resources[role]["Properties"]["Policies"]:
        found += policy["PolicyDocument"]["Statement"]
    for key, told in template.of_type("AWS::KMS::Key").items():
        allowed = [s for s in told["KeyPolicy"]["Statement"] if role in names_in(s["Principal"])]
        found += [{**statement, "Resource": {"Ref": key}} for statement in allowed]
    return found


def _named(statements: Sequence[Mapping[str, Any]], actions: set[str]) -> list[str]:
    names = [
        name
        for statement in statements
        if actions & set(as_list(statement["Action"]))
        for name in names_in(statement["Resource"])
    ]
    return list(dict.fromkeys(names))


def _touched(template: Template, properties: Mapping[str, Any], actions: set[str]) -> list[str]:
    named = _named(_statements(template, properties), actions)
    return [f"`{name}`" for name in named if name in template.resources]


def _alarms(template: Template, logical: str, properties: Mapping[str, Any]) -> Iterator[str]:
    """Alarms on the function, on a queue that it empties or fails into, and on its API."""
    queues = _queues(template, properties)
    has_routes = any(e["Type"] == "Api" for e in properties.get("Events", {}).values())
    for alarm, told in template.of_type("AWS::CloudWatch::Alarm").items():
        watched = {name for d in told["Dimensions"] for name in names_in(d["Value"])}
        services = {d["Value"] for d in told["Dimensions"] if d["Name"] == "service"}
        of_api = told["Namespace"] == "AWS/ApiGateway" and has_routes
        if watched & {logical, *queues} or of_api or _name(properties) in services:
            yield alarm


def _queues(template: Template, properties: Mapping[str, Any]) -> set[str]:
    events = [event["Properties"] for event in properties.get("Events", {}).values()]
    failing = [event.get("DeadLetterConfig", {}) for event in events]
    failing.append(properties.get("EventInvokeConfig", {}))
    read = {name for event in events for name in names_in(event.get("Queue", {}))}
    redriven = [template.resources[name]["Properties"].get("RedrivePolicy", {}) for name in read]
    return read | {name for place in [*failing, *redriven] for name in names_in(place)}


def settings_table() -> str:
    """One row per environment variable that a function reads, from settings.py."""
    template = written()
    readers: dict[str, list[str]] = {}
    values: dict[str, str] = {}
    for properties in template.of_type("AWS::Serverless::Function").values():
        for variable in _read_by(_name(properties)):
            readers.setdefault(variable, []).append(_name(properties))
            values[variable] = _value(template, properties, variable)
    rows = [[f"`{v}`", values[v], ", ".join(readers[v])] for v in sorted(readers)]
    return _table(["variable", "set to", "read by"], rows)


def _read_by(name: str) -> list[str]:
    kind = getattr(settings, f"{name.title().replace('_', '')}Settings", None)
    return [field.name.upper() for field in dataclasses.fields(kind)] if kind else []


def _value(template: Template, properties: Mapping[str, Any], variable: str) -> str:
    shared = template.content["Globals"]["Function"]["Environment"]["Variables"]
    value = {**shared, **properties["Environment"]["Variables"]}[variable]
    names = list(dict.fromkeys(names_in(value)))
    parameters = template.content["Parameters"]
    told = [f"parameter `{n}`" if n in parameters else f"`{n}`" for n in names]
    return " or ".join(told) if told else f"`{value}`"


def parameters_table() -> str:
    """One row per parameter of the deployment."""
    rows = [
        [f"`{name}`", f"`{told['Default']}`" if told["Default"] != "" else "", _sentence(told)]
        for name, told in written().content["Parameters"].items()
    ]
    return _table(["parameter", "default", "what it is"], rows)


def _sentence(told: Mapping[str, Any]) -> str:
    return " ".join(str(told["Description"]).split())


def commands_table() -> str:
    """One row per target of the Makefile."""
    targets = _TARGET.findall((PROJECT / "Makefile").read_text("utf-8"))
    return _table(["command", "does"], [[f"`make {name}`", text] for name, text in targets])


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_escaped(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("<", "&lt;")


TABLES: Mapping[str, Callable[[], str]] = {
    "functions": functions_table,
    "settings": settings_table,
    "parameters": parameters_table,
    "commands": commands_table,
}


def current(text: str) -> str:
    """The document with every generated part as it should be; an unknown part is an error."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{TABLES[block[2]]()}\n{block[3]}", text)


if __name__ == "__main__":
    README.write_text(current(README.read_text("utf-8")), "utf-8")
