"""Documents as a whole: generated parts are current, links lead somewhere, commands exist."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from crmsync.adapters.salesforce.login import SCOPES
from crmsync.domain.terms import TERMS_VERSION
from crmsync.routes.runs import RunBody

from tests.template.template import written
from tests.unit.docs import generated
from tests.unit.docs.tables import PROJECT

PAGES = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", *sorted((PROJECT / "docs").rglob("*.md"))]
DECISIONS = sorted((PROJECT / "docs" / "decisions").glob("*.md"))
README = (PROJECT / "README.md").read_text("utf-8")
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_MAKE = re.compile(r"`make ([a-z-]+)[` ]|^ +make ([a-z-]+)", re.MULTILINE)
_PARTS = ("Status:", "**Context.**", "**Choice.**", "**Cost of undoing.**")


def _name(page: Path) -> str:
    return page.relative_to(PROJECT).as_posix()


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = _HEADING.findall(page.read_text("utf-8"))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {text.strip().replace(" ", "-") for text in plain}


def test_the_generated_parts_of_the_readme_are_current() -> None:
    assert generated.current(README) == README, "run: python -m tests.unit.docs.generated"
    assert set(re.findall(r"<!-- generated: (\w+) -->", README)) == set(generated.TABLES)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text("utf-8")):
        path, _, anchor = unquote(link).partition("#")
        if path.startswith("https://"):
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{_name(page)} links to {link}"
        if anchor:
            assert anchor in _anchors(target), f"{_name(page)} links to {link}"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_make_command_in_the_text_is_a_target(page: Path) -> None:
    targets = set(
        re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)
    )

    named = {one or other for one, other in _MAKE.findall(page.read_text("utf-8"))}

    assert named <= targets


def test_the_two_commands_are_on_the_first_screen() -> None:
    first = README.splitlines()[:50]

    assert any(line.startswith("    make demo") for line in first)
    assert any(line.startswith("    make test") for line in first)


def test_what_the_readme_asks_an_operator_to_set_exists() -> None:
    template = written().content
    named = set(re.findall(r"(?:output|parameter|id) [`<](\w+)[`>]", README))

    assert named <= {*template["Parameters"], *template["Outputs"]}
    assert {"OAuthCallbackUrl", "OAuthClientsSecretArn", "PageUrl", "UserPoolId"} <= named | set(
        re.findall(r"`(\w+)`", README)
    )
    assert f"`{SCOPES}`" in README


def test_the_sync_over_http_in_the_readme_is_one_the_api_takes() -> None:
    block = README.partition("a manual sync over HTTP")[2].partition("[docs/openapi.json]")[0]
    asked = {re.sub(r"\b(c|run)_\.\.\.", "{id}", path) for path in re.findall(r"API(/\S+)", block)}
    (body,) = re.findall(r"-d '(.*?)'", block, re.DOTALL)

    known = json.loads((PROJECT / "docs" / "openapi.json").read_text("utf-8"))["paths"]
    assert {f"/api{path}" for path in asked} <= {re.sub(r"{\w+}", "{id}", path) for path in known}
    taken = RunBody.model_validate_json(body)
    assert taken.terms_version == TERMS_VERSION


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]

    assert numbers == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_says_why_what_and_what_undoing_it_costs(page: Path) -> None:
    text = page.read_text("utf-8")

    assert text.startswith(f"# {page.name[:4]}: ")
    assert [part for part in _PARTS if part not in text] == []
    assert re.search(r"(One|Two)-way|one-way door|Rights can be added", text)
