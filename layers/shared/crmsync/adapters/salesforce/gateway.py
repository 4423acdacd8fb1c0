"""Opens sessions: a client per connection, while what describe told is kept per worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from crmsync.adapters.salesforce.access import Access
from crmsync.adapters.salesforce.client import OrgClient
from crmsync.adapters.salesforce.crm import SalesforceCrm
from crmsync.adapters.salesforce.descriptors import DESCRIPTORS, Descriptor
from crmsync.adapters.salesforce.org import Org, ShapeCache
from crmsync.adapters.salesforce.transport import BoundedSession
from crmsync.domain.errors import ConnectionStopped
from crmsync.domain.platforms import platform
from crmsync.ports.platform import AccessToken, AccessTokens

SHAPES = ShapeCache()
"""What describe told, kept by every warm worker across runs."""


@dataclass(frozen=True, slots=True)
class SalesforceGateway:
    """The CrmGateway port. `platform_of` names the platform of a connection by its id."""

    tokens: AccessTokens
    platform_of: Callable[[str], str]
    access: Access = field(default_factory=Access)
    sleep: Callable[[float], None] = time.sleep
    shapes: ShapeCache = field(default_factory=lambda: SHAPES)

    def open(self, connection_id: str) -> SalesforceCrm:
        """A session. Nothing is asked of the CRM or of the token service before it is used."""
        name = self.platform_of(connection_id)
        known = platform(name)

        def token(refused: str | None) -> AccessToken:
            return self.tokens.get(connection_id, refused=refused)

        descriptor = described(name)
        client = OrgClient(
            tokens=token,
            access=self.access,
            version=descriptor.api_version,
            session=BoundedSession(self.access),
            sleep=self.sleep,
        )
        org = Org(client, descriptor, self.shapes, f"{name}/{connection_id}")
        return SalesforceCrm(org, known.capabilities if known else ())


def described(name: str) -> Descriptor:
    """The descriptor of a platform; raises `ConnectionStopped` for one that is not served."""
    descriptor = DESCRIPTORS.get(name)
    if descriptor is None:
        text = (
            f"The platform {name!r} is not served here. Connect one of: {', '.join(DESCRIPTORS)}."
        )
        raise ConnectionStopped("platform_unknown", text)
    return descriptor
