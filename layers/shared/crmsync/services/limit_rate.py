"""How often a user may do what costs others: refuse what comes too fast, and say when to return."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from crmsync.domain.errors import TooMany
from crmsync.ports.clock import Clock
from crmsync.ports.rates import Rates


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many in any window of the clock."""

    what: str
    most: int
    window: timedelta


CONNECT = Limit("logins", 10, timedelta(hours=1))
"""Logins that one user starts: each ends at somebody else's login page."""
FINISH = Limit("attempts", 5, timedelta(minutes=10))
"""Attempts of one user to finish a login: nobody guesses a receipt."""
RUN = Limit("runs", 10, timedelta(minutes=10))
"""Syncs of one connection by hand: one a minute, but nobody who presses twice is sent away.

Previews, and carrying one out, are not counted.
"""


@dataclass(frozen=True, slots=True)
class LimitRate:
    """Counts and refuses. `scale` multiplies every limit, where tests sign in all day."""

    rates: Rates
    clock: Clock
    scale: int = 1

    def __call__(self, limit: Limit, tenant_id: str, who: str) -> None:
        """Count one more of it; `TooMany` once there were more than the limit."""
        hits = self.rates.hit(tenant_id, limit.what, who, limit.window)
        most = limit.most * self.scale
        if hits.number <= most:
            return
        seconds = max(1, math.ceil((hits.until - self.clock.now()).total_seconds()))
        minutes = int(limit.window.total_seconds() // 60)
        text = f"At most {most} every {minutes} minutes. Try again in {seconds} seconds."
        raise TooMany(f"too_many_{limit.what}", text, seconds=seconds)
