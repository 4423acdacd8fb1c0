"""Settle a run: check the books, remember, write the records, end the run, tell; in that order.

A run whose books do not add up never calls itself done. This module must not know what is
remembered of a mapping, nor what a record says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crmsync.domain.change import Outcome
from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.domain.run import Run, RunState
from crmsync.services.end_run import finish
from crmsync.services.keep_targets import keep_targets
from crmsync.services.list_source import ListSource
from crmsync.services.refresh_connection import RefreshConnection
from crmsync.services.remember_mapping import RememberMapping
from crmsync.services.work import Work


class Settle:
    """Ends the run in hand."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def run(self) -> None:
        """Everything after the last page; each part may be repeated after a crash."""
        self._check_books()
        memory, sources = RememberMapping(self._work), ListSource(self._work)
        rows = [memory.settled(i, row) for i, row in enumerate(self._work.run.mappings)]
        records = tuple(ref for ref in map(sources.write, rows) if ref is not None)
        keep_targets(self._work, rows)
        state = _final_state(rows)
        RefreshConnection(self._work).run(good=state is not RunState.FAILED)
        run = replace(self._work.run, mappings=tuple(rows), records=records)
        finish(self._work, _with_error(run) if state is RunState.FAILED else run, state)

    def _check_books(self) -> None:
        """Every unit of the plan has exactly one outcome, or the run must not call itself done."""
        run = self._work.run
        for index, row in enumerate(run.mappings):
            planned = sum(ref.count for ref in run.checkpoint.plan if ref.mapping == index)
            if planned != row.considered and row.state is not MappingState.PAUSED:
                text = (
                    f"Mapping {row.mapping.id}: {planned} planned, {row.considered} accounted for."
                )
                raise BooksDiffer(text)


class BooksDiffer(Exception):
    """The accounting identity does not hold: some unit has no outcome, or two."""


def _with_error(run: Run) -> Run:
    """The run with the reason its first mapping failed, since none of them could be worked on."""
    detail = "No mapping could be synced. Look at the reason of each."
    return replace(run, error_code=run.mappings[0].reason, error=detail)


def _final_state(rows: Sequence[MappingRun]) -> RunState:
    failed = [row for row in rows if row.state is MappingState.FAILED]
    if rows and len(failed) == len(rows):
        return RunState.FAILED
    trouble = any(
        row.state is MappingState.HELD
        or (row.state is MappingState.PAUSED and not row.told)
        or row.counts.get(Outcome.FAILED, 0)
        for row in rows
    )
    return RunState.PARTIAL if failed or trouble else RunState.SUCCEEDED
