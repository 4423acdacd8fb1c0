"""Sessions with the Salesforce family, opened for whoever the token service will believe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crmsync.domain.connection import Connection
from crmsync.ports.crm import Crm
from crmsync.settings import SettingError

if TYPE_CHECKING:
    from crmsync.adapters.aws.clients import Clients
    from crmsync.adapters.salesforce.access import Access


class _SalesforceSettings(BaseModel):
    """`SALESFORCE_SETTINGS`: only stand-in orgs and proxies set anything."""

    model_config = ConfigDict(extra="forbid")

    login_urls: Annotated[dict[str, dict[str, str]], Field(default_factory=dict)]
    allowed_hosts: Annotated[frozenset[str], Field(default_factory=frozenset)]
    ca_bundle: str | None = None


def access_of(salesforce_settings: str) -> Access:
    """How Salesforce is reached; `SettingError` says what is wrong with the setting."""
    from crmsync.adapters.salesforce.access import Access

    try:
        chosen = _SalesforceSettings.model_validate_json(salesforce_settings)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingError(f"SALESFORCE_SETTINGS cannot be used: {wrong}") from error
    return Access(chosen.login_urls, chosen.allowed_hosts, chosen.ca_bundle)


def opened(
    connection: Connection,
    caller: Mapping[str, object],
    *,
    clients: Clients,
    token_function: str,
    access: Access,
) -> Crm:
    """A session of this connection; `caller` is what the token service checks before each token."""
    from crmsync.adapters.aws.access_tokens import InvokedAccessTokens
    from crmsync.adapters.salesforce.gateway import SalesforceGateway

    tokens = InvokedAccessTokens(
        clients, token_function, tenant_id=connection.tenant_id, caller=caller
    )
    return SalesforceGateway(tokens, lambda _: connection.platform, access).open(connection.id)
