"""Our own OAuth clients, one per platform, from Secrets Manager."""

from __future__ import annotations

from dataclasses import dataclass, field

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import (
    GetParameterError,
    TransformParameterError,
)

from crmsync.adapters.aws.clients import Clients
from crmsync.domain.errors import Defer

CACHED_SECONDS = 300
"""How long a rotated secret may go unnoticed, unless `forget` is called."""

_LATER = 300


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """What we are to a platform's login."""

    client_id: str
    client_secret: str = field(repr=False)


class ClientSecrets:
    """The OAuth clients: a JSON object `{platform: {"client_id": ..., "client_secret": ...}}`."""

    def __init__(self, clients: Clients, secret_id: str) -> None:
        self._clients = clients
        self._secret_id = secret_id
        self._provider: SecretsProvider | None = None

    def of(self, platform: str) -> OAuthClient:
        """The client for `platform`; `Defer` when the operator has not filled it in."""
        entry = self._all().get(platform)
        if not isinstance(entry, dict) or not entry.get("client_id"):
            text = f"Secret {self._secret_id} has no client for '{platform}'. Add one to it."
            raise Defer("oauth_client_missing", text, seconds=_LATER)
        return OAuthClient(str(entry["client_id"]), str(entry.get("client_secret", "")))

    def forget(self) -> None:
        """Read the secret again next time: the login refused the client we have."""
        self._provider = None

    def _all(self) -> dict[str, object]:
        if self._provider is None:
            self._provider = SecretsProvider(boto3_client=self._clients.secrets)
        try:
            entries = self._provider.get(self._secret_id, max_age=CACHED_SECONDS, transform="json")
        except (GetParameterError, TransformParameterError) as error:
            text = f"Secret {self._secret_id} cannot be read; see docs/operations.md."
            raise Defer("oauth_client_missing", text, seconds=_LATER) from error
        return entries if isinstance(entries, dict) else {}
