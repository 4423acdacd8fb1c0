"""End a run: store its final state, then publish its completion.

The only place that ends one, whatever the reason. It must not know what the run did to records.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from crmsync.domain.mapping_run import cancelled
from crmsync.domain.run import Run, RunState
from crmsync.services.announce_run import announce_run
from crmsync.services.remember_mapping import RememberMapping
from crmsync.services.work import Work

EVENT_DUE = timedelta(seconds=60)
"""How soon the sweep looks for a completion event that was not sent."""


def finish(work: Work, run: Run, state: RunState) -> None:
    """End the run, then publish its completion; the sweep publishes if we cannot any more.

    What a run that did not settle added to a campaign is remembered first.
    """
    if state in (RunState.CANCELLED, RunState.FAILED):
        memory = RememberMapping(work)
        for row in run.mappings:
            memory.broken_off(row)
    now = work.ports.clock.now()
    checkpoint = replace(run.checkpoint, version=run.checkpoint.version + 1)
    ended = replace(
        run,
        state=state,
        mappings=cancelled(run.mappings) if state is RunState.CANCELLED else run.mappings,
        checkpoint=checkpoint,
        finished_at=now,
        progress=1.0,
        crm_calls=work.calls_before + work.crm.calls,
    )
    work.run = work.ports.runs.save(ended, due_at=now + EVENT_DUE)
    work.run = announce_run(work.ports.runs, work.ports.events, work.run)
