"""The terms an advisor agrees to before anything is written."""

from __future__ import annotations

from crmsync.domain.errors import Conflict

TERMS_VERSION = "2026-11"
"""The terms in force. A finalize or a manual run that names another version is refused."""


def require_terms(version: str | None) -> None:
    """Nothing when these are the terms in force; `Conflict` when they are missing or older."""
    if not version:
        text = f"Agree to the terms '{TERMS_VERSION}' first."
        raise Conflict("terms_required", text)
    if version != TERMS_VERSION:
        text = f"The terms '{version}' are not in force. Agree to '{TERMS_VERSION}' first."
        raise Conflict("terms_outdated", text)
