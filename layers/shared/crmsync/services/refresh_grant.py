"""Refresh a grant: one refresher at a time, and no rotated token is ever lost by us.

With refresh-token rotation the refresh is the one call that cannot be repeated: the old token dies
when the CRM answers. So the right to refresh is a lease on the grant item, taken by conditional
write; it outlasts the worker, so an expired one means a dead worker. The new token is stored before
anybody uses it. When an answer was lost, the next caller tries the old token once more: had the
request never arrived it still works, and had it arrived there is nothing left to lose.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from crmsync.domain.errors import ConnectionStopped, Defer, Retry
from crmsync.domain.stops import different_org
from crmsync.ports.events import Events
from crmsync.ports.grants import Grant
from crmsync.ports.ids import Ids
from crmsync.ports.oauth import Tokens
from crmsync.services.keep_grant import KeepGrant, refresh_context
from crmsync.services.stop_connection import stop_connection

LEASE = timedelta(seconds=90)
"""Longer than the function may run."""
COOL_DOWN = timedelta(seconds=20)
"""How long nobody tries again after a failure, so that waiting callers make no storm."""
_NEEDED_SECONDS = 15.0
_WAIT_SECONDS = 12.0
_STEP_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class RefreshGrant:
    """Refreshes grants; shares its ports with `keep`, which stores the result."""

    keep: KeepGrant
    events: Events
    ids: Ids

    def __call__(self, spent: Grant) -> Grant:
        """The grant with a newer access token than `spent`: refreshed here or by somebody else.

        Raises `ConnectionStopped` once the CRM refused, and `Retry` when it has to wait.
        """
        waited = 0.0
        while True:
            grant = self._current(spent)
            if grant.sealed_access != spent.sealed_access:
                return grant
            if self._held(grant):
                waited = self._wait(waited)
                continue
            taken = self._take(grant)
            if taken is not None:
                return self._refresh(taken, grant)

    def _current(self, grant: Grant) -> Grant:
        found = self.keep.grants.get(grant.tenant_id, grant.connection_id)
        if found is None:
            raise ConnectionStopped("disconnected", "The connection was taken away meanwhile.")
        return found

    def _held(self, grant: Grant) -> bool:
        return grant.refreshing_until is not None and (
            grant.refreshing_until > self.keep.clock.now()
        )

    def _wait(self, waited: float) -> float:
        if waited >= _WAIT_SECONDS or self.keep.clock.remaining() <= _STEP_SECONDS:
            raise Retry("refresh_in_progress", "Another worker is refreshing this connection.")
        self.keep.pause(_STEP_SECONDS)
        return waited + _STEP_SECONDS

    def _take(self, grant: Grant) -> Grant | None:
        """The grant with our lease and the intent written down; None when another was first."""
        if self.keep.clock.remaining() < _NEEDED_SECONDS:
            raise Retry("too_late_to_refresh", "Not enough time is left to refresh safely.")
        until = self.keep.clock.now() + LEASE
        ours = replace(
            grant,
            refreshing_until=until,
            refresh_started=True,
            refresher=self.ids.new("refresh"),
        )
        return self.keep.grants.put(ours)

    def _refresh(self, taken: Grant, before: Grant) -> Grant:
        secret = self._secret(taken, before)
        try:
            tokens = self.keep.oauth.refresh(
                login_url=taken.login_url, platform=taken.platform, refresh_token=secret
            )
            _check_org(taken, tokens)
        except ConnectionStopped as refusal:
            return self._refused(taken, before, refusal)
        except (Retry, Defer) as failure:
            lost = isinstance(failure, Retry) and failure.applied is not False
            self._step_back(taken, before, lost=lost)
            raise
        return self.keep(taken, tokens, tokens.refresh_token or secret)

    def _secret(self, taken: Grant, before: Grant) -> str:
        context = refresh_context(taken.tenant_id, taken.connection_id)
        try:
            return self.keep.vault.open(taken.sealed_refresh, context)
        except (Retry, Defer):
            self._step_back(taken, before, lost=False)
            raise

    def _refused(self, taken: Grant, before: Grant, refusal: ConnectionStopped) -> Grant:
        """Somebody may have connected anew meanwhile; otherwise the connection is over."""
        current = self._current(taken)
        if current.sealed_access != taken.sealed_access:
            return current
        reason = "refresh_answer_lost" if before.refresh_started else refusal.code
        stop_connection(
            self.keep.connections,
            self.events,
            tenant_id=taken.tenant_id,
            connection_id=taken.connection_id,
            reason=reason,
        )
        raise ConnectionStopped(reason, refusal.detail) from refusal

    def _step_back(self, taken: Grant, before: Grant, *, lost: bool) -> None:
        """Let nobody try for a moment, and remember when the old token may be spent."""
        until = self.keep.clock.now() + COOL_DOWN
        started = lost or before.refresh_started
        self.keep.grants.put(replace(taken, refreshing_until=until, refresh_started=started))


def _check_org(grant: Grant, tokens: Tokens) -> None:
    """A refreshed sandbox answers at the same address as another org, with the same record ids."""
    org_id = tokens.identity_url.rstrip("/").split("/")[-2:][0]
    if tokens.identity_url and org_id[:15] != grant.org_id[:15]:
        raise different_org()
