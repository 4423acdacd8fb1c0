"""Say on the bus that a run ended, at least once and recognisably the same each time."""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.run import Run
from crmsync.ports.events import Events
from crmsync.ports.runs import Runs


def announce_run(runs: Runs, events: Events, run: Run) -> Run:
    """The run with its event marked as sent. A crash in between repeats it with the same id."""
    detail = {
        "tenant_id": run.tenant_id,
        "connection_id": run.connection_id,
        "run_id": run.id,
        "event_id": f"completed-{run.id}",
    }
    events.publish("run.completed", detail)
    return runs.save(replace(run, event_sent=True), due_at=None)
