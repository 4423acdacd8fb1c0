"""template.yaml as data: as written, and as the SAM transform makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATE = PROJECT / "template.yaml"
_AWS_MANAGED = "arn:aws:iam::aws:policy/"
_MANAGED = {
    name: f"{_AWS_MANAGED}{folder}{name}"
    for name, folder in {
        "AWSLambdaBasicExecutionRole": "service-role/",
        "AWSLambdaSQSQueueExecutionRole": "service-role/",
        "AWSXRayDaemonWriteAccess": "",
    }.items()
}


class _ManagedPolicies:
    """The one thing the transform would ask a real account for."""

    def load(self) -> Mapping[str, str]:
        return _MANAGED


@dataclass(frozen=True)
class Template:
    """A template's resources, with the questions that the tests ask."""

    content: Mapping[str, Any]

    @property
    def resources(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.content["Resources"]
        return found

    def of_type(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """Properties of every resource of that type, by name."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def one(self, kind: str) -> Mapping[str, Any]:
        """Properties of the only resource of that type."""
        (properties,) = self.of_type(kind).values()
        return properties


def written() -> Template:
    """template.yaml as it stands."""
    return Template(yaml_parse(TEMPLATE.read_text()))


def translated() -> Template:
    """template.yaml after the SAM transform, without an account."""
    content = yaml_parse(TEMPLATE.read_text())
    for resource in content["Resources"].values():
        for place in ("CodeUri", "ContentUri"):
            if place in resource.get("Properties", {}):
                resource["Properties"][place] = "s3://bucket/key"
    return Template(transform(content, {}, _ManagedPolicies()))


def names_in(value: Any) -> Iterator[str]:
    """Every resource or parameter that `value` refers to."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _REFERENCES.get(key, names_in)(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names_in(inner)


def _in_ref(name: str) -> Iterator[str]:
    yield name


def _in_attribute(path: str | list[str]) -> Iterator[str]:
    yield path[0] if isinstance(path, list) else path.split(".")[0]


def _in_text(text: str | list[Any]) -> Iterator[str]:
    whole = text if isinstance(text, str) else text[0]
    for piece in whole.split("${")[1:]:
        yield piece.split("}")[0].split(".")[0]


_REFERENCES: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "Ref": _in_ref,
    "Fn::GetAtt": _in_attribute,
    "Fn::Sub": _in_text,
}


def as_list(value: Any) -> list[Any]:
    """IAM lets a single thing stand for a list of one."""
    return value if isinstance(value, list) else [value]
