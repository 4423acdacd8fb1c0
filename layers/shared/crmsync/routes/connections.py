"""Connections as they are read and set up, their campaigns, and the platforms they belong to."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from crmsync.domain.connection import Connection
from crmsync.domain.person import Campaign
from crmsync.domain.terms import TERMS_VERSION
from crmsync.routes.connection_models import (
    CapabilityAnswer,
    ConnectionAnswer,
    ConnectionBody,
    ConnectionList,
    capability_answer,
    connection_answer,
)
from crmsync.routes.paging import opened, sealed
from crmsync.routes.registry import AtDesk, Cursor, Id, Routes, Search
from crmsync.services.show_platforms import Card

__all__ = ["connection_answer", "routes"]

routes = Routes("connections")


class PlatformAnswer(BaseModel):
    """One card of the Integrations page. `connection` is the caller's own, if there is one."""

    platform: str
    title: str
    notice: str | None
    directions: list[str]
    capabilities: list[CapabilityAnswer]
    connection: ConnectionAnswer | None


class PlatformList(BaseModel):
    """The cards, and the terms in force."""

    items: list[PlatformAnswer]
    terms_version: str


class CampaignAnswer(BaseModel):
    """A campaign that can be mapped. `member_count` counts members the login cannot see, too."""

    id: str
    name: str
    member_count: int
    owner: str
    start_date: date | None
    end_date: date | None
    status: str


class CampaignList(BaseModel):
    """Active campaigns by name; `hidden_inactive_count` matched but are not active."""

    items: list[CampaignAnswer]
    cursor: str | None
    hidden_inactive_count: int


@routes.answer("GET", "/api/platforms", PlatformList)
def list_platforms(desk: AtDesk) -> PlatformList:
    """The cards of the Integrations page."""
    items = [_card(desk, card) for card in desk.platforms.cards()]
    return PlatformList(items=items, terms_version=TERMS_VERSION)


@routes.answer("GET", "/api/connections", ConnectionList)
def list_connections(desk: AtDesk) -> ConnectionList:
    """List the connections the caller may see, oldest first."""
    return ConnectionList(items=[_answer(desk, each) for each in desk.connections.all()])


@routes.answer("GET", "/api/connections/<connection_id>", ConnectionAnswer)
def get_connection(desk: AtDesk, connection_id: Id) -> ConnectionAnswer:
    """Read one connection with its health."""
    return _answer(desk, desk.connections.one(connection_id))


@routes.answer("PATCH", "/api/connections/<connection_id>", ConnectionAnswer)
def edit_connection(desk: AtDesk, connection_id: Id, body: ConnectionBody) -> ConnectionAnswer:
    """Change the owner's choices. What the CRM cannot do is a 422 that says why."""
    return _answer(desk, desk.edit_connection.edit(connection_id, body.edit()))


@routes.answer("GET", "/api/connections/<connection_id>/campaigns", CampaignList)
def list_campaigns(
    desk: AtDesk, connection_id: Id, search: Search = "", cursor: Cursor = None
) -> CampaignList:
    """List live, active campaigns whose name holds `search`."""
    scope = f"campaigns of {connection_id} {search}"
    page = desk.campaigns.page(connection_id, search, opened(scope, cursor))
    return CampaignList(
        items=[_campaign(each) for each in page.items],
        cursor=sealed(scope, page.cursor),
        hidden_inactive_count=page.hidden_inactive_count,
    )


def _answer(desk: AtDesk, connection: Connection) -> ConnectionAnswer:
    now = desk.ports.clock.now()
    return connection_answer(connection, desk.automation_of(connection), now, desk.caller)


def _card(desk: AtDesk, card: Card) -> PlatformAnswer:
    return PlatformAnswer(
        platform=card.platform.name,
        title=card.platform.title,
        notice=card.platform.notice,
        directions=sorted(card.platform.directions),
        capabilities=[capability_answer(each) for each in card.platform.capabilities],
        connection=_answer(desk, card.connection) if card.connection else None,
    )


def _campaign(campaign: Campaign) -> CampaignAnswer:
    return CampaignAnswer(
        id=campaign.id,
        name=campaign.name,
        member_count=campaign.member_count,
        owner=campaign.owner,
        start_date=campaign.start_date,
        end_date=campaign.end_date,
        status=campaign.status,
    )
