"""Our own OAuth clients, as far as logging in needs them."""

from __future__ import annotations

from typing import Protocol


class ConnectedApp(Protocol):
    """Our client at one platform's login."""

    @property
    def client_id(self) -> str:
        """Public."""
        ...

    @property
    def client_secret(self) -> str:
        """Never logged."""
        ...


class ConnectedApps(Protocol):
    """Our clients by platform, read when needed, so that a rotated secret is picked up."""

    def of(self, platform: str) -> ConnectedApp:
        """The client for a platform."""
        ...

    def forget(self) -> None:
        """Read them again next time: the login refused one."""
        ...
