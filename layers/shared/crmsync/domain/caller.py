"""Who is asking, and what their role lets them see and change.

An advisor works on their own connections. A marketing admin reads everything of the tenant and
changes none of it. Somebody in both groups has both rights, each where it applies.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from crmsync.domain.connection import Connection
from crmsync.domain.errors import Forbidden, NotFound


class Role(StrEnum):
    """The user groups, named as they are in the user pool."""

    ADVISOR = "advisor"
    MARKETING_ADMIN = "marketing-admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in user as their verified token describes them, without their address."""

    tenant_id: str
    user_id: str
    roles: frozenset[str] = frozenset()

    @property
    def is_advisor(self) -> bool:
        """Whether the caller may have connections of their own."""
        return Role.ADVISOR in self.roles

    @property
    def is_marketing_admin(self) -> bool:
        """Whether the caller may read everything of the tenant."""
        return Role.MARKETING_ADMIN in self.roles

    def sees(self, connection: Connection) -> bool:
        """Whether this connection exists as far as the caller can tell."""
        if connection.tenant_id != self.tenant_id:
            return False
        return self.is_marketing_admin or self.owns(connection)

    def owns(self, connection: Connection) -> bool:
        """Whether it is the caller's own, and they are an advisor."""
        same = (connection.tenant_id, connection.user_id) == (self.tenant_id, self.user_id)
        return same and self.is_advisor

    def require_advisor(self) -> None:
        """Raise `Forbidden` unless the caller may change connections, automations and runs."""
        if not self.is_advisor:
            text = "Only an advisor can change this. Ask the advisor who owns the connection."
            raise Forbidden("read_only_role", text)

    def seen(self, connection: Connection | None, connection_id: str) -> Connection:
        """The connection, or `NotFound` when there is none the caller may know of."""
        if connection is None or not self.sees(connection):
            text = f"There is no connection '{connection_id}' that you can see."
            raise NotFound("no_such_connection", text)
        return connection

    def owned(self, connection: Connection | None, connection_id: str) -> Connection:
        """The caller's own connection; `NotFound` when unseen, `Forbidden` when only readable."""
        found = self.seen(connection, connection_id)
        if not self.owns(found):
            text = "Only the advisor who owns this connection can change it."
            raise Forbidden("read_only_role", text)
        return found
