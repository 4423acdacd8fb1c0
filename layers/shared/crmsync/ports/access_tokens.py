"""Access tokens, as everybody but oauth_callback gets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A usable access token and where to use it."""

    token: str
    instance_url: str
    org_id: str
    user_id: str


class AccessTokens(Protocol):
    """Hands out access tokens; the only implementation that can refresh is in oauth_callback."""

    def get(self, connection_id: str, *, refused: str | None = None) -> AccessToken:
        """A token; `refused` is one the CRM no longer takes. Raises `ConnectionStopped`."""
        ...
