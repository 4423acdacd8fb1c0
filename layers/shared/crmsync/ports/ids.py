"""Where fresh ids and secrets come from."""

from __future__ import annotations

from typing import Protocol


class Ids(Protocol):
    """Fresh identifiers and secrets."""

    def new(self, prefix: str) -> str:
        """`prefix` + '_' + an unguessable, time-sortable id."""
        ...

    def secret(self) -> str:
        """A 256-bit url-safe secret."""
        ...
