"""Automations: what the page edits, what the schedule runs, and when it is due."""

from __future__ import annotations

from dataclasses import replace

from crmsync.adapters.dynamodb.control_rows import AutomationRow
from crmsync.adapters.dynamodb.documents import text_of, value_of
from crmsync.adapters.dynamodb.due import due_shard
from crmsync.adapters.dynamodb.keys import joined, time_text
from crmsync.adapters.dynamodb.rows import Keys
from crmsync.adapters.dynamodb.table import Table
from crmsync.domain.automation import Automation
from crmsync.domain.errors import Conflict


class DynamoAutomations:
    """`Automations` in the control table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, tenant_id: str, connection_id: str) -> Automation:
        """The automation, strongly consistent; an empty one when none was saved."""
        row = self._table.get(AutomationRow, _keys(tenant_id, connection_id))
        if row is None:
            return Automation(connection_id)
        return replace(value_of(Automation, row.document), version=int(row.version))

    def put(self, tenant_id: str, automation: Automation) -> Automation:
        """Store if `version` is current, due at `next_run_at` while scheduled; else `Conflict`."""
        stored = replace(automation, version=automation.version + 1)
        keys = _keys(tenant_id, automation.connection_id)
        due_at = stored.next_run_at if stored.scheduled else None
        row = AutomationRow(
            *keys,
            document=text_of(stored),
            version=stored.version,
            due_shard=due_shard(keys) if due_at else None,
            due_at=time_text(due_at) if due_at else None,
        )
        current = AutomationRow.version == automation.version
        if self._table.put(
            row, current if automation.version else AutomationRow.pk.does_not_exist()
        ):
            return stored
        raise Conflict("stale", "The automation was changed by someone else. Load it again.")


def _keys(tenant_id: str, connection_id: str) -> Keys:
    return joined(tenant_id, "connections"), joined("automation", connection_id)
