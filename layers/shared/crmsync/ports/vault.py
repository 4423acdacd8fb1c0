"""Secrets that only open where they belong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SealContext:
    """What a ciphertext is bound to; opening it with another context fails."""

    tenant_id: str
    connection_id: str
    purpose: str


class Vault(Protocol):
    """Seals secrets under the KMS key with an encryption context."""

    def seal(self, secret: str, context: SealContext) -> bytes:
        """Ciphertext that only opens with the same context."""
        ...

    def open(self, sealed: bytes, context: SealContext) -> str:
        """The secret; raises `ConnectionStopped` when the context or key does not fit."""
        ...
