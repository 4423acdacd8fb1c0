"""The campaigns an advisor can map: live and active ones, straight from the CRM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crmsync.domain.connection import Connection
from crmsync.domain.errors import Invalid
from crmsync.ports.crm import CampaignPage, Crm
from crmsync.services.see_connections import SeeConnections, require_connected


@dataclass(frozen=True, slots=True)
class ListCampaigns:
    """Asks the CRM behind a connection that the caller may read."""

    see: SeeConnections
    crm_of: Callable[[Connection], Crm]

    def page(self, connection_id: str, search: str, cursor: str | None) -> CampaignPage:
        """Active campaigns whose name holds `search`; `Invalid` where the org has no campaigns."""
        connection = require_connected(self.see.one(connection_id))
        campaigns = connection.capability("campaigns")
        if not campaigns.available:
            text = campaigns.reason or "This CRM has no campaigns that this login can read."
            raise Invalid(campaigns.code or "not_available", text)
        return self.crm_of(connection).campaigns(search, cursor)
