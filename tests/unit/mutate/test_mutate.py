"""The driver of `make mutate`: what it mutates, how it counts, where it tells; it is not run."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path

import pytest

from tests.mutate.copy import ROOT, configured
from tests.mutate.scope import LEFT_OUT, MODULES, TESTS, chosen
from tests.mutate.score import Counts, NotAllTried, counted, forget_unnoticed, table, told, verdicts

PAGE = "Before.\n\n<!-- mutants -->\nOld.\n<!-- /mutants -->\n\nAfter.\n"
COUNTS = {"domain/merge": Counts(9, 1), "domain/undo": Counts(30, 0)}


def test_every_module_that_is_mutated_exists() -> None:
    package = ROOT / "layers" / "shared" / "crmsync"

    assert len(set(MODULES)) == len(MODULES)
    assert [m for m in MODULES if not (package / f"{m}.py").exists()] == []


def test_every_test_that_judges_exists() -> None:
    for name in (*TESTS, *LEFT_OUT):
        path, _, test = name.partition("::")
        assert (ROOT / path).exists(), name
        assert not test or f"def {test.partition('[')[0]}(" in (ROOT / path).read_text(), name


def test_a_word_chooses_modules_and_none_chooses_all() -> None:
    assert chosen(["merge", "plan_undo"]) == ("domain/merge", "services/plan_undo")
    assert chosen([]) == MODULES


def test_the_copy_is_configured_to_mutate_the_chosen_modules_only() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")

    settings = tomllib.loads(configured(text, ["domain/merge"]))["tool"]

    assert settings["mutmut"]["only_mutate"] == ["src/crmsync/domain/merge.py"]
    assert settings["pytest"]["pythonpath"] == [".", "src"]


def test_settings_that_name_the_package_otherwise_are_refused() -> None:
    with pytest.raises(ValueError, match=r"pyproject\.toml does not say pythonpath"):
        configured("[tool.pytest]\n", ["domain/merge"])


def test_what_fails_or_never_ends_was_noticed_and_all_else_was_not() -> None:
    killed, survived, timeout, no_tests, suspicious = 1, 0, -24, 33, 99

    found = counted(
        {"a": killed, "b": survived, "c": timeout, "d": no_tests, "e": suspicious, "f": killed}
    )

    assert found == Counts(noticed=3, unnoticed=3)
    assert found.score == pytest.approx(50.0)


@pytest.mark.parametrize("code", [None, 2], ids=["not tried", "interrupted"])
def test_there_is_no_score_while_mutants_are_untried(code: int | None) -> None:
    with pytest.raises(NotAllTried, match="1 mutants were not tried"):
        counted({"a": 1, "b": code})


def kept(copy: Path, codes: dict[str, int | None]) -> None:
    file = copy / "mutants" / "src" / "crmsync" / "domain" / "merge.py.meta"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"exit_code_by_key": codes, "durations_by_key": {"a": 0.1}}))


def test_going_on_tries_again_what_was_not_noticed_and_nothing_else(tmp_path: Path) -> None:
    kept(tmp_path, {"a": 1, "b": 0, "c": 33, "d": -24, "e": None})

    forget_unnoticed(tmp_path, "domain/merge")
    forget_unnoticed(tmp_path, "domain/undo")  # never mutated yet

    again = {"a": 1, "b": None, "c": None, "d": -24, "e": None}
    assert verdicts(tmp_path, "domain/merge") == again


def test_the_table_has_a_line_per_module_and_one_for_all() -> None:
    assert list(table(COUNTS))[2:] == [
        "| `domain/merge` | 10 | 9 | 1 | 90.0 % |",
        "| `domain/undo` | 30 | 30 | 0 | 100.0 % |",
        "| **together** | 40 | 39 | 1 | 97.5 % |",
    ]


def test_the_page_tells_score_and_day_between_its_marks_and_is_else_left_alone() -> None:
    page = told(PAGE, COUNTS, date(2026, 11, 2))

    assert page.startswith("Before.\n\n<!-- mutants -->\nOn 2 November 2026, 39 of 40 mutants")
    assert "**97.5 %**" in page
    assert "Old." not in page
    assert page.endswith("| 97.5 % |\n<!-- /mutants -->\n\nAfter.\n")
    assert told(page, COUNTS, date(2026, 11, 2)) == page


def test_the_page_of_this_project_has_the_marks() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text("utf-8")

    assert "39 of 40" in told(page, COUNTS, date(2026, 11, 2))
