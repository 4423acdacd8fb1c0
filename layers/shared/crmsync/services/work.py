"""What a slice of a run works with: the ports, the run it holds, and one mapping's scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from crmsync.domain.connection import Connection
from crmsync.domain.errors import Defer
from crmsync.domain.mapping_run import MappingRun
from crmsync.domain.observation import Policy
from crmsync.domain.person import Campaign
from crmsync.domain.run import Checkpoint, Run
from crmsync.ports.artifacts import Artifacts
from crmsync.ports.automations import Automations
from crmsync.ports.clock import Clock
from crmsync.ports.connections import Connections
from crmsync.ports.crm import Crm
from crmsync.ports.events import Events
from crmsync.ports.ids import Ids
from crmsync.ports.marketing import Marketing
from crmsync.ports.queue import SyncQueue
from crmsync.ports.reviews import Reviews
from crmsync.ports.runs import Lease, Runs
from crmsync.ports.state import MappingMemory, SyncState

BUDGET_SECONDS = 900
"""How long to wait before looking whether the org has calls to spare again."""

LEASE_MARGIN = timedelta(seconds=70)
"""How much longer than the worker can live its lease lasts, so an expired one means it is dead.

More than a minute, because who finds it expired may go by another clock than who took it.
"""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything the engine needs from the outside. The factories bind tenant and connection."""

    connections: Connections
    automations: Automations
    runs: Runs
    reviews: Reviews
    artifacts: Artifacts
    queue: SyncQueue
    events: Events
    clock: Clock
    ids: Ids
    marketing: Callable[[str], Marketing]
    state: Callable[[Connection], SyncState]
    crm: Callable[[Connection, Run], Crm]


@dataclass(slots=True)
class Work:
    """One slice at work. `run` is always the version last stored."""

    ports: Ports
    run: Run
    connection: Connection
    lease: Lease
    crm: Crm
    marketing: Marketing
    state: SyncState
    calls_before: int = 0
    inactive: frozenset[str] | None = field(default=None)

    def save(self, run: Run, *, due_at: datetime | None = None, attempts: int = 0) -> None:
        """Store the run with one checkpoint more; raises `LeaseLost` if it is no longer ours.

        The sweep looks at it when the lease expires, or at `due_at`.
        """
        checkpoint = replace(run.checkpoint, version=run.checkpoint.version + 1, attempts=attempts)
        calls = self.calls_before + self.crm.calls
        run = replace(run, checkpoint=checkpoint, crm_calls=calls)
        self.run = self.ports.runs.save(run, due_at=due_at or self.lease.expires_at)

    def checkpoint(self, **changes: Any) -> Checkpoint:  # noqa: ANN401 - as `replace` takes them
        """The run's checkpoint with some parts replaced."""
        return replace(self.run.checkpoint, **changes)

    def part_key(self, kind: str, number: int) -> str:
        """The name of a stored part: by run and fence, so a stale worker cannot collide."""
        return f"{self.connection.id}/{self.run.id}/{self.lease.fence}/{kind}-{number:05d}"

    def must_stop(self) -> bool:
        """Whether the slice ends at this page: its time is up, or somebody cancelled the run.

        Raises `Defer` when the org's calls are used up to the share that we leave to others.
        """
        budget = self.crm.budget
        if budget.max and budget.used >= budget.share * budget.max > 0:
            text = f"{budget.used} of the org's {budget.max} daily calls are used."
            raise Defer("api_share_used", text, seconds=BUDGET_SECONDS)
        return self.ports.clock.remaining() <= 0 or self.cancel_requested()

    def cancel_requested(self) -> bool:
        """Whether somebody asked to stop the run."""
        return self.ports.runs.cancel_requested(self.run.tenant_id, self.run.id)


@dataclass(frozen=True, slots=True)
class Scene:
    """One mapping of the run, ready to be worked on. A campaign or group yet to be made is None."""

    index: int
    row: MappingRun
    campaign: Campaign | None
    policy: Policy
    crm_user_id: str
    by_visibility: bool
    inactive_campaign_id: str | None
    memory: MappingMemory

    @property
    def campaign_id(self) -> str:
        """The campaign's id, '' while it does not exist."""
        return self.campaign.id if self.campaign else ""

    @property
    def group_id(self) -> str:
        """The group's id, '' while it does not exist."""
        return self.row.group_id or ""

    @property
    def campaign_ids(self) -> list[str]:
        """The campaigns whose rows matter here: the mapped one and the inactive one."""
        return [c for c in (self.campaign_id, self.inactive_campaign_id or "") if c]
