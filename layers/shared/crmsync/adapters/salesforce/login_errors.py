"""What a refusal of the token endpoint amounts to. Pure; by its `error` code, never by its text."""

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


def refused(status: int, body: Mapping[str, Any]) -> CrmSyncError:
    """The error; an outage of ours, or of theirs, never ends a connection."""
    code = body.get("error")
    if isinstance(code, str) and code in OURS:
        text = "The CRM refuses crmsync's own client id or secret. The operator has to correct it."
        return Defer("oauth_client_refused", text, seconds=OUR_OUTAGE_PAUSE)
    if isinstance(code, str) and code in STOPPED:
        return ConnectionStopped(*STOPPED[code])
    if code == "rate_limit_exceeded" or status == _TOO_MANY:
        text = "The CRM allows no more logins for now. It is tried again."
        return Defer("login_crowded", text, seconds=CROWDED_PAUSE)
    if status >= _SERVER_ERROR:
        return Retry("login_failed", f"The CRM's login failed with status {status}.", applied=None)
    text = f"The CRM refused the login with status {status}. Connect again."
    return ConnectionStopped("grant_refused", text)
