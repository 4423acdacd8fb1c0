"""The messages that carry a run from slice to slice, and where the unreadable ones go."""

from __future__ import annotations

from typing import Protocol

from crmsync.domain.run import SliceMessage


class SyncQueue(Protocol):
    """The queue that feeds run_sync."""

    def send(self, message: SliceMessage, *, delay_seconds: int = 0) -> None:
        """Enqueue one slice; may be delivered more than once, late, or out of order."""
        ...


class DeadLetters(Protocol):
    """Where messages end that nobody can work on."""

    def put(self, body: str, reason: str) -> None:
        """Keep the message with the reason it could not be read."""
        ...
