"""Connections and automations whose changes are kept in the audit log: who, what, when, from what.

They stand in for the ports they wrap, so no service that changes one can forget to say so. What
runs and tokens do to a connection is no choice of anybody's and goes past them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from crmsync.domain.automation import Automation
from crmsync.domain.connection import Connection
from crmsync.ports.audit import AuditEntry, AuditLog
from crmsync.ports.automations import Automations
from crmsync.ports.clock import Clock
from crmsync.ports.connections import Connections
from crmsync.ports.ids import Ids


@dataclass(frozen=True, slots=True)
class Audit:
    """Writes entries in somebody's name; without a name the owner of the connection did it."""

    log: AuditLog
    ids: Ids
    clock: Clock
    user_id: str = ""

    def note(
        self, connection: Connection, what: str, before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        """Keep what differs; nothing when nothing does."""
        changed = sorted(name for name in after if before.get(name) != after[name])
        if not changed:
            return
        entry = AuditEntry(
            id=self.ids.new("aud"),
            tenant_id=connection.tenant_id,
            connection_id=connection.id,
            user_id=self.user_id or connection.user_id,
            what=what,
            at=self.clock.now(),
            before={name: before.get(name) for name in changed},
            after={name: after[name] for name in changed},
        )
        self.log.add(entry)


@dataclass(frozen=True, slots=True)
class AuditedConnections:
    """`Connections` that note what their owner changes."""

    inner: Connections
    audit: Audit

    def get(self, tenant_id: str, connection_id: str) -> Connection | None:
        """One connection, or None: also when it is another tenant's."""
        return self.inner.get(tenant_id, connection_id)

    def list(self, tenant_id: str) -> tuple[Connection, ...]:
        """All connections of the tenant, oldest first."""
        return self.inner.list(tenant_id)

    def put(self, connection: Connection) -> Connection:
        """Store it; the version it names is the one it is compared with."""
        before = self.inner.get(connection.tenant_id, connection.id)
        stored = self.inner.put(connection)
        known = _of_connection(before) if before else {}
        self.audit.note(stored, "connection", known, _of_connection(stored))
        return stored

    def keep_alive_due(self, connection: Connection, at: Any) -> None:  # noqa: ANN401 - passed on
        """When the token must be refreshed at the latest; None when there is no token."""
        self.inner.keep_alive_due(connection, at)


@dataclass(frozen=True, slots=True)
class AuditedAutomations:
    """`Automations` of connections that note what their owner changes."""

    inner: Automations
    connections: Connections
    audit: Audit

    def get(self, tenant_id: str, connection_id: str) -> Automation:
        """The automation; an empty one when none was saved."""
        return self.inner.get(tenant_id, connection_id)

    def put(self, tenant_id: str, automation: Automation) -> Automation:
        """Store it; the version it names is the one it is compared with."""
        before = self.inner.get(tenant_id, automation.connection_id)
        stored = self.inner.put(tenant_id, automation)
        connection = self.connections.get(tenant_id, automation.connection_id)
        if connection is not None:
            self.audit.note(
                connection, "automation", _of_automation(before), _of_automation(stored)
            )
        return stored


def _of_connection(connection: Connection) -> dict[str, Any]:
    org = connection.org
    return {
        "status": connection.status.value,
        "org": {"id": org.org_id, "name": org.org_name},
        "crm_user": {"id": org.user_id, "name": org.user_name},
        "sync_by_visibility": connection.sync_by_visibility,
        "inactive_campaign_id": connection.inactive_campaign_id,
        "settings": _plain(asdict(connection.settings)),
    }


def _of_automation(automation: Automation) -> dict[str, Any]:
    known = _plain(asdict(automation))
    terms = known["terms"] or {}
    return {
        "mappings": known["draft"],
        "cadence": known["draft_cadence"],
        "enabled": known["enabled"],
        "live_mappings": known["live"],
        "live_cadence": known["live_cadence"] if known["live"] else None,
        "terms_version": terms.get("version"),
    }


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """The same in what JSON knows, so that what is stored compares equal to what was."""
    found: dict[str, Any] = json.loads(json.dumps(value, default=str))
    return found
