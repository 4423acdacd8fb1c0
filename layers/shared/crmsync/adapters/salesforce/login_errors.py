"""What a refusal of the token endpoint amounts to. Pure; by its `error` code where it has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crmsync.domain.errors import ConnectionStopped, CrmSyncError, Defer, Retry

OUR_OUTAGE_PAUSE = 900
CROWDED_PAUSE = 120
_SERVER_ERROR = 500
_TOO_MANY = 429

_REFUSED = (
    "The CRM no longer accepts this login: it was revoked, expired, or its user was deactivated. "
    "Connect again."
)
STOPPED: dict[str, tuple[str, str]] = {
    "invalid_grant": ("grant_refused", _REFUSED),
    "invalid_request": ("grant_refused", "The CRM did not accept the login. Start it again."),
    "access_denied": ("access_denied", "Access was denied in the CRM. Connect again and allow it."),
    "inactive_user": (
        "inactive_user",
        "The CRM user was deactivated. Ask your Salesforce administrator, or use another user.",
    ),
    "inactive_org": ("inactive_org", "The CRM org is locked or closed. Ask your administrator."),
    "invalid_scope": (
        "scope_refused",
        "The connected app may not use the scopes 'api' and 'refresh_token'. Allow both in it.",
    ),
    "unauthorized_client": (
        "app_blocked",
        "Your org blocks the connected app. Ask your Salesforce administrator to install it.",
    ),
}
OURS = frozenset({"invalid_client", "invalid_client_id", "invalid_client_credentials"})
"""Our own client id or secret is refused: every tenant is hit, so no connection is to blame."""
_CLIENT = "The CRM refuses crmsync's own client id or secret. The operator has to correct it."
_ADDRESS = (
    "The CRM accepts no logins from crmsync's address. Its allow-list has to name that address, or "
    "crmsync has to call from one it names."
)
_CROWDED = "The CRM allows no more logins for now. It is tried again."
_DEFERRED: dict[str, tuple[str, str, int]] = {
    **dict.fromkeys(OURS, ("oauth_client_refused", _CLIENT, OUR_OUTAGE_PAUSE)),
    "ip_restricted": ("token_address_refused", _ADDRESS, OUR_OUTAGE_PAUSE),
    "rate_limit_exceeded": ("login_crowded", _CROWDED, CROWDED_PAUSE),
}
_IN_WORDS = {"ip restricted": "ip_restricted", "inactive user": "inactive_user"}
"""What has no code of its own: it comes as `invalid_grant`, as a revoked login does, and only its
description begins differently."""


def blames_our_client(body: Mapping[str, Any]) -> bool:
    """Whether the login refused us rather than the user."""
    return _code_of(body) in OURS


def refused(status: int, body: Mapping[str, Any]) -> CrmSyncError:
    """The error; an outage of ours, or of theirs, never ends a connection."""
    code = "rate_limit_exceeded" if status == _TOO_MANY else _code_of(body)
    if code in _DEFERRED:
        name, text, seconds = _DEFERRED[code]
        return Defer(name, text, seconds=seconds)
    if code in STOPPED:
        return ConnectionStopped(*STOPPED[code])
    if status >= _SERVER_ERROR:
        return Retry("login_failed", f"The CRM's login failed with status {status}.", applied=None)
    text = f"The CRM refused the login with status {status}. Connect again."
    return ConnectionStopped("grant_refused", text)


def _code_of(body: Mapping[str, Any]) -> str:
    code, description = str(body.get("error")), str(body.get("error_description", "")).lower()
    if code != "invalid_grant":
        return code
    return next(
        (plain for words, plain in _IN_WORDS.items() if description.startswith(words)), code
    )
