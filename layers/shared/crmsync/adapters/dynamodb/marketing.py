"""`Marketing` for one tenant, put together from its parts."""

from __future__ import annotations

from crmsync.adapters.dynamodb.marketing_members import MemberStore
from crmsync.adapters.dynamodb.marketing_suppressions import SuppressionStore
from crmsync.adapters.dynamodb.marketing_timeline import TimelineStore


class DynamoMarketing(MemberStore, SuppressionStore, TimelineStore):
    """One tenant's groups, contacts, memberships, suppressions and timelines."""
