"""Time and identifiers that a test controls."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning: where every world begins unless told otherwise."""


class FakeClock:
    """A clock that stands still until it is moved, and a worker's deadline that a test sets."""

    def __init__(self, start: datetime = START) -> None:
        self.moment = start
        self.deadline: datetime | None = None
        self.seconds_left = 900.0

    def now(self) -> datetime:
        return self.moment

    def remaining(self) -> float:
        if self.deadline is None:
            return self.seconds_left
        return (self.deadline - self.moment).total_seconds()

    def lifetime(self) -> float:
        return max(0.0, self.remaining()) + 60.0

    def advance(self, seconds: float = 0.0, *, by: timedelta | None = None) -> datetime:
        """Move on; time never goes back."""
        step = timedelta(seconds=seconds) if by is None else by
        assert step >= timedelta(0), f"a clock cannot go back by {step}"
        self.moment += step
        return self.moment

    def start_slice(self, seconds: float | None) -> None:
        """Give the worker this long from now; None: `seconds_left`, which does not run down."""
        self.deadline = None if seconds is None else self.moment + timedelta(seconds=seconds)


class FakeIds:
    """Ids that count up: sortable, unique and the same in every run with the same seed."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.count = 0

    def new(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}_{self.seed:04x}{self.count:08d}"

    def secret(self) -> str:
        self.count += 1
        digest = hashlib.sha256(f"secret {self.seed} {self.count}".encode()).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()
