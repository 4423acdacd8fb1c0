"""Opens sessions: a client per connection, while what describe told is kept per worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from crmsync.adapters.salesforce.client import OrgClient, TokenSource
from crmsync.adapters.salesforce.crm import SalesforceCrm
from crmsync.adapters.salesforce.descriptors import DESCRIPTORS, Descriptor
from crmsync.adapters.salesforce.org import Org
from crmsync.adapters.salesforce.settings import SalesforceSettings
from crmsync.adapters.salesforce.shapes import ShapeCache
from crmsync.adapters.salesforce.transport import BoundedSession
from crmsync.domain.connection import Capability, Connection
from crmsync.domain.errors import ConnectionStopped
from crmsync.domain.fields import FIELD_NAMES
from crmsync.domain.platforms import platform
from crmsync.ports.access_tokens import AccessToken, AccessTokens

SHAPES = ShapeCache()
"""What describe told, kept by every warm worker across runs."""

Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class SalesforceGateway:
    """Sessions for stored connections, with tokens from the token service."""

    tokens: AccessTokens
    settings: SalesforceSettings = field(default_factory=SalesforceSettings)
    shapes: ShapeCache = field(default_factory=lambda: SHAPES)
    sleep: Sleep = time.sleep

    def open_for(
        self, connection: Connection, *, named: Iterable[str] = (), noted: str = ""
    ) -> SalesforceCrm:
        """A session. Nothing is asked of the CRM or of the token service before it is used.

        `named` are fields to read besides those of the connection's own rules; with `noted`, what
        an earlier session noted, describe need not be read again.
        """

        def token(refused: str | None) -> AccessToken:
            return self.tokens.get(connection.id, refused=refused)

        client = client_of(connection.platform, token, self.settings, self.sleep)
        org = Org(
            client,
            described(connection.platform),
            self.shapes,
            cache_key=f"{connection.tenant_id}/{connection.id}",
            further=frozenset((*connection.settings.field_rules, *named)) - set(FIELD_NAMES),
            noted=noted,
        )
        return SalesforceCrm(org, everywhere(connection.platform))


def client_of(
    name: str, tokens: TokenSource, settings: SalesforceSettings, sleep: Sleep = time.sleep
) -> OrgClient:
    """A client for one login on a platform."""
    return OrgClient(tokens, settings, described(name).api_version, BoundedSession(settings), sleep)


def everywhere(name: str) -> tuple[Capability, ...]:
    """What the platform offers in every org."""
    known = platform(name)
    return known.capabilities if known else ()


def described(name: str) -> Descriptor:
    """The descriptor of a platform; raises `ConnectionStopped` for one that is not served."""
    descriptor = DESCRIPTORS.get(name)
    if descriptor is None:
        text = f"The platform {name!r} is not served here; these are: {', '.join(DESCRIPTORS)}."
        raise ConnectionStopped("platform_unknown", text)
    return descriptor
