"""The driver of `make mutate`: what it mutates, how it counts, where it tells; it is not run."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from tests.mutate.copy import ROOT, Mutant, configured, prepare
from tests.mutate.scope import LEFT_OUT, MODULES, TESTS, chosen
from tests.mutate.score import (
    Counts,
    NotAllTried,
    Verdicts,
    counted,
    table,
    together,
    told,
    unnoticed,
)

PAGE = "Before.\n\n<!-- mutants -->\nOld.\n<!-- /mutants -->\n\nAfter.\n"
COUNTS = {"domain/merge": Counts(9, 1), "domain/undo": Counts(30, 0)}
MUTANTS = [
    Mutant("merge.x_merge__mutmut_1@d1", "domain/merge", "a", "b"),
    Mutant("merge.x_merge__mutmut_2@d1", "domain/merge", "a", "c"),
    Mutant("undo.x_undo__mutmut_1@d2", "domain/undo", "x", "y"),
]


def test_every_module_that_is_mutated_exists() -> None:
    package = ROOT / "layers" / "shared" / "crmsync"

    assert len(set(MODULES)) == len(MODULES)
    assert [m for m in MODULES if not (package / f"{m}.py").exists()] == []


def test_every_test_that_judges_or_is_left_out_exists() -> None:
    for name in (*TESTS, *LEFT_OUT):
        path, _, test = name.partition("::")
        assert (ROOT / path).exists(), name
        assert not test or f"def {test.partition('[')[0]}(" in (ROOT / path).read_text(), name


def test_a_word_chooses_modules_and_none_chooses_all() -> None:
    assert chosen(["merge", "plan_undo"]) == ("domain/merge", "services/plan_undo")
    assert chosen([]) == MODULES


def test_the_copy_finds_the_package_where_mutmut_wants_it() -> None:
    settings = tomllib.loads(configured((ROOT / "pyproject.toml").read_text("utf-8")))["tool"]

    assert settings["pytest"]["pythonpath"] == [".", "src"]
    assert settings["mutmut"]["source_paths"] == ["src"]


def test_settings_that_name_the_package_otherwise_are_refused() -> None:
    with pytest.raises(ValueError, match=r"pyproject\.toml does not say pythonpath"):
        configured("[tool.pytest]\n")


def test_every_mutant_of_a_module_is_made_and_says_what_it_changes(tmp_path: Path) -> None:
    mutants = prepare(["domain/guard"], tmp_path / "copy")

    assert {mutant.module for mutant in mutants} == {"domain/guard"}
    assert len({mutant.key for mutant in mutants}) == len(mutants) > 50
    changed = [m.change for m in mutants if "effect.removals > max(" in m.change]
    assert any("+    if effect.removals >= max(" in change for change in changed)
    text = (tmp_path / "copy/src/crmsync/domain/guard.py").read_text("utf-8")
    assert all(mutant.key.partition("@")[0].rpartition(".")[2] in text for mutant in mutants)
    original = (ROOT / "layers/shared/crmsync/domain/merge.py").read_text("utf-8")
    assert (tmp_path / "copy/src/crmsync/domain/merge.py").read_text("utf-8") == original


def judged(path: Path, signs: str) -> Verdicts:
    """Verdicts on the first mutants: '+' was noticed, '-' was not."""
    verdicts = Verdicts(path / "mutants.jsonl")
    for mutant, sign in zip(MUTANTS, signs, strict=False):
        verdicts.add(mutant.key, noticed=sign == "+")
    return verdicts


def test_mutants_are_counted_by_module(tmp_path: Path) -> None:
    counts = counted(MUTANTS, judged(tmp_path, "+-+"))

    assert counts == {"domain/merge": Counts(1, 1), "domain/undo": Counts(1, 0)}
    assert counts["domain/merge"].score == pytest.approx(50.0)
    assert together(counts) == Counts(2, 1)


def test_there_is_no_score_while_a_mutant_is_untried(tmp_path: Path) -> None:
    with pytest.raises(NotAllTried, match=r"1 mutants were not tried\. Call again with --go-on"):
        counted(MUTANTS, judged(tmp_path, "++"))


def test_a_later_verdict_counts_and_outlives_the_process(tmp_path: Path) -> None:
    judged(tmp_path, "+-+").add(MUTANTS[1].key, noticed=True)

    again = Verdicts(tmp_path / "mutants.jsonl")

    assert [again.get(mutant.key) for mutant in MUTANTS] == [True, True, True]
    assert again.get("merge.x_merge__mutmut_2@another-function") is None


def test_what_was_not_noticed_is_listed_with_its_change(tmp_path: Path) -> None:
    listed = list(unnoticed(MUTANTS, judged(tmp_path, "+-+")))

    assert listed == ["merge.x_merge__mutmut_2@d1\n-a\n+c\n"]


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
