"""The reader of tables leaves nothing out: a row it cannot read is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.docs.tables import Row, code, read

GOOD = "# Fields\n\n| side | value |\n|---|---|\n| left | `a b` |\n| right | `` |\n"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "page.md"


def test_a_table_is_read_with_its_heading_and_the_line_of_each_row(page: Path) -> None:
    page.write_text(GOOD, "utf-8")

    (found,) = read(page)

    assert found.heading == "Fields"
    assert [(row.line, row["side"], code(row["value"])) for row in found.rows] == [
        (5, "left", "a b"),
        (6, "right", ""),
    ]


@pytest.mark.parametrize(
    "text",
    [
        GOOD + "| middle |\n",
        GOOD + "| middle | x | y |\n",
        GOOD + "| middle | x\n",
        GOOD + "\nText.\n\n| side |\n|---|\n| left |\n",
        "| side |\n|---|\n| left |\n",
    ],
    ids=["too short", "too long", "not ended", "second table of a heading", "no heading"],
)
def test_a_table_that_is_not_well_formed_is_refused(page: Path, text: str) -> None:
    page.write_text(text, "utf-8")

    with pytest.raises(AssertionError):
        read(page)


def test_a_cell_stands_for_every_value_it_names() -> None:
    known = dict.fromkeys(("both", "export", "import"), 1)
    cells = {"all": "any", "most": "any but export", "two": "both or import", "one": "export"}
    row = Row("Fields", 1, cells)

    assert [row.choices(name, known) for name in cells] == [
        ["both", "export", "import"],
        ["both", "import"],
        ["both", "import"],
        ["export"],
    ]


@pytest.mark.parametrize("cell", ["sideways", "any but sideways", "both or sideways", "", "ANY"])
def test_a_value_nobody_knows_is_refused(cell: str) -> None:
    row = Row("Fields", 1, {"direction": cell})

    with pytest.raises(AssertionError, match="line 1"):
        row.choices("direction", {"both": 1})
    with pytest.raises(AssertionError, match="line 1"):
        row.one("direction", {"both": 1})


def test_a_column_that_nobody_looked_at_is_told() -> None:
    row = Row("Fields", 1, {"side": "left", "forgotten": "x"})

    assert row["side"] == "left"

    assert row.unread == {"forgotten"}
