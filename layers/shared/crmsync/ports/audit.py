"""Who set up what, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change of what somebody set up: `before` and `after` hold what differs, by name.

    `what` is `connection` or `automation`.
    """

    id: str
    tenant_id: str
    connection_id: str
    user_id: str
    what: str
    at: datetime
    before: Mapping[str, object]
    after: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries of a connection, newest first; `cursor` is None on the last page."""

    items: tuple[AuditEntry, ...]
    cursor: str | None


class AuditLog(Protocol):
    """What was set up, by whom and when; entries are added and never changed or removed."""

    def add(self, entry: AuditEntry) -> None:
        """Store it; a repeat of the same entry changes nothing."""
        ...

    def page(self, tenant_id: str, connection_id: str, cursor: str | None, limit: int) -> AuditPage:
        """The connection's entries, newest first."""
        ...
