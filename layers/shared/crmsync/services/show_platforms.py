"""The cards of the Integrations page: every platform, with this user's connection if any."""

from __future__ import annotations

from dataclasses import dataclass

from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.platforms import PLATFORMS, Platform
from crmsync.services.see_connections import SeeConnections

_FIRST = (ConnectionStatus.CONNECTED, ConnectionStatus.NEEDS_REAUTH, ConnectionStatus.DISCONNECTED)


@dataclass(frozen=True, slots=True)
class Card:
    """One platform, and the connection to it that the caller owns."""

    platform: Platform
    connection: Connection | None


@dataclass(frozen=True, slots=True)
class ShowPlatforms:
    """Deals the cards for one caller."""

    see: SeeConnections

    def cards(self) -> tuple[Card, ...]:
        """One card per platform, with the newest of the connections in the best state."""
        own = [each for each in self.see.all() if self.see.caller.owns(each)]
        return tuple(Card(each, _best(own, each.name)) for each in PLATFORMS)


def _best(own: list[Connection], platform: str) -> Connection | None:
    newest_first = reversed([each for each in own if each.platform == platform])
    return min(newest_first, key=lambda each: _FIRST.index(each.status), default=None)
