"""What a run came to: its counts, whether it wrote anything, and what went wrong."""

from __future__ import annotations

from collections import Counter

from crmsync.domain.change import Outcome
from crmsync.domain.mapping_run import MappingState
from crmsync.domain.run import Run, RunState

WROTE = (Outcome.CREATED, Outcome.UPDATED, Outcome.REMOVED)
"""The outcomes of units that were written to."""


def counts_of(run: Run) -> Counter[Outcome]:
    """The outcomes of all mappings together."""
    total: Counter[Outcome] = Counter()
    for row in run.mappings:
        total.update(row.counts)
    return total


def changed_something(run: Run) -> bool:
    """Whether the run wrote to either side."""
    counts = counts_of(run)
    return any(counts[outcome] for outcome in WROTE)


def troubles(run: Run) -> tuple[str, ...]:
    """What went wrong, in a form that is equal when the next run meets exactly the same."""
    found = [f"run {run.error_code}"] if run.state is RunState.FAILED else []
    for row in run.mappings:
        failed, held = row.counts.get(Outcome.FAILED, 0), row.counts.get(Outcome.HELD, 0)
        unwell = row.state in {MappingState.HELD, MappingState.PAUSED, MappingState.FAILED}
        if failed or held or (unwell and not row.told):
            found.append(f"{row.mapping.id} {row.state} {row.reason} {failed} {held}")
    return tuple(sorted(found))
