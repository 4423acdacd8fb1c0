"""What the rest of the world is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Events(Protocol):
    """The event bus."""

    def publish(self, kind: str, detail: Mapping[str, object]) -> None:
        """Publish; consumers tolerate a repeat. `detail` has ids and counts, no person's data."""
        ...
