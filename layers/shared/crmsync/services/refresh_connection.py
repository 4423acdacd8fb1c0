"""Bring a connection up to date with what a run saw of its CRM: health, abilities, paused fields.

A field that paused is noted in the run before it is on the connection, so that whatever crashes,
exactly one run tells of it. It must not know how anybody is told.
"""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.connection import Connection, PausedField
from crmsync.domain.errors import Conflict
from crmsync.domain.fields import FieldRule
from crmsync.domain.paused_fields import CONSENT, NOT_VISIBLE, RETYPED, paused_fields
from crmsync.ports.crm import CrmSchema
from crmsync.services.work import Work

ATTEMPTS = 5
"""How often an edit by the connection's owner may come in between."""


class RefreshConnection:
    """Refreshes the connection of the run in hand."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def run(self, *, good: bool) -> None:
        """Health always; what the CRM allows only if the run asked it anything."""
        for _ in range(ATTEMPTS):
            stored = self._stored()
            if stored is None:
                return
            asked = self._work.crm.calls or self._work.run.crm_calls
            seen = self._seen(stored) if asked else stored
            self._note_paused(stored.paused_fields, seen.paused_fields)
            now = self._work.ports.clock.now()
            try:
                self._work.ports.connections.put(
                    replace(seen, last_good_run_at=now if good else seen.last_good_run_at)
                )
            except Conflict:
                continue
            return

    def _stored(self) -> Connection | None:
        run = self._work.run
        return self._work.ports.connections.get(run.tenant_id, run.connection_id)

    def _seen(self, connection: Connection) -> Connection:
        crm, now = self._work.crm, self._work.ports.clock.now()
        schema = crm.schema()
        gone = unreadable(connection, schema)
        return replace(
            connection,
            api_budget=crm.budget,
            capabilities=schema.capabilities or connection.capabilities,
            paused_fields=paused_fields(connection.paused_fields, gone, now),
            crm_notes=crm.notes,
        )

    def _note_paused(self, before: tuple[PausedField, ...], now: tuple[PausedField, ...]) -> None:
        known = {field.name for field in before} | {*self._work.run.paused_fields}
        new = tuple(field.name for field in now if field.name not in known)
        if new:
            run = self._work.run
            self._work.save(replace(run, paused_fields=(*run.paused_fields, *new)))


def unreadable(connection: Connection, schema: CrmSchema) -> dict[str, str]:
    """The fields that are to be synced and cannot be read, each with its code."""
    off = {n for n, rule in connection.settings.field_rules.items() if rule is FieldRule.OFF}
    gone = {n: RETYPED if n in schema.retyped else NOT_VISIBLE for n in schema.hidden - off}
    return gone if schema.consent_readable else {**gone, CONSENT: NOT_VISIBLE}
