"""The CRM's own login, as oauth_callback talks to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint answered. `refresh_token` is None when the old one stays valid."""

    access_token: str
    refresh_token: str | None
    instance_url: str
    identity_url: str
    scope: str = ""


class OAuth(Protocol):
    """The token endpoint and identity service of one login host."""

    def authorize_url(
        self, *, login_url: str, platform: str, redirect_uri: str, state: str, challenge: str
    ) -> str:
        """Where to send the browser."""
        ...

    def exchange(
        self, *, login_url: str, platform: str, redirect_uri: str, code: str, verifier: str
    ) -> Tokens:
        """Trade the one-time code; raises `ConnectionStopped` when refused."""
        ...

    def refresh(self, *, login_url: str, platform: str, refresh_token: str) -> Tokens:
        """Trade the refresh token; `ConnectionStopped` when refused, `Retry` when lost."""
        ...

    def revoke(self, *, login_url: str, token: str) -> None:
        """Make the grant useless; a token that is unknown already counts as revoked."""
        ...
