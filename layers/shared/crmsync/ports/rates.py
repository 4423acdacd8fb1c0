"""How often somebody does something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Hits:
    """How many there were in the window that ends at `until`, this one included."""

    number: int
    until: datetime


class Rates(Protocol):
    """Counts how often somebody does something, in windows of a fixed length."""

    def hit(self, tenant_id: str, what: str, who: str, window: timedelta) -> Hits:
        """Count one more. Of several at once each gets its own number."""
        ...
