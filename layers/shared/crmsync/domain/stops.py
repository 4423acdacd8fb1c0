"""Why a connection no longer works, in words for its owner, with what they can do about it."""

from __future__ import annotations

from crmsync.domain.errors import ConnectionStopped

_KEPT = "all mappings and the history are kept."
_STOPPED = {
    "access_denied": ("The CRM user no longer lets this app in.", f"Sign in again: {_KEPT}"),
    "api_disabled": (
        "The CRM user is not allowed to use the CRM's API.",
        f"Ask the CRM's administrator to allow it, then sign in again: {_KEPT}",
    ),
    "app_blocked": (
        "The CRM's administrator has blocked this app.",
        f"Ask them to let it in, then sign in again: {_KEPT}",
    ),
    "different_org": (
        "The address now leads to another CRM org.",
        "Make a new connection for that org; this one keeps its history.",
    ),
    "inactive_org": (
        "The CRM org is locked or no longer active.",
        f"Ask its administrator. Once it is back, sign in again: {_KEPT}",
    ),
    "inactive_user": (
        "The CRM user you signed in with is no longer active.",
        f"Sign in again as another user of that org: {_KEPT}",
    ),
    "refresh_answer_lost": (
        "The CRM's last answer got lost on the way, so our access ended.",
        f"Sign in again: {_KEPT}",
    ),
    "scope_refused": (
        "This app may not do in the CRM what it needs to.",
        f"Tell whoever runs it for your firm, then sign in again: {_KEPT}",
    ),
}
_OTHERWISE = ("The CRM no longer accepts our access.", f"Sign in again: {_KEPT}")


def why_stopped(reason: str) -> str:
    """What a stop of this code means, and what helps; every code has words."""
    return " ".join(_STOPPED.get(reason, _OTHERWISE))


def different_org() -> ConnectionStopped:
    """The stop of a connection whose address leads to another org, as after a sandbox refresh."""
    text = "Another org answers at this address now. Connect that org as a new connection."
    return ConnectionStopped("different_org", text)
