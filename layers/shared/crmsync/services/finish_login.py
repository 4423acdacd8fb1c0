"""Finish a login: the same user, in the same browser, gets the connection."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from crmsync.domain.caller import Caller
from crmsync.domain.errors import (
    Conflict,
    ConnectionStopped,
    CrmSyncError,
    Defer,
    Forbidden,
    NotFound,
    Retry,
)
from crmsync.ports.grants import LoginState
from crmsync.ports.oauth import Tokens
from crmsync.services.limit_rate import FINISH, LimitRate
from crmsync.services.park_code import code_context
from crmsync.services.start_login import secret_hash, verifier_context
from crmsync.services.store_login import Connected, StoreLogin


@dataclass(frozen=True, slots=True)
class FinishLogin:
    """Finishes logins; shares its ports with `store`, which keeps the result."""

    store: StoreLogin
    limit: LimitRate

    def __call__(self, caller: Caller, state: str, receipt: str) -> Connected:
        """Afterwards the connection is `connected` and its grant stored; otherwise nothing is."""
        caller.require_advisor()
        self.limit(FINISH, caller.tenant_id, caller.user_id)
        login = self._taken(caller, state, receipt)
        tokens = self._exchanged(login)
        try:
            return self.store(login, tokens)
        except CrmSyncError:
            self._give_back(login, tokens)
            raise

    def _taken(self, caller: Caller, state: str, receipt: str) -> LoginState:
        """The login, gone from the store: whoever tries with the wrong proof ends it."""
        login = self.store.grants.take_state(secret_hash(state))
        if login is None:
            raise NotFound("state_expired", "There is no such login, or it was used already.")
        started_by = (login.tenant_id, login.user_id)
        proven = hmac.compare_digest(login.receipt_hash or "", secret_hash(receipt))
        if started_by != (caller.tenant_id, caller.user_id) or not proven:
            text = "This login was started by another user or in another browser. Start again."
            raise Forbidden("not_your_login", text)
        if login.expires_at <= self.store.clock.now():
            raise Conflict("state_expired", "The login took longer than ten minutes. Start again.")
        return login

    def _exchanged(self, login: LoginState) -> Tokens:
        """What the code was worth. The token endpoint is the one the login was started with."""
        names = (login.tenant_id, login.connection_id)
        vault = self.store.vault
        return self.store.oauth.exchange(
            login_url=login.login_url,
            platform=login.platform,
            redirect_uri=login.redirect_uri,
            code=vault.open(login.sealed_code or b"", code_context(*names)),
            verifier=vault.open(login.sealed_verifier, verifier_context(*names)),
        )

    def _give_back(self, login: LoginState, tokens: Tokens) -> None:
        """Make a grant we do not keep useless. When the CRM cannot be reached it idles out."""
        token = tokens.refresh_token or tokens.access_token
        try:
            self.store.oauth.revoke(login_url=login.login_url, token=token)
        except (Retry, Defer, ConnectionStopped):
            return
