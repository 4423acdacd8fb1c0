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
        raise NotFound("no_such_preview", f"There is no preview '{preview.id}'.")
    if preview.state is not RunState.PLANNED:
        text = (
            f"Preview '{preview.id}' is {preview.state.value}. Wait for its plan, or make another."
        )
        raise Conflict("preview_not_ready", text)
    if preview.used_by is not None:
        raise preview_used(preview.id)
    held = preview.source_run_id is not None and preview.kind is RunKind.PREVIEW
    life = HOLD_LIFE if held else PREVIEW_LIFE
    if now - (preview.finished_at or preview.created_at) > life:
        hours = int(life.total_seconds() // 3600)
        text = f"Preview '{preview.id}' is older than {hours} hours. Make a new one."
        raise Conflict("preview_expired", text)


def preview_used(preview_id: str) -> Conflict:
    """That somebody executed or cancelled it before."""
    text = f"Preview '{preview_id}' was used already. Make a new one."
    return Conflict("preview_used", text)
