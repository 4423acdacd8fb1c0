"""Runs whose plan lies in as many parts as a test wants."""

from __future__ import annotations

from crmsync.domain.change import Change, Outcome
from crmsync.domain.run import Checkpoint, Run, RunKind, RunState, Trigger

from tests.fakes.clock import START
from tests.fakes.platform import FakeArtifacts


def run_of(artifacts: FakeArtifacts, *parts: list[Change], kind: RunKind = RunKind.PREVIEW) -> Run:
    """A planned run with these parts."""
    refs = tuple(
        artifacts.write_part("t1", f"plan-{number}", part) for number, part in enumerate(parts)
    )
    return Run(
        id="run_1",
        tenant_id="t1",
        connection_id="con_1",
        kind=kind,
        trigger=Trigger.MANUAL,
        state=RunState.PLANNED,
        started_by="u1",
        created_at=START,
        checkpoint=Checkpoint(plan=refs),
    )


def change(number: int, outcome: Outcome = Outcome.UNCHANGED) -> Change:
    """A unit of its own contact, about which there is nothing else to say."""
    return Change(f"ch_{number:03}", "m_1", f"c_{number}", None, outcome=outcome)
