"""Starting and stopping runs on somebody's word. What a run then does is the engine's business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crmsync.domain.connection import Connection
from crmsync.domain.errors import Conflict
from crmsync.domain.mapping import Mapping
from crmsync.domain.run import Run
from crmsync.domain.terms import require_terms
from crmsync.ports.automations import Automations
from crmsync.ports.ids import Ids
from crmsync.services.check_mappings import CheckMappings, with_ids
from crmsync.services.limit_rate import RUN, LimitRate
from crmsync.services.see_connections import SeeConnections, require_connected
from crmsync.services.show_runs import ShowRuns
from crmsync.services.start_run import StartRun


@dataclass(frozen=True, slots=True)
class OrderRuns:
    """Starts runs for the owner of a connection. None of this touches the saved automation."""

    see: SeeConnections
    show: ShowRuns
    automations: Automations
    check: CheckMappings
    ids: Ids
    starter: StartRun
    limit: LimitRate

    def preview(self, connection_id: str, rows: Sequence[Mapping]) -> Run:
        """A run that plans these mappings and writes nothing."""
        connection = self.see.usable(connection_id)
        return self.starter.preview(connection, self._checked(connection, rows), self._user)

    def sync(
        self, connection_id: str, rows: Sequence[Mapping], terms: str | None, *, full: bool
    ) -> Run:
        """A one-time run of these mappings; `full` looks at everybody, whatever changed since."""
        require_terms(terms)
        connection = self.see.usable(connection_id)
        mappings = self._checked(connection, rows)
        self.limit(RUN, connection.tenant_id, connection.id)
        return self.starter.sync(connection, mappings, self._user, terms or "", full=full)

    def from_preview(self, connection_id: str, preview_id: str, terms: str | None) -> Run:
        """The run that carries out a preview, once."""
        require_terms(terms)
        connection = self.see.usable(connection_id)
        return self.starter.from_preview(connection, preview_id, self._user, terms or "")

    def approve(self, run_id: str) -> Run:
        """The run of what was held back."""
        return self.starter.approve(self._usable(run_id), run_id, self._user)

    def undo(self, run_id: str) -> Run:
        """A preview of putting back what the run changed."""
        return self.starter.undo(self._usable(run_id), run_id, self._user)

    def retry(self, run_id: str) -> Run:
        """A preview of what failed in the run."""
        return self.starter.retry(self._usable(run_id), run_id, self._user)

    def cancel(self, run_id: str) -> Run:
        """The run, asked to stop; also while its connection cannot be used."""
        return self.starter.cancel(self.show.connection_of(run_id), run_id)

    def _usable(self, run_id: str) -> Connection:
        return require_connected(self.show.connection_of(run_id))

    def _checked(self, connection: Connection, rows: Sequence[Mapping]) -> tuple[Mapping, ...]:
        if not rows:
            raise Conflict("no_mappings", "There is nothing to sync. Add a mapping first.")
        self.check.require(connection, rows)
        saved = self.automations.get(connection.tenant_id, connection.id)
        return with_ids(rows, (*saved.draft, *saved.live), self.ids)

    @property
    def _user(self) -> str:
        return self.see.caller.user_id
