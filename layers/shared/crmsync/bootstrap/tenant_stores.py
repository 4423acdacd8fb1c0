"""The stores that are opened per tenant or per connection, over the container's one database."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crmsync.domain.connection import Connection
from crmsync.ports.clock import Clock
from crmsync.ports.marketing import Marketing
from crmsync.ports.state import SyncState

if TYPE_CHECKING:
    from crmsync.adapters.dynamodb.database import Database


def marketing_in(database: Database, table: str, clock: Clock) -> Callable[[str], Marketing]:
    """Opens the marketing store of a tenant, by its id."""
    from crmsync.adapters.dynamodb.marketing import DynamoMarketing

    contacts = database.table(table)
    return lambda tenant_id: DynamoMarketing(contacts, tenant_id, clock)


def state_in(
    database: Database, table: str, control_table: str
) -> Callable[[Connection], SyncState]:
    """Opens the memory of a connection; fences are looked up in the control table."""
    from crmsync.adapters.dynamodb.sync_state import DynamoSyncState

    memory, control = database.table(table), database.table(control_table)
    return lambda connection: DynamoSyncState(
        memory,
        control,
        tenant_id=connection.tenant_id,
        connection_id=connection.id,
        org_id=connection.org.org_id,
    )
