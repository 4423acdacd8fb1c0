"""In-app notifications of the caller, and whom else to tell."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from crmsync.domain.notification import Notification
from crmsync.ports.notices import MOST_WEBHOOKS, NoticeSettings
from crmsync.routes.mapping_models import IdText
from crmsync.routes.paging import opened, sealed
from crmsync.routes.registry import AtDesk, Cursor, Id, Limit, Routes, nothing
from crmsync.services.notices import WebhookInput

routes = Routes("notifications")


class NotificationAnswer(BaseModel):
    """One notice; `run_id` and `connection_id` say where to look."""

    id: str
    kind: str
    title: str
    body: str
    run_id: str | None
    connection_id: str | None
    created_at: datetime
    read: bool


class NotificationList(BaseModel):
    """Notices, newest first."""

    items: list[NotificationAnswer]
    cursor: str | None


class WebhookBody(BaseModel):
    """A webhook; one without an id is new and gets a secret."""

    model_config = ConfigDict(extra="forbid")

    id: IdText | None = None
    url: Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[\x21-\x7e]+$")]
    enabled: StrictBool = True
    secret: str | None = Field(None, description="Ignored: what was read can be sent back.")


class NoticeSettingsBody(BaseModel):
    """When to be told, and by which webhooks; those left out are removed."""

    model_config = ConfigDict(extra="forbid")

    level: Literal["always", "problems", "never"] = "always"
    webhooks: Annotated[list[WebhookBody], Field(default_factory=list, max_length=MOST_WEBHOOKS)]


class WebhookAnswer(BaseModel):
    """A webhook. `secret` is there only in the answer to the request that added it."""

    id: str
    url: str
    enabled: bool
    secret: str | None = None


class NoticeSettingsAnswer(BaseModel):
    """When the user is told, and by which webhooks."""

    level: str
    webhooks: list[WebhookAnswer]


@routes.answer("GET", "/api/notifications", NotificationList)
def list_notifications(desk: AtDesk, cursor: Cursor = None, limit: Limit = 25) -> NotificationList:
    """List the caller's notifications, newest first."""
    page = desk.notices.page(opened("notifications", cursor), limit)
    items = [_notification(notice) for notice in page.items]
    return NotificationList(items=items, cursor=sealed("notifications", page.cursor))


@routes.answer("POST", "/api/notifications/<notification_id>/read", status=204)
def read_notification(desk: AtDesk, notification_id: Id) -> Response[str]:
    """Mark it read. A repeat changes nothing."""
    desk.notices.mark_read(notification_id)
    return nothing()


@routes.answer("GET", "/api/notification-settings", NoticeSettingsAnswer)
def get_notification_settings(desk: AtDesk) -> NoticeSettingsAnswer:
    """Read the caller's settings; secrets are not shown again."""
    return _settings(desk.notices.settings(), frozenset())


@routes.answer("PUT", "/api/notification-settings", NoticeSettingsAnswer)
def save_notification_settings(desk: AtDesk, body: NoticeSettingsBody) -> NoticeSettingsAnswer:
    """Replace the caller's settings. The secrets of new webhooks are shown in this answer only."""
    wanted = [WebhookInput(each.url, each.enabled, each.id) for each in body.webhooks]
    stored, added = desk.notices.put_settings(body.level, wanted)
    return _settings(stored, added)


def _notification(notice: Notification) -> NotificationAnswer:
    return NotificationAnswer(
        id=notice.id,
        kind=notice.kind,
        title=notice.title,
        body=notice.body,
        run_id=notice.run_id,
        connection_id=notice.connection_id,
        created_at=notice.created_at,
        read=notice.read,
    )


def _settings(settings: NoticeSettings, shown: frozenset[str]) -> NoticeSettingsAnswer:
    hooks = [
        WebhookAnswer(
            id=hook.id,
            url=hook.url,
            enabled=hook.enabled,
            secret=hook.secret if hook.id in shown else None,
        )
        for hook in settings.webhooks
    ]
    return NoticeSettingsAnswer(level=settings.level, webhooks=hooks)
