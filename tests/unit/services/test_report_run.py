from __future__ import annotations

import csv
import io

from crmsync.domain.change import Outcome
from crmsync.services.report_run import COLUMNS, ReportRun, guarded
from crmsync.services.show_changes import PARTS_AT_ONCE, ShowChanges, Wanted
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.platform import FakeArtifacts
from tests.unit.services.stored_plans import change, run_of

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


def test_a_report_of_few_among_many_comes_in_parts_that_end_in_time() -> None:
    artifacts = FakeArtifacts()
    parts = [[change(n)] for n in range(3 * PARTS_AT_ONCE)]
    parts[-1] = [change(999, Outcome.FAILED)]
    run = run_of(artifacts, *parts)
    report, wanted = ReportRun(ShowChanges(artifacts)), Wanted(Outcome.FAILED)

    texts, cursor = [], None
    while not texts or cursor is not None:
        part = report.part(run, wanted, cursor)
        texts.append(part.text)
        cursor = part.cursor

    assert len(texts) == 3
    lines = list(csv.reader(io.StringIO("".join(texts))))
    assert [line[COLUMNS.index("contact_id")] for line in lines] == ["contact_id", "c_999"]
