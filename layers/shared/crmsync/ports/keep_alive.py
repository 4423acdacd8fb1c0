"""How a grant that no run uses is kept from dying of disuse."""

from __future__ import annotations

from typing import Protocol


class KeepAlive(Protocol):
    """Asks the token service to keep a grant alive; it decides whether that needs a refresh."""

    def keep_alive(self, tenant_id: str, connection_id: str) -> None:
        """Ask; the answer holds no token and is not waited for."""
        ...
