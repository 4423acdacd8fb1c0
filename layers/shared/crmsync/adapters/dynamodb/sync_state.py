"""`SyncState` for one connection, put together from its parts."""

from __future__ import annotations

from crmsync.adapters.dynamodb.sync_claims import ClaimStore
from crmsync.adapters.dynamodb.sync_links import LinkStore
from crmsync.adapters.dynamodb.sync_mappings import MappingStore


class DynamoSyncState(LinkStore, ClaimStore, MappingStore):
    """Links and claims by (tenant, org), the rest by connection."""
