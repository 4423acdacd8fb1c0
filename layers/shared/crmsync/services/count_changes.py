"""Count what changes amount to, once for every report, guard and memory that needs the numbers.

The same counting serves plans and outcomes, so the two can be compared. It must not know where
changes come from, nor touch a port: it adds values to a row and returns the new row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crmsync.domain.change import Action, Change, Outcome, Side
from crmsync.domain.guard import effect_of
from crmsync.domain.mapping_run import MappingRun
from crmsync.domain.run_result import WROTE


def tallied(row: MappingRun, changes: Sequence[Change]) -> MappingRun:
    """The row with these changes added to its counts, waterfall, effect and conflicts."""
    counts = dict(row.counts)
    waterfall = dict(row.waterfall)
    conflicts = row.conflicts
    for change in changes:
        counts[change.outcome] = counts.get(change.outcome, 0) + 1
        conflicts += sum(1 for f in change.fields if f.loser)
        for fact in change.facts:
            waterfall[fact] = waterfall.get(fact, 0) + 1
    return replace(
        row,
        counts=counts,
        waterfall=waterfall,
        conflicts=conflicts,
        effect=row.effect.plus(effect_of(changes)),
        own_rows=row.own_rows + _rows_made(changes),
        pending=row.pending + sum(map(stays_pending, changes)),
    )


def stays_pending(change: Change) -> bool:
    """Whether the unit has to be gathered by id next time."""
    return change.passing or change.outcome is Outcome.FAILED


def _rows_made(changes: Sequence[Change]) -> int:
    """Campaign rows these changes added: those whose id the CRM told us."""
    return sum(
        step.side is Side.CRM and step.action is Action.ADD_MEMBER and step.row_id is not None
        for change in changes
        if change.outcome in WROTE
        for step in change.steps
    )
