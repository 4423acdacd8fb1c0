"""Whatever `docs/reliability.md` says checks a promise exists."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.plants.plants import PLANTS
from tests.unit.docs.tables import PROJECT

PAGE = (PROJECT / "docs" / "reliability.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| (I-\d+) \| [^|]+ \| ([^|]+) \|$", PAGE, re.MULTILINE))
_NAMED = re.compile(r"`([\w/.]+)`")


@cache
def _defined() -> frozenset[str]:
    """Every function and method of the tests."""
    texts = (path.read_text("utf-8") for path in (PROJECT / "tests").rglob("*.py"))
    return frozenset(name for text in texts for name in re.findall(r"def (\w+)\(", text))


def test_every_promise_has_its_row() -> None:
    assert list(ROWS) == [f"I-{number}" for number in range(1, 27)]


@pytest.mark.parametrize("promise", ROWS)
def test_what_checks_a_promise_exists(promise: str) -> None:
    named = _NAMED.findall(ROWS[promise])

    assert named
    for name in named:
        there = (PROJECT / name).exists() if "/" in name else name in _defined()
        assert there, f"{promise} names {name}"


def test_every_file_the_page_names_exists() -> None:
    for name in _NAMED.findall(PAGE):
        assert not name.startswith(("tests/", "docs/")) or (PROJECT / name).exists(), name


def test_every_invariant_a_plant_breaks_is_a_promise() -> None:
    broken = {plant.breaks for plant in PLANTS if re.fullmatch(r"I-\d+", plant.breaks)}

    assert broken <= set(ROWS)
