"""What is told to somebody in the app."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Notification:
    """One in-app notice. `id` is derived from its cause, so the same cause gives one notice."""

    id: str
    tenant_id: str
    user_id: str
    kind: str
    title: str
    body: str
    created_at: datetime
    run_id: str | None = None
    connection_id: str | None = None
    read: bool = False
