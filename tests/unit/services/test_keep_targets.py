"""What the schedule created is mapped by its id, whoever saves the automation at that moment."""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.mapping import Direction, Mapping, Target
from crmsync.domain.run import RunKind, RunState, Trigger
from crmsync.domain.terms import TERMS_VERSION
from crmsync.services.queue_run import QueueRun
from crmsync.services.run_rows import rows_of

from tests.unit.docs.stage import Stage


def test_an_owner_who_saves_at_that_moment_fails_no_run() -> None:
    stage = Stage()
    stage.with_members()
    ports, automations = stage.world.ports, stage.world.automations
    row = Mapping(
        "m9", Target(id=stage.campaign.id), Target(create=True, name="New"), Direction.BOTH
    )
    saved = automations.get("t1", stage.connection.id)
    automations.put("t1", replace(saved, live=(row,), draft=(row,)))

    def saves() -> None:
        now = automations.get("t1", stage.connection.id)
        automations.put("t1", replace(now, enabled=not now.enabled))

    stage.world.io.once("automations.put", saves)
    run = QueueRun(ports.runs, ports.queue, ports.ids, ports.clock).start(
        stage.connection,
        RunKind.SYNC,
        "advisor-u1",
        rows_of([row]),
        trigger=Trigger.SCHEDULE,
        terms_version=TERMS_VERSION,
    )
    stage.world.drain(stage._slices.handle)

    kept = automations.get("t1", stage.connection.id)
    assert stage.world.control.runs["t1", run.id].state is RunState.SUCCEEDED
    assert kept.enabled is not saved.enabled
    assert kept.live[0].group.id is not None
