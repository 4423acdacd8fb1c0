"""Tables of a Markdown document, read strictly: what cannot be read is an error, never left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
_DIVIDER = re.compile(r":?-{3,}:?")
_CODE = re.compile(r"`([^`]*)`")


@dataclass
class Row:
    """One row. Cells are read by name; `unread` tells which ones nobody asked for."""

    heading: str
    line: int
    cells: Mapping[str, str]
    _read: set[str] = field(default_factory=set)

    def __getitem__(self, name: str) -> str:
        self._read.add(name)
        return self.cells[name]

    def choices(self, name: str, known: Mapping[str, object]) -> list[str]:
        """The values a cell stands for: `any`, `any but x`, `x or y`, or just one."""
        cell = self[name]
        if cell == "any":
            return list(known)
        if cell.startswith("any but "):
            left_out = cell.removeprefix("any but ").split(" or ")
            assert set(left_out) <= set(known), f"{self}: {cell!r} is not among {list(known)}"
            return [value for value in known if value not in left_out]
        named = cell.split(" or ")
        assert set(named) <= set(known), f"{self}: {cell!r} is not among {list(known)}"
        return named

    def one(self, name: str, known: Mapping[str, object]) -> object:
        """What the only value of a cell stands for."""
        value = self[name]
        assert value in known, f"{self}: {value!r} is not among {list(known)}"
        return known[value]

    @property
    def unread(self) -> set[str]:
        """Columns that no check looked at."""
        return set(self.cells) - self._read

    def __str__(self) -> str:
        return f"line {self.line} ({self.heading})"


@dataclass
class Table:
    """A table and the heading it stands under."""

    heading: str
    rows: list[Row]


def read(path: Path) -> list[Table]:
    """All tables of a document; one without a heading of its own, or a ragged one, is an error."""
    lines = list(enumerate(path.read_text("utf-8").splitlines(), start=1))
    tables: list[Table] = []
    heading, columns = "", []
    for number, text in lines:
        if text.startswith("#"):
            heading, columns = text.lstrip("# ").strip(), []
        elif not text.startswith("|"):
            columns = []
        elif not columns:
            columns = _cells(text)
            assert heading, f"line {number}: a table stands before any heading"
            assert all(table.heading != heading for table in tables), (
                f"line {number}: '{heading}' has two tables; give each a heading"
            )
            tables.append(Table(heading, []))
        elif not all(_DIVIDER.fullmatch(cell) for cell in _cells(text)):
            tables[-1].rows.append(_row(heading, number, columns, text))
    return tables


def table(path: Path, heading: str) -> Table:
    """The table under this heading."""
    return next(each for each in read(path) if each.heading == heading)


def _row(heading: str, number: int, columns: list[str], text: str) -> Row:
    cells = _cells(text)
    assert len(cells) == len(columns), f"line {number}: {len(cells)} cells under {len(columns)}"
    return Row(heading, number, dict(zip(columns, cells, strict=True)))


def _cells(text: str) -> list[str]:
    assert text.rstrip().endswith("|"), f"a row does not end: {text!r}"
    return [cell.strip() for cell in text.strip().strip("|").split("|")]


def code(cell: str) -> str:
    """What stands between the backticks, spaces kept."""
    found = _CODE.fullmatch(cell)
    assert found, f"{cell!r} is not in backticks"
    return found[1]


def rows(tables: list[Table]) -> Iterator[Row]:
    """Every row of every table."""
    for each in tables:
        yield from each.rows
