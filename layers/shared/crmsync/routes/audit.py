"""Who set up what, and when: kept for good, changed by nobody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from crmsync.routes.paging import opened, sealed
from crmsync.routes.registry import AtDesk, Cursor, Id, Limit, Routes

routes = Routes("connections")


class AuditAnswer(BaseModel):
    """One change of the `connection` or its `automation`: what differs, by name."""

    id: str
    at: datetime
    user_id: str
    what: str
    before: dict[str, Any]
    after: dict[str, Any]


class AuditList(BaseModel):
    """Changes of a connection and its automation, newest first."""

    items: list[AuditAnswer]
    cursor: str | None


@routes.answer("GET", "/api/connections/<connection_id>/audit", AuditList)
def list_audit(
    desk: AtDesk, connection_id: Id, cursor: Cursor = None, limit: Limit = 50
) -> AuditList:
    """List who changed what about a connection and its automation, from what to what."""
    scope = f"audit of {connection_id}"
    page = desk.audit_page(connection_id, opened(scope, cursor), limit)
    items = [
        AuditAnswer(
            id=each.id,
            at=each.at,
            user_id=each.user_id,
            what=each.what,
            before=dict(each.before),
            after=dict(each.after),
        )
        for each in page.items
    ]
    return AuditList(items=items, cursor=sealed(scope, page.cursor))
