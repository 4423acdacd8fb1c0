"""When a call is made again, and how long is waited before."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from crmsync.domain.errors import Defer, Retry

ATTEMPTS = 4
SHORT_PAUSE = 5
T = TypeVar("T")
Sleeper = Callable[[float], None]


def pause(attempt: int) -> float:
    """Seconds to wait after so many tries: doubling from one, with jitter."""
    return random.uniform(0.5, 1.0) * (1 << attempt - 1)  # noqa: S311 - jitter, no secret


def trying(call: Callable[[], T], sleep: Sleeper, *, seconds: float, writing: bool) -> T:
    """What `call` returns, tried again after passing failures; no try starts after `seconds`."""
    give_up = time.monotonic() + seconds
    for attempt in range(1, ATTEMPTS):
        try:
            return call()
        except (Retry, Defer) as error:
            if not _may_repeat(error, writing=writing) or time.monotonic() > give_up:
                raise
        sleep(pause(attempt))
    return call()


def _may_repeat(error: Retry | Defer, *, writing: bool) -> bool:
    """Reads always; a write only if it did not arrive. Of the pauses only an outage is worth it."""
    if isinstance(error, Defer):
        return error.code == "crm_unavailable" and error.seconds <= SHORT_PAUSE
    return not writing or error.applied is False
