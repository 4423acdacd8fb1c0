"""What became of the mutants: kept, counted per module, and told in a page between its marks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.mutate.copy import Mutant

MARKS = ("<!-- mutants -->\n", "<!-- /mutants -->\n")


class NotAllTried(Exception):
    """Mutants are left that no test was run on, so there is no score to tell."""


class Verdicts:
    """Whether each mutant was noticed, by its key; a line per verdict, so nothing is lost."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        self._noticed: dict[str, bool] = dict(map(json.loads, lines))

    def add(self, mutant: str, *, noticed: bool) -> None:
        """Keep the verdict."""
        self._noticed[mutant] = noticed
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([mutant, noticed]) + "\n")

    def get(self, mutant: str) -> bool | None:
        """Whether it was noticed, None if it was not tried."""
        return self._noticed.get(mutant)


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


def counted(mutants: Iterable[Mutant], verdicts: Verdicts) -> dict[str, Counts]:
    """The mutants by module; raises `NotAllTried` while one has no verdict."""
    found: dict[str, Counts] = {}
    untried = 0
    for mutant in mutants:
        noticed = verdicts.get(mutant.key)
        untried += noticed is None
        found[mutant.module] = found.get(mutant.module, Counts()) + Counts(
            int(noticed is True), int(noticed is False)
        )
    if untried:
        raise NotAllTried(f"{untried} mutants were not tried. Call again with --go-on.")
    return found


def unnoticed(mutants: Iterable[Mutant], verdicts: Verdicts) -> Iterator[str]:
    """What each unnoticed mutant changes, for whoever writes the test that is missing."""
    for mutant in mutants:
        if verdicts.get(mutant.key) is False:
            yield f"{mutant.key}\n{mutant.change}\n"


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
