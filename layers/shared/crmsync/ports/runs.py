"""Runs as they are kept: how far they are, and who may work on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crmsync.domain.run import Run


@dataclass(frozen=True, slots=True)
class RunPage:
    """Runs of a connection, newest first; `cursor` is None on the last page."""

    items: tuple[Run, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a connection. `fence` is higher than that of every earlier holder.

    `taken_over` is set when the holder before let it expire instead of releasing it: it died.
    """

    run_id: str
    holder: str
    fence: int
    expires_at: datetime
    taken_over: bool = False


class Runs(Protocol):
    """Runs, and the lease that lets one of them at a time work on a connection."""

    def create(self, run: Run, *, due_at: datetime | None) -> Run:
        """Store a new run, due for the sweep at `due_at`; the stored one when its id exists."""
        ...

    def get(self, tenant_id: str, run_id: str) -> Run | None:
        """One run, strongly consistent, or None."""
        ...

    def save(self, run: Run, *, due_at: datetime | None) -> Run:
        """Store if `run.version` is current and its fence is not below the lease's.

        `due_at` is when the sweep must look at it again; None once nothing is left to do.
        Raises `LeaseLost` when another writer was first.
        """
        ...

    def mark_used(self, tenant_id: str, run_id: str, by: str) -> bool:
        """Set `used_by` of a finished plan once; False when it is used already, by anyone else.

        `by` is the id of the run that executes it, or `cancelled`.
        """
        ...

    def request_cancel(self, tenant_id: str, run_id: str) -> None:
        """Ask the holder to stop at the next page; harmless when the run has ended."""
        ...

    def cancel_requested(self, tenant_id: str, run_id: str) -> bool:
        """Whether somebody asked for it."""
        ...

    def page(
        self,
        tenant_id: str,
        connection_id: str,
        cursor: str | None,
        limit: int,
        *,
        until: datetime | None = None,
    ) -> RunPage:
        """The connection's runs, newest first; only those created by `until` when it is given."""
        ...

    def unfinished(self, tenant_id: str, connection_id: str) -> tuple[Run, ...]:
        """Runs that have not ended, oldest first."""
        ...

    def acquire(
        self, tenant_id: str, connection_id: str, run_id: str, holder: str, until: datetime
    ) -> Lease | None:
        """Take the lease, with a new fence; None while another holder's is alive.

        Also another worker of the same run has to wait: two of them would both create a person.
        Who holds it already has it for longer, with the fence it has.
        """
        ...

    def lease(self, tenant_id: str, connection_id: str) -> Lease | None:
        """The lease as stored, strongly consistent, an expired one too; None when nobody has it."""
        ...

    def release(self, tenant_id: str, connection_id: str, lease: Lease) -> None:
        """Give the lease up if it is still ours."""
        ...
