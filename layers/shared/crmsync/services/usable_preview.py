"""Say whether a preview may still be executed: planned, used by nobody, and young enough."""

from __future__ import annotations

from datetime import datetime, timedelta

from crmsync.domain.errors import Conflict, NotFound
from crmsync.domain.run import Run, RunKind, RunState

PREVIEW_LIFE = timedelta(hours=24)
HOLD_LIFE = timedelta(days=7)


def require_usable(preview: Run, now: datetime) -> None:
    """Pass if the preview may be executed now; raises `NotFound` or `Conflict` with the reason."""
    if preview.kind is RunKind.SYNC:
        raise NotFound("preview_not_found", f"There is no preview {preview.id}.")
    if preview.state is not RunState.PLANNED:
        raise Conflict("preview_not_ready", "This preview has no plan. Wait, or make another.")
    if preview.used_by is not None:
        raise Conflict("preview_used", "This preview was used already. Make a new preview.")
    held = preview.source_run_id is not None and preview.kind is RunKind.PREVIEW
    life = HOLD_LIFE if held else PREVIEW_LIFE
    if now - (preview.finished_at or preview.created_at) > life:
        raise Conflict("preview_expired", "This preview is too old. Make a new preview.")
