"""Break a run off: the connection needs a person, its owner ended it, or nothing else helps.

Each way says so on the run in words people can read, and returns the one word for the slice.
"""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.connection import ConnectionStatus
from crmsync.domain.errors import ConnectionStopped, CrmSyncError, LeaseLost
from crmsync.domain.mapping_run import failed
from crmsync.domain.run import RunState
from crmsync.services.end_run import finish
from crmsync.services.plan_pages import PlanPages
from crmsync.services.stop_connection import stop_connection
from crmsync.services.work import Work

LOGIN_CODES = frozenset(
    {
        "access_denied",
        "app_blocked",
        "different_org",
        "grant_missing",
        "grant_refused",
        "host_not_allowed",
        "inactive_org",
        "inactive_user",
        "invalid_grant",
        "needs_reauth",
        "no_refresh_token",
        "org_moved",
        "refresh_answer_lost",
        "scope_refused",
        "secret_does_not_open",
        "session_refused",
    }
)
"""What a connection can only be healed of by signing in again."""


def stop(work: Work, stopped: ConnectionStopped) -> str:
    """The connection needs a person: say so on it, end the run, tell once."""
    if _is_login(stopped):
        stop_connection(
            work.ports.connections,
            work.ports.events,
            tenant_id=work.run.tenant_id,
            connection_id=work.run.connection_id,
            reason=stopped.code,
        )
    connection = work.ports.connections.get(work.run.tenant_id, work.run.connection_id)
    if connection is None or connection.status is ConnectionStatus.DISCONNECTED:
        return cut_off(work)
    return fail(work, stopped.code, stopped.detail)


def cut_off(work: Work) -> str:
    """The owner disconnected: that ends the run and is no failure of it."""
    text = "The connection was disconnected. What was done until then stays."
    return cancel(work, "disconnected", text)


def cancel(work: Work, code: str | None = None, detail: str = "") -> str:
    """End the run because somebody wanted it to."""
    told = f"{detail}{_leave_page(work)}".strip() or None
    finish(work, replace(work.run, error_code=code, error=told), RunState.CANCELLED)
    return "cancelled"


def fail(work: Work, code: str, detail: str) -> str:
    """End the run as failed, with every mapping that was still at work."""
    untold = _leave_page(work)
    rows = failed(work.run.mappings, code)
    ended = replace(work.run, mappings=rows, error_code=code, error=f"{detail}{untold}")
    finish(work, ended, RunState.FAILED)
    return "failed"


def _leave_page(work: Work) -> str:
    """Tell what became of the page in hand; where that cannot be stored the run ends all the same.

    Returns what is to be said of that.
    """
    try:
        PlanPages(work).break_off()
    except LeaseLost:
        raise
    except CrmSyncError:
        return " Its last page may have been written in part and is not in its report."
    return ""


def _is_login(stopped: ConnectionStopped) -> bool:
    """Whether only signing in again can help."""
    return stopped.code in LOGIN_CODES
