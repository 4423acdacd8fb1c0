"""docs/operations.md knows every alarm, every metric and every reason a connection stops for."""

from __future__ import annotations

import re

import pytest
from crmsync.services.break_off import LOGIN_CODES

from tests.template.template import written
from tests.unit.docs.tables import PROJECT, code, table

PAGE = PROJECT / "docs" / "operations.md"
TEXT = PAGE.read_text("utf-8")
SOURCES = [
    path.read_text("utf-8")
    for folder in ("functions", "layers/shared/crmsync")
    for path in sorted((PROJECT / folder).rglob("*.py"))
]
_COUNTED = re.compile(r"\bcount\(\s*\"(\w+)\"(?: if .*? else \"(\w+)\")?")


def test_every_alarm_has_a_section_and_every_section_an_alarm() -> None:
    section = TEXT.partition("## Alarms")[2].partition("\n## ")[0]

    assert re.findall(r"^### (\w+)$", section, re.MULTILINE) == list(
        written().of_type("AWS::CloudWatch::Alarm")
    )


def test_every_metric_is_in_the_table() -> None:
    counted = {name for text in SOURCES for found in _COUNTED.findall(text) for name in found}

    assert {code(row["metric"]) for row in table(PAGE, "Metrics").rows} == counted - {""}


def test_every_reason_that_asks_for_a_login_is_in_the_table() -> None:
    rows = table(PAGE, "A connection that needs a new login").rows

    listed = [each for row in rows for each in re.findall(r"`(\w+)`", row["code"])]
    assert len(listed) == len(set(listed))
    assert set(listed) == LOGIN_CODES


@pytest.mark.parametrize(
    "name",
    [
        "oauth_client_missing",
        "oauth_client_refused",
        "stuck",
        "token_address_refused",
        "token_key_unavailable",
    ],
)
def test_codes_in_the_text_exist(name: str) -> None:
    assert f"`{name}`" in TEXT
    assert any(f'"{name}"' in text for text in SOURCES)


@pytest.mark.parametrize("name", re.findall(r"`((?:[A-Z][a-z]+)+(?:Arn|Url|Ids|Days|Name))`", TEXT))
def test_parameters_and_outputs_in_the_text_exist(name: str) -> None:
    template = written().content

    assert name in {*template["Parameters"], *template["Outputs"]}
