"""Codes, sessions and refresh tokens as the registry keeps them. Moments are seconds since 1970."""

from dataclasses import dataclass


@dataclass
class Code:
    """An authorization code."""

    client_id: str
    redirect_uri: str
    user_id: str
    scope: str
    challenge: str | None
    born: float
    spent: bool = False


@dataclass
class Session:
    """An access token."""

    token: str
    user_id: str
    client_id: str
    scope: str
    born: float
    grant: str | None = None
    ended: bool = False


@dataclass
class Refresh:
    """A refresh token; `grant` names the approval it descends from."""

    token: str
    user_id: str
    client_id: str
    scope: str
    grant: str
    used: float
    ended: bool = False
    rotated: bool = False
