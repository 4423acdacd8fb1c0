from __future__ import annotations

import csv
import io

from crmsync.services.report_run import guarded
from hypothesis import given
from hypothesis import strategies as st

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))


@given(CELLS)
def test_no_cell_of_a_report_is_a_formula(cell: str) -> None:
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(CELLS)
def test_a_guarded_cell_keeps_its_text(cell: str) -> None:
    assert guarded(cell).removeprefix("'") == cell.removeprefix("'")
    assert guarded(cell) in {cell, f"'{cell}"}


@given(st.lists(CELLS, min_size=1))
def test_what_was_guarded_survives_the_way_through_a_file(cells: list[str]) -> None:
    text = io.StringIO()
    csv.writer(text).writerow(guarded(cell) for cell in cells)

    [read] = csv.reader(io.StringIO(text.getvalue(), newline=""))

    assert read == [guarded(cell) for cell in cells]
