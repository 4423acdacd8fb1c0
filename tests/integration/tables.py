"""The tables of template.yaml, made on whatever AWS the environment points to."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import boto3
import yaml

TEMPLATE = Path(__file__).parents[2] / "template.yaml"

_KEPT = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short functions, whose values do not matter here."""


_Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)


def make_tables(*names: str) -> None:
    """Make these tables of the template, named by their logical ids."""
    for name in names:
        properties = _tables()[name]
        kept = {key: properties[key] for key in _KEPT if key in properties}
        _client().create_table(TableName=name, **kept)


@cache
def _client() -> Any:
    return boto3.client("dynamodb")


@cache
def _tables() -> dict[str, Any]:
    template = yaml.load(TEMPLATE.read_text(), Loader=_Loader)  # noqa: S506 - a SafeLoader
    return {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }
