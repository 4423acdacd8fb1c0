"""How Salesforce is reached: what an operator may change, and the limits every call obeys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, between two packets, and for a whole call; bytes of an answer's body."""

    connect: float = 5.0
    silence: float = 30.0
    total: float = 90.0
    body: int = 48 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Access:
    """`login_urls` by platform and environment, hosts (`host:port`) besides Salesforce's, the CA.

    `budget_share` is the part of the org's daily API calls that may be used before we hold back.
    """

    login_urls: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    allowed_hosts: frozenset[str] = frozenset()
    ca_bundle: str | None = None
    budget_share: float = 0.75
    limits: Limits = field(default_factory=Limits)
