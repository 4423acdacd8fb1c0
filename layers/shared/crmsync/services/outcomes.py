"""What became of the units of a page: carried out, held back, or not worked on at all.

Pure: it must not write anything, nor know where outcomes are stored.
"""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.change import Action, Change, Outcome, Side, Step
from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.services.job import Job


def outcome_of_job(planned: Change, job: Job) -> Change:
    """The change as it turned out, with the ids of what it created."""
    change = _named(job)
    if job.alive:
        return replace(change, steps=tuple(_with_row(step, job) for step in change.steps))
    return replace(
        change,
        outcome=job.outcome or Outcome.FAILED,
        reason=job.reason,
        detail=job.detail,
        passing=job.outcome is not Outcome.FAILED or planned.passing,
    )


def _named(job: Job) -> Change:
    """All that happened to the unit, also in an earlier try, with both its ids."""
    change = job.decision.change
    contact_id, person_id = change.contact_id, change.person_id
    if contact_id is None and job.step(Side.MARKETING, Action.CREATE):
        contact_id = job.contact_id
    if person_id is None and job.person is not None:
        person_id = job.person.id
    return replace(job.decision.told or change, contact_id=contact_id, person_id=person_id)


def _with_row(step: Step, job: Job) -> Step:
    if step.side is Side.CRM and step.action is Action.ADD_MEMBER:
        return replace(step, row_id=job.row_id if job.own_row else None)
    return step


def asks_for_work(change: Change) -> bool:
    """Whether anything has to be written or stored for the unit."""
    return bool(change.steps or change.settles or change.suppress)


def held_back(change: Change, row: MappingRun) -> Change:
    """The unit of a mapping that waits for somebody's yes."""
    if not change.steps:
        return change
    return replace(change, outcome=Outcome.HELD, reason=row.reason or "", detail=row.detail)


def not_done(change: Change, state: MappingState, reason: str | None) -> Change:
    """A unit of a mapping that cannot be worked on any more; a paused one is no failure."""
    if not change.steps:
        return change
    outcome = Outcome.SKIPPED if state is MappingState.PAUSED else Outcome.FAILED
    return replace(change, outcome=outcome, reason=reason or state.value, passing=True)


def broken_off(change: Change) -> Change:
    """A unit that was perhaps being written when the run ended."""
    if not change.steps:
        return change
    return replace(change, outcome=Outcome.FAILED, reason="broken_off", passing=True)
