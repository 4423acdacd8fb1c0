"""Finalize: the draft becomes what the schedule runs, once somebody agreed to the terms."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from crmsync.domain.automation import Automation, Terms
from crmsync.domain.connection import Connection
from crmsync.domain.errors import Conflict, NotFound
from crmsync.domain.mapping import Mapping
from crmsync.domain.run import Run, RunKind, RunState
from crmsync.domain.terms import TERMS_VERSION, require_terms
from crmsync.ports.automations import Automations
from crmsync.ports.clock import Clock
from crmsync.ports.runs import Runs
from crmsync.services.automations import change_automation
from crmsync.services.check_mappings import CheckMappings
from crmsync.services.see_connections import SeeConnections


@dataclass(frozen=True, slots=True)
class FinalizeAutomation:
    """Puts a draft into force. Repeating it with the same draft changes nothing but the time."""

    see: SeeConnections
    automations: Automations
    runs: Runs
    check: CheckMappings
    clock: Clock

    def finalize(
        self, connection_id: str, terms_version: str | None, preview_id: str | None
    ) -> Automation:
        """The automation in force, its first run due at once.

        With `preview_id`, what was agreed to is that very preview.
        """
        require_terms(terms_version)
        connection = self.see.usable(connection_id)
        draft = self.automations.get(connection.tenant_id, connection.id).draft
        self.check.require(connection, draft)
        preview = self._preview(connection, preview_id) if preview_id else None
        return change_automation(
            self.automations, connection, lambda now: self._finalized(now, draft, preview)
        )

    def _finalized(
        self, now: Automation, checked: Sequence[Mapping], preview: Run | None
    ) -> Automation:
        if now.draft != checked:
            text = "The draft changed while it was being finalized. Look at it again."
            raise Conflict("draft_changed", text)
        if not now.draft:
            text = "There is nothing to finalize. Add a mapping first."
            raise Conflict("no_mappings", text)
        if preview is not None:
            _require_same(preview, now.draft)
        terms = Terms(
            TERMS_VERSION, self.see.caller.user_id, self.clock.now(), digest_of(now.draft, preview)
        )
        live = replace(now, live=now.draft, live_cadence=now.draft_cadence, terms=terms)
        if not live.scheduled:
            return replace(live, next_run_at=None)
        return replace(live, next_run_at=self.clock.now())

    def _preview(self, connection: Connection, preview_id: str) -> Run:
        run = self.runs.get(connection.tenant_id, preview_id)
        if run is None or run.connection_id != connection.id or run.kind is not RunKind.PREVIEW:
            text = f"This connection has no preview '{preview_id}'."
            raise NotFound("no_such_preview", text)
        if run.state is not RunState.PLANNED:
            text = f"Preview '{run.id}' is {run.state.value}. Wait for its plan, or make a new one."
            raise Conflict("preview_not_ready", text)
        return run


def digest_of(mappings: Sequence[Mapping], preview: Run | None) -> str:
    """SHA-256 of exactly what was agreed to: the mappings, and the plan if one was shown."""
    plan = [part.sha256 for part in preview.checkpoint.plan] if preview else []
    agreed = {"mappings": [asdict(row) for row in mappings], "plan": plan}
    return hashlib.sha256(json.dumps(agreed, sort_keys=True).encode()).hexdigest()


def _require_same(preview: Run, draft: Sequence[Mapping]) -> None:
    """The preview must have shown these rows; the ids of rows do not matter."""
    shown = [replace(each.mapping, id="") for each in preview.mappings]
    if shown != [replace(row, id="") for row in draft]:
        text = "The preview shows other mappings than the draft. Make a new preview."
        raise Conflict("preview_outdated", text)
