"""Ids that follow from what they name, so that making a thing twice makes it once."""

from __future__ import annotations

import hashlib


def derived_id(prefix: str, *parts: str) -> str:
    """The id for these parts: always the same, and different for different parts."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    return f"{prefix}_{digest[:26]}"
