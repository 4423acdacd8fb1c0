"""The terms an advisor agrees to before anything is written."""

from __future__ import annotations

TERMS_VERSION = "2026-11"
"""The terms in force. A finalize or a manual run that names another version is refused."""
