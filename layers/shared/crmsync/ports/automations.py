"""The saved automation of each connection."""

from __future__ import annotations

from typing import Protocol

from crmsync.domain.automation import Automation


class Automations(Protocol):
    """One automation per connection."""

    def get(self, tenant_id: str, connection_id: str) -> Automation:
        """The automation; an empty one when none was saved."""
        ...

    def put(self, tenant_id: str, automation: Automation) -> Automation:
        """Store if `version` is current, due at `next_run_at` while scheduled; else `Conflict`."""
        ...
