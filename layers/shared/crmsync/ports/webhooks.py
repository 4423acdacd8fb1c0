"""Endpoints of other people that are told of runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

PORTS = frozenset({443, 8443})
"""Where webhooks may listen."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What an endpoint answered: `status` 0 means it was not reached."""

    status: int
    detail: str = ""
    retry_after: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class WebhookSender(Protocol):
    """Posts signed, thin completion messages to public https addresses only."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Post once; no redirects followed, the address checked before connecting."""
        ...
