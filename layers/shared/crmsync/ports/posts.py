"""Messages about runs that webhooks did not take at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Post:
    """A message about a run that a webhook did not take; `tries` says how often it was sent."""

    tenant_id: str
    run_id: str
    webhook_id: str
    tries: int

    @property
    def id(self) -> str:
        """One per run and webhook."""
        return f"{self.run_id}.{self.webhook_id}"


class Posts(Protocol):
    """Messages that webhooks did not take at once."""

    def keep(self, post: Post, at: datetime | None) -> None:
        """Due again at `at`, or, with None, never; without effect unless its tries are new."""
        ...

    def get(self, tenant_id: str, post_id: str) -> Post | None:
        """As kept, strongly consistent; None when the first try was taken, or none was made."""
        ...
