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


def make_tables() -> None:
    """Make every table of the template, named by its logical id."""
    client = boto3.client("dynamodb")
    for name, properties in _tables().items():
        client.create_table(TableName=name, **{k: properties[k] for k in _KEPT if k in properties})


@cache
def _tables() -> dict[str, Any]:
    template = yaml.load(TEMPLATE.read_text(), Loader=_Loader)  # noqa: S506 - a SafeLoader
    return {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }
