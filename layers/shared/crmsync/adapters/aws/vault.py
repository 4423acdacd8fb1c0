"""Secrets sealed under a KMS key, each bound to whose it is and what for."""

from __future__ import annotations

from botocore.exceptions import ClientError

from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.aws_failures import aws_failures, code_of
from crmsync.domain.errors import ConnectionStopped, Defer
from crmsync.ports.vault import SealContext

_DOES_NOT_FIT = frozenset({"IncorrectKeyException", "InvalidCiphertextException"})
_KEY_CLOSED = frozenset(
    {"AccessDeniedException", "DisabledException", "KMSInvalidStateException", "NotFoundException"}
)
_KEY_CLOSED_SECONDS = 300


class KmsVault:
    """`Vault`. A refusal of the key itself is our outage: no connection is blamed for it."""

    def __init__(self, clients: Clients, key_id: str) -> None:
        self._clients = clients
        self._key_id = key_id

    def seal(self, secret: str, context: SealContext) -> bytes:
        """Ciphertext that only opens with the same context; at most 4,096 bytes of secret."""
        with aws_failures("Encrypt"):
            try:
                answer = self._clients.kms.encrypt(
                    KeyId=self._key_id,
                    Plaintext=secret.encode(),
                    EncryptionContext=_bound_to(context),
                )
            except ClientError as error:
                raise _refusal(error) from error
        return answer["CiphertextBlob"]

    def open(self, sealed: bytes, context: SealContext) -> str:
        """The secret; raises `ConnectionStopped` when the context or key does not fit."""
        with aws_failures("Decrypt"):
            try:
                answer = self._clients.kms.decrypt(
                    KeyId=self._key_id,
                    CiphertextBlob=sealed,
                    EncryptionContext=_bound_to(context),
                )
            except ClientError as error:
                raise _refusal(error) from error
        return answer["Plaintext"].decode()


def _bound_to(context: SealContext) -> dict[str, str]:
    """The names the key's policy asks for."""
    return {
        "tenant": context.tenant_id,
        "connection": context.connection_id,
        "field": context.purpose,
    }


def _refusal(error: ClientError) -> Exception:
    code = code_of(error)
    if code in _DOES_NOT_FIT:
        text = "A stored secret does not open. Connect the CRM again."
        return ConnectionStopped("secret_does_not_open", text)
    if code in _KEY_CLOSED:
        text = f"The token key cannot be used: {code}"
        return Defer("token_key_unavailable", text, seconds=_KEY_CLOSED_SECONDS)
    return error
