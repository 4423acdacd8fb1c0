"""The report of a run for a spreadsheet: one line per record and field, safe to open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crmsync.domain.change import Change, FieldChange
from crmsync.domain.mapping_run import MappingRun
from crmsync.domain.run import Run
from crmsync.services.show_changes import ShowChanges, Wanted

COLUMNS = (
    "campaign",
    "group",
    "outcome",
    "reason",
    "detail",
    "side",
    "action",
    "email",
    "first_name",
    "last_name",
    "contact_id",
    "person_id",
    "field",
    "before",
    "after",
    "other",
    "rule",
)
PART_LENGTH = 1_500_000
"""Characters after which a part of a report ends: an answer of a function holds 6 MB at most."""
RECORDS_AT_ONCE = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the start of a formula; the last four are = + - @ of full width."""


@dataclass(frozen=True, slots=True)
class ReportPart:
    """Some lines of a report; `cursor` is None in the last part."""

    text: str
    cursor: str | None


@dataclass(frozen=True, slots=True)
class ReportRun:
    """Writes reports (RFC 4180). Cells that a spreadsheet would run start with an apostrophe."""

    changes: ShowChanges

    def part(self, run: Run, wanted: Wanted, cursor: str | None) -> ReportPart:
        """The wanted records from `cursor` on; one without a changed field has one line, too.

        The parts joined are the whole file: only the first one has the column names. A part ends
        where a page is short: that one has read as much of the run as one answer may.
        """
        text = io.StringIO()
        writer = csv.writer(text)
        if cursor is None:
            writer.writerow(COLUMNS)
        while True:
            page = self.changes.page(run, wanted, cursor, RECORDS_AT_ONCE)
            writer.writerows([guarded(cell) for cell in row] for row in _rows(run, page.items))
            cursor, short = page.cursor, len(page.items) < RECORDS_AT_ONCE
            if cursor is None or short or text.tell() >= PART_LENGTH:
                return ReportPart(text.getvalue(), cursor)


def guarded(cell: str) -> str:
    """The cell as text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _rows(run: Run, changes: Iterable[Change]) -> Iterator[tuple[str, ...]]:
    mappings = {each.mapping.id: each for each in run.mappings}
    for change in changes:
        start = _record(mappings.get(change.mapping_id), change)
        for field in change.fields or (None,):
            yield (*start, *_field(field))


def _record(mapping: MappingRun | None, change: Change) -> tuple[str, ...]:
    return (
        mapping.campaign_name if mapping else "",
        mapping.group_name if mapping else "",
        change.outcome.value,
        change.reason,
        change.detail,
        change.primary.side.value,
        change.primary.action.value,
        *(named(change, name) for name in ("email", "first_name", "last_name")),
        change.contact_id or "",
        change.person_id or "",
    )


def named(change: Change, name: str) -> str:
    """A field of whom the change is about: of the contact, else the person, else as created."""
    for who in (change.contact, change.person):
        if who is not None and who.value(name):
            return who.value(name)
    return next((field.after for field in change.fields if field.name == name), "")


def _field(field: FieldChange | None) -> tuple[str, ...]:
    if field is None:
        return ("", "", "", "", "")
    return (field.name, field.before, field.after, field.other, field.rule)
