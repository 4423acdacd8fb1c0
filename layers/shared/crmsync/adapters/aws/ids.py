"""Identifiers and secrets from the machine's randomness."""

from __future__ import annotations

import secrets
import time


class RandomIds:
    """`Ids`: milliseconds, so ids sort by time, then 80 random bits, so none can be guessed."""

    def new(self, prefix: str) -> str:
        """`prefix` + '_' + 32 hexadecimal digits."""
        return f"{prefix}_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"

    def secret(self) -> str:
        """A 256-bit url-safe secret."""
        return secrets.token_urlsafe(32)
