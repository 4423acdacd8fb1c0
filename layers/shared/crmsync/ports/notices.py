"""What users are told in the app, and what they want to be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from crmsync.domain.notification import Notification

MOST_WEBHOOKS = 10
"""Of one user; each may keep `notify` waiting until it has to give up."""


@dataclass(frozen=True, slots=True)
class NoticePage:
    """Notifications of a user, newest first; `cursor` is None on the last page."""

    items: tuple[Notification, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint that is told of completed runs. `secret` signs; it is shown once."""

    id: str
    url: str
    enabled: bool
    secret: str


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """What one user wants to be told: `always`, `problems` or `never`, and by which webhooks."""

    level: str = "always"
    webhooks: tuple[Webhook, ...] = ()


class Notices(Protocol):
    """In-app notifications, and what users want to be told."""

    def add(self, notification: Notification) -> bool:
        """Store it once; False when its id exists already."""
        ...

    def page(self, tenant_id: str, user_id: str, cursor: str | None, limit: int) -> NoticePage:
        """The user's notifications, newest first."""
        ...

    def mark_read(self, tenant_id: str, user_id: str, notification_id: str) -> bool:
        """Mark it read; False when the user has no such notification."""
        ...

    def settings(self, tenant_id: str, user_id: str) -> NoticeSettings:
        """The user's settings, or the defaults."""
        ...

    def put_settings(self, tenant_id: str, user_id: str, settings: NoticeSettings) -> None:
        """Replace the user's settings."""
        ...
