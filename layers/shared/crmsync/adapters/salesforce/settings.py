"""How Salesforce is reached: what a deployment may change, and the limits every call obeys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

_KEYS = frozenset({"login_urls", "allowed_hosts", "ca_bundle", "budget_share"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, between two packets, and for a whole call; bytes of an answer's body.

    Automation in an org can make a write of hundreds of records take more than a minute. A call
    that failed is tried again only within `total`, so all tries together end within twice that.
    """

    connect: float = 5.0
    silence: float = 90.0
    total: float = 100.0
    body: int = 48 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SalesforceSettings:
    """Empty except where a deployment talks to stand-ins or through a proxy.

    `login_urls` by platform and environment replace the usual ones; `allowed_hosts` (`host:port`)
    are accepted besides Salesforce's own; `ca_bundle` is a file of certificates to trust instead.
    `budget_share` is the part of the org's daily API calls at which we hold back.
    """

    login_urls: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    allowed_hosts: frozenset[str] = frozenset()
    ca_bundle: str | None = None
    budget_share: float = 0.75
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def parse(cls, text: str) -> SalesforceSettings:
        """Read the JSON form; raises `ValueError` that names what is wrong with it."""
        try:
            stated = json.loads(text)
        except ValueError as error:
            raise ValueError(f"SALESFORCE_SETTINGS is not JSON: {error}") from error
        if not isinstance(stated, dict) or not _KEYS.issuperset(stated):
            text = f"SALESFORCE_SETTINGS must be a JSON object with keys of {sorted(_KEYS)}"
            raise ValueError(text)
        hosts = frozenset(str(host).lower() for host in stated.pop("allowed_hosts", ()))
        return cls(allowed_hosts=hosts, **stated)
