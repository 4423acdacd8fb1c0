"""Settings: complete or refused, and the same names as in template.yaml."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from crmsync.settings import (
    ApiSettings,
    NotifySettings,
    OauthCallbackSettings,
    RunSyncSettings,
    ScheduleSyncSettings,
    SettingError,
    read,
)

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
READ_BY_POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "LOG_LEVEL"}
FUNCTIONS = {
    "ApiFunction": ApiSettings,
    "NotifyFunction": NotifySettings,
    "OauthCallbackFunction": OauthCallbackSettings,
    "RunSyncFunction": RunSyncSettings,
    "ScheduleSyncFunction": ScheduleSyncSettings,
}


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as what they stand on."""


def _any(loader: _Loader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    return loader.construct_mapping(node)


_Loader.add_multi_constructor("!", _any)


def names_of(kind: type[Any]) -> set[str]:
    return {each.name.upper() for each in fields(kind)}


def test_settings_are_read_from_the_variables_of_their_names() -> None:
    found = read(NotifySettings, {"CONTROL_TABLE": "control", "OTHER": "x"})

    assert found == NotifySettings(control_table="control")


def test_everything_missing_is_named_at_once() -> None:
    with pytest.raises(SettingError, match=r"SYNC_QUEUE_URL, EVENT_BUS_NAME, OAUTH_FUNCTION_NAME"):
        read(ScheduleSyncSettings, {"CONTROL_TABLE": "control"})


def test_an_empty_variable_counts_as_missing() -> None:
    with pytest.raises(SettingError, match="CONTROL_TABLE"):
        read(NotifySettings, {"CONTROL_TABLE": ""})


@pytest.mark.parametrize(("function", "kind"), sorted(FUNCTIONS.items()))
def test_the_template_sets_exactly_what_a_function_reads(function: str, kind: type[Any]) -> None:
    template = yaml.load(TEMPLATE.read_text("utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    own = template["Resources"][function]["Properties"]["Environment"]["Variables"]

    assert {*shared, *own} - READ_BY_POWERTOOLS == names_of(kind)
