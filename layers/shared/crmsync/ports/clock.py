"""The time, and how much of it this worker has left."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Our own clock; never compared with the CRM's."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...

    def remaining(self) -> float:
        """Seconds this worker may go on before it must save and stop."""
        ...

    def lifetime(self) -> float:
        """Seconds after which this worker is dead for certain; 0 when nothing ends it."""
        ...
