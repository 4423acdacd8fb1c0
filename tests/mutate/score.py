"""What became of the mutants: counted per module, and told in a page between its marks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mutmut.stats import status_by_exit_code

MARKS = ("<!-- mutants -->\n", "<!-- /mutants -->\n")
NOTICED = frozenset({"killed", "timeout", "segfault"})
"""What mutmut calls a mutant that made a test fail, or would have run for ever."""
UNTRIED = frozenset({"not checked", "check was interrupted by user"})


class NotAllTried(Exception):
    """Mutants are left that no test was run on, so there is no score to tell."""


@dataclass(frozen=True)
class Counts:
    """The mutants of one module, or of several together."""

    noticed: int = 0
    unnoticed: int = 0

    @property
    def score(self) -> float:
        """The share that was noticed, in per cent."""
        tried = self.noticed + self.unnoticed
        return 100 * self.noticed / tried if tried else 100.0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.noticed + other.noticed, self.unnoticed + other.unnoticed)


def counted(verdicts: Mapping[str, int | None]) -> Counts:
    """Count exit codes by mutant; whatever is not certainly noticed counts as unnoticed."""
    said = [status_by_exit_code[code] for code in verdicts.values()]
    if untried := sum(each in UNTRIED for each in said):
        raise NotAllTried(f"{untried} mutants were not tried. Call again with --go-on.")
    noticed = sum(each in NOTICED for each in said)
    return Counts(noticed, len(said) - noticed)


def verdicts(copy: Path, module: str) -> dict[str, int | None]:
    """What mutmut keeps of a module's mutants: the exit code of pytest by mutant."""
    return dict(json.loads(_kept(copy, module).read_text("utf-8"))["exit_code_by_key"])


def forget_unnoticed(copy: Path, module: str) -> None:
    """Have the mutants tried again that no test noticed; those that were noticed stay so."""
    file = _kept(copy, module)
    if not file.exists():
        return
    kept = json.loads(file.read_text("utf-8"))
    codes = kept["exit_code_by_key"]
    noticed = {n: c if status_by_exit_code[c] in NOTICED else None for n, c in codes.items()}
    file.write_text(json.dumps({**kept, "exit_code_by_key": noticed}), "utf-8")


def _kept(copy: Path, module: str) -> Path:
    return copy / "mutants" / "src" / "crmsync" / f"{module}.py.meta"


def together(counts: Mapping[str, Counts]) -> Counts:
    """All modules as one."""
    return sum(counts.values(), Counts())


def table(counts: Mapping[str, Counts]) -> Iterator[str]:
    """A line per module, and one for all of them."""
    yield "| module | mutants | noticed | unnoticed | score |"
    yield "|---|---|---|---|---|"
    for module, found in counts.items():
        yield _line(f"`{module}`", found)
    yield _line("**together**", together(counts))


def told(page: str, counts: Mapping[str, Counts], day: date) -> str:
    """The page with the score and the table between its marks."""
    before, rest = page.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    total = together(counts)
    score = f"On {day:%-d %B %Y}, {total.noticed} of {_mutants(total)} mutants were noticed:"
    lines = (f"{score} **{total.score:.1f} %**.", "", *table(counts), "")
    return before + MARKS[0] + "\n".join(lines) + MARKS[1] + after


def _line(name: str, found: Counts) -> str:
    numbers = f"{_mutants(found)} | {found.noticed} | {found.unnoticed} | {found.score:.1f} %"
    return f"| {name} | {numbers} |"


def _mutants(found: Counts) -> int:
    return found.noticed + found.unnoticed
