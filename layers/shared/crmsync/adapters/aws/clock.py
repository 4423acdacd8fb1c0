"""The only reader of the time."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from typing import Protocol


class Deadline(Protocol):
    """What Lambda tells a function about its time."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is stopped."""
        ...


class SystemClock:
    """`Clock` of the machine.

    `reserve_seconds` are kept back from the deadline to save and stop in; `at_most` seconds from
    now on is all a worker may take, however far the deadline is.
    """

    def __init__(
        self,
        deadline: Deadline | None = None,
        *,
        reserve_seconds: float = 30.0,
        at_most: float | None = None,
    ) -> None:
        self._deadline = deadline
        self._reserve = reserve_seconds
        self._ends = math.inf if at_most is None else time.monotonic() + at_most

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return datetime.now(UTC)

    def remaining(self) -> float:
        """Seconds this worker may go on before it must save and stop; inf when nothing ends it."""
        own = self._ends - time.monotonic()
        if self._deadline is None:
            return own
        return min(own, self._deadline.get_remaining_time_in_millis() / 1000 - self._reserve)

    def lifetime(self) -> float:
        """Seconds after which this worker is dead for certain; 0 when nothing ends it."""
        if self._deadline is None:
            return 0.0
        return self._deadline.get_remaining_time_in_millis() / 1000
