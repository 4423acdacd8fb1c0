"""Take the CRM's answer to a login, without knowing who brings it.

The browser that arrives has no session of ours, so nothing is exchanged here: the code is sealed
and parked; the browser gets a receipt. Only the user who started the login, in the browser
that holds the receipt, can finish it, so nobody can be made to finish somebody else's login.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from crmsync.domain.errors import CrmSyncError
from crmsync.ports.clock import Clock
from crmsync.ports.grants import Grants, LoginState
from crmsync.ports.ids import Ids
from crmsync.ports.vault import SealContext, Vault
from crmsync.services.start_login import secret_hash

_LONGEST_CODE = 2048
_REFUSALS = frozenset({"access_denied", "OAUTH_APP_BLOCKED", "OAUTH_APP_ACCESS_DENIED"})
"""What the CRM may say that the page explains; anything else it says is not repeated."""


class LoginFailed(CrmSyncError):
    """The login came to nothing; the code is for the page, and nothing is left behind."""


def code_context(tenant_id: str, connection_id: str) -> SealContext:
    """What a parked code is bound to."""
    return SealContext(tenant_id, connection_id, "code")


@dataclass(frozen=True, slots=True)
class LoginAnswer:
    """What the CRM sent the browser back with, and the address it was sent to."""

    platform: str
    redirect_uri: str
    state: str
    code: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ParkCode:
    """Parks codes."""

    grants: Grants
    vault: Vault
    ids: Ids
    clock: Clock

    def __call__(self, answer: LoginAnswer) -> str:
        """The receipt for the parked code; `LoginFailed` for anything but a first, good answer."""
        login = self._login(answer)
        if answer.error or not answer.code or len(answer.code) > _LONGEST_CODE:
            self.grants.take_state(login.state_hash)
            code = answer.error if answer.error in _REFUSALS else "login_refused"
            raise LoginFailed(str(code), "The CRM did not accept the login.")
        sealed = self.vault.seal(answer.code, code_context(login.tenant_id, login.connection_id))
        receipt = self.ids.secret()
        parked = self.grants.park_code(
            login.state_hash, sealed, secret_hash(receipt), self.clock.now()
        )
        if parked is None:
            raise _expired()
        return receipt

    def _login(self, answer: LoginAnswer) -> LoginState:
        """The started login this belongs to; one that is answered in the wrong place is over."""
        login = self.grants.get_state(secret_hash(answer.state))
        if login is None:
            raise _expired()
        same_uri = hmac.compare_digest(login.redirect_uri, answer.redirect_uri)
        if login.platform != answer.platform or not same_uri:
            self.grants.take_state(login.state_hash)
            raise LoginFailed("login_mixed_up", "The answer came from another platform.")
        return login


def _expired() -> LoginFailed:
    return LoginFailed("state_expired", "There is no such login, or it took too long.")
