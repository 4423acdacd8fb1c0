"""Codes, sessions and refresh tokens of one org. Times are read from the org's clock."""

import base64
import hashlib
import hmac
import secrets
import threading
from typing import TYPE_CHECKING

from ..errors import OAuthError
from .records import Code, Refresh, Session

if TYPE_CHECKING:
    from ..data.access import UserAccount
    from ..org import Org

DAY = 86_400


class Tokens:
    """The registry behind the token endpoint."""

    def __init__(self, org: "Org") -> None:
        self._org = org
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget every code and token."""
        self._codes: dict[str, Code] = {}
        self._sessions: dict[str, Session] = {}
        self._refreshes: dict[str, Refresh] = {}

    def issue_code(self, code: Code) -> str:
        """A new authorization code."""
        text = "aPrx" + secrets.token_urlsafe(48) + "=="
        with self._lock:
            self._codes[text] = code
        return text

    def redeem(self, text: str, client_id: str, redirect_uri: str, verifier: str | None) -> Code:
        """Spend a code once, or refuse it as Salesforce does."""
        with self._lock:
            code = self._codes.get(text)
            if code is None:
                raise OAuthError("invalid_grant", "invalid authorization code")
            life = self._org.knobs.code_seconds
            if code.spent or self._org.clock.epoch() - code.born > life:
                raise OAuthError("invalid_grant", "expired authorization code")
            if code.client_id != client_id:
                raise OAuthError("invalid_grant", "invalid authorization code")
            if code.redirect_uri != redirect_uri:
                raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
            _check_verifier(code.challenge, verifier)
            code.spent = True
            return code

    def open(self, user_id: str, client_id: str, scope: str, grant: str | None = None) -> Session:
        """A new access token."""
        token = f"{self._org.org_id[:15]}!{secrets.token_urlsafe(72)}"
        session = Session(token, user_id, client_id, scope, self._org.clock.epoch(), grant)
        with self._lock:
            self._sessions[token] = session
        return session

    def user_of(self, token: str) -> "UserAccount | None":
        """Whose live access token this is."""
        session = self._sessions.get(token)
        if session is None or session.ended:
            return None
        if self._org.clock.epoch() - session.born > self._org.knobs.session_seconds:
            return None
        user = self._org.users.get(session.user_id)
        return user if user is not None and user.active else None

    def issue_refresh(self, user_id: str, client_id: str, scope: str, grant: str = "") -> Refresh:
        """A new refresh token; beyond the limit per user and client the oldest grant ends."""
        token = "5Aep861" + secrets.token_urlsafe(60)
        made = Refresh(
            token, user_id, client_id, scope, grant or secrets.token_hex(8), self._org.clock.epoch()
        )
        with self._lock:
            self._refreshes[token] = made
            alike = [
                r
                for r in self._refreshes.values()
                if (r.user_id, r.client_id) == (user_id, client_id) and not r.ended
            ]
            for oldest in alike[: -self._org.knobs.tokens_per_user]:
                self._end_grant(oldest.grant)
        return made

    def refresh(self, text: str, client_id: str) -> tuple[Refresh, str | None]:
        """Use a refresh token: itself, and its successor when rotation is on."""
        with self._lock:
            found = self._refreshes.get(text)
            if found is not None and found.rotated and self._org.knobs.rotation_reuse_revokes:
                self._end_grant(found.grant)
            if found is None or found.ended or found.client_id != client_id or self._idle(found):
                raise OAuthError("invalid_grant", "expired access/refresh token")
            found.used = self._org.clock.epoch()
            if not self._org.knobs.refresh_rotation:
                return found, None
            found.ended = found.rotated = True
        successor = self.issue_refresh(found.user_id, client_id, found.scope, found.grant)
        return found, successor.token

    def _idle(self, refresh: Refresh) -> bool:
        days = self._org.knobs.refresh_idle_days
        return bool(days) and self._org.clock.epoch() - refresh.used > days * DAY

    def revoke(self, text: str) -> bool:
        """End an access token, or a refresh token with all its access tokens."""
        with self._lock:
            if text in self._refreshes and not self._refreshes[text].ended:
                self._end_grant(self._refreshes[text].grant)
                return True
            session = self._sessions.get(text)
            if session is None or session.ended:
                return False
            session.ended = True
            return True

    def _end_grant(self, grant: str) -> None:
        for refresh in self._refreshes.values():
            refresh.ended = refresh.ended or refresh.grant == grant
        for session in self._sessions.values():
            session.ended = session.ended or session.grant == grant

    def end_sessions(self, user_id: str | None = None) -> int:
        """End every access token (of a user); refresh tokens live on. How many ended."""
        with self._lock:
            live = [
                session
                for session in self._sessions.values()
                if not session.ended and user_id in (None, session.user_id)
            ]
            for session in live:
                session.ended = True
            return len(live)

    def end_refreshes(self, user_id: str | None = None) -> int:
        """End every refresh token (of a user) and what came from it. How many ended."""
        with self._lock:
            live = [
                refresh
                for refresh in self._refreshes.values()
                if not refresh.ended and user_id in (None, refresh.user_id)
            ]
            for refresh in live:
                self._end_grant(refresh.grant)
            return len(live)


def _check_verifier(challenge: str | None, verifier: str | None) -> None:
    if challenge is None:
        return
    if not verifier:
        raise OAuthError("invalid_grant", "code verifier required")
    digest = hashlib.sha256(verifier.encode()).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not hmac.compare_digest(expected, challenge.rstrip("=")):
        raise OAuthError("invalid_request", "invalid code verifier")
