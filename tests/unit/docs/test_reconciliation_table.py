"""Every row of docs/reconciliation.md, asked of the code: neither changes without the other."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest

from tests.unit.docs import (
    consent_rows,
    creation_rows,
    field_rows,
    guard_rows,
    identity_rows,
    membership_rows,
)
from tests.unit.docs.tables import PROJECT, Row, Table, read, rows

TABLES = read(PROJECT / "docs" / "reconciliation.md")
_SUBJECTS = (
    field_rows,
    consent_rows,
    membership_rows,
    identity_rows,
    creation_rows,
    guard_rows,
)
CHECKS = {heading: check for subject in _SUBJECTS for heading, check in subject.CHECKS.items()}
DOMAINS = {heading: known for subject in _SUBJECTS for heading, known in subject.DOMAINS.items()}


@pytest.mark.parametrize("row", list(rows(TABLES)), ids=str)
def test_the_code_does_what_the_row_says(row: Row) -> None:
    CHECKS[row.heading](row)

    assert not row.unread, f"{row}: nothing was done with {sorted(row.unread)}"


def test_every_table_is_checked_and_every_check_has_its_table() -> None:
    assert sorted(table.heading for table in TABLES) == sorted(CHECKS)
    assert all(table.rows for table in TABLES)


@pytest.mark.parametrize("heading", sorted(DOMAINS))
def test_every_case_is_in_exactly_one_row(heading: str) -> None:
    table = next(each for each in TABLES if each.heading == heading)
    columns = DOMAINS[heading]

    named = _named(table, columns)

    every = Counter(product(*columns.values()))
    assert sorted((every - named).elements()) == [], "no row is about these"
    assert sorted((named - every).elements()) == [], "several rows are about these"


def _named(table: Table, columns: dict[str, list[str]]) -> Counter[tuple[str, ...]]:
    """How often the rows name each case."""
    named: Counter[tuple[str, ...]] = Counter()
    for row in table.rows:
        known = [dict.fromkeys(values) for values in columns.values()]
        choices = map(row.choices, columns, known)
        named.update(product(*choices))
    return named
