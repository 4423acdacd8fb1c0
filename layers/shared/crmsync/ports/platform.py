"""The platform underneath: clock, ids, queue, events, stored objects, tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from crmsync.domain.change import Change
from crmsync.domain.run import PartRef, SliceMessage


class Clock(Protocol):
    """Our own clock; never compared with the CRM's."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...

    def remaining(self) -> float:
        """Seconds this worker may go on before it must save and stop."""
        ...

    def lifetime(self) -> float:
        """Seconds after which this worker is dead for certain; 0 when nothing ends it."""
        ...


class Ids(Protocol):
    """Fresh identifiers and secrets."""

    def new(self, prefix: str) -> str:
        """`prefix` + '_' + an unguessable, time-sortable id."""
        ...

    def secret(self) -> str:
        """A 256-bit url-safe secret."""
        ...


class SyncQueue(Protocol):
    """The queue that feeds run_sync."""

    def send(self, message: SliceMessage, *, delay_seconds: int = 0) -> None:
        """Enqueue one slice; may be delivered more than once, late, or out of order."""
        ...


class DeadLetters(Protocol):
    """Where messages end that nobody can work on."""

    def put(self, body: str, reason: str) -> None:
        """Keep the message with the reason it could not be read."""
        ...


class Events(Protocol):
    """The event bus."""

    def publish(self, kind: str, detail: Mapping[str, object]) -> None:
        """Publish; consumers tolerate a repeat. `detail` has ids and counts, no person's data."""
        ...


class Artifacts(Protocol):
    """Plans, results and records: large things, written once, named by run and fence."""

    def write_part(self, tenant_id: str, key: str, changes: Sequence[Change]) -> PartRef:
        """Store a part unless the key exists (then the stored one must be the same)."""
        ...

    def read_part(self, tenant_id: str, ref: PartRef) -> tuple[Change, ...]:
        """The part; raises `Retry` when it is missing or its SHA-256 differs."""
        ...

    def write_record(self, tenant_id: str, key: str, text: str) -> PartRef:
        """Store a text document."""
        ...

    def read_record(self, tenant_id: str, ref: PartRef) -> str:
        """A text document."""
        ...


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint answered. `refresh_token` is None when the old one stays valid."""

    access_token: str
    refresh_token: str | None
    instance_url: str
    identity_url: str
    scope: str = ""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A usable access token and where to use it."""

    token: str
    instance_url: str
    org_id: str
    user_id: str


class AccessTokens(Protocol):
    """Hands out access tokens; the only implementation that can refresh is in oauth_callback."""

    def get(self, connection_id: str, *, refused: str | None = None) -> AccessToken:
        """A token; `refused` is one the CRM no longer takes. Raises `ConnectionStopped`."""
        ...


class OAuth(Protocol):
    """The token endpoint and identity service of one login host."""

    def authorize_url(
        self, *, login_url: str, platform: str, redirect_uri: str, state: str, challenge: str
    ) -> str:
        """Where to send the browser."""
        ...

    def exchange(
        self, *, login_url: str, platform: str, redirect_uri: str, code: str, verifier: str
    ) -> Tokens:
        """Trade the one-time code; raises `ConnectionStopped` when refused."""
        ...

    def refresh(self, *, login_url: str, platform: str, refresh_token: str) -> Tokens:
        """Trade the refresh token; `ConnectionStopped` when refused, `Retry` when lost."""
        ...

    def revoke(self, *, login_url: str, token: str) -> None:
        """Make the grant useless; a token that is unknown already counts as revoked."""
        ...


@dataclass(frozen=True, slots=True)
class LoginState:
    """A login that was started, found by the hash of its state; used once.

    Holds the code, encrypted, between callback and finish. `receipt_hash` proves the browser.
    """

    state_hash: str
    tenant_id: str
    user_id: str
    connection_id: str
    platform: str
    login_url: str
    redirect_uri: str
    sealed_verifier: bytes
    expires_at: datetime
    sealed_code: bytes | None = None
    receipt_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """The stored grant of a connection. `version` grows with each rotation.

    `refreshing_until` is the single-flight lease and `refresher` who took it, so that no two takers
    write the same; `refresh_started` marks a refresh whose answer was never stored.
    """

    connection_id: str
    tenant_id: str
    login_url: str
    platform: str
    instance_url: str
    org_id: str
    user_id: str
    sealed_refresh: bytes
    sealed_access: bytes
    refreshed_at: datetime
    version: int = 0
    refreshing_until: datetime | None = None
    refresh_started: bool = False
    refresher: str | None = None


class Grants(Protocol):
    """Login states and grants; only oauth_callback may reach them."""

    def put_state(self, state: LoginState) -> None:
        """Store a started login."""
        ...

    def park_code(
        self, state_hash: str, sealed_code: bytes, receipt_hash: str, now: datetime
    ) -> LoginState | None:
        """Attach the code once; None when the state is unknown, expired or has a code already."""
        ...

    def get_state(self, state_hash: str) -> LoginState | None:
        """A started login, or None."""
        ...

    def take_state(self, state_hash: str) -> LoginState | None:
        """Remove and return it; None when it is gone. Of two callers only one gets it."""
        ...

    def get(self, tenant_id: str, connection_id: str) -> Grant | None:
        """The grant, strongly consistent."""
        ...

    def put(self, grant: Grant) -> Grant | None:
        """Store if `version` is current (0: replace whatever is there); None when it moved."""
        ...

    def remove(self, tenant_id: str, connection_id: str) -> None:
        """Forget the grant."""
        ...


@dataclass(frozen=True, slots=True)
class SealContext:
    """What a ciphertext is bound to; opening it with another context fails."""

    tenant_id: str
    connection_id: str
    purpose: str


class Vault(Protocol):
    """Seals secrets under the KMS key with an encryption context."""

    def seal(self, secret: str, context: SealContext) -> bytes:
        """Ciphertext that only opens with the same context."""
        ...

    def open(self, sealed: bytes, context: SealContext) -> str:
        """The secret; raises `ConnectionStopped` when the context or key does not fit."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """What an endpoint answered: `status` 0 means it was not reached."""

    status: int
    detail: str = ""
    retry_after: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class WebhookSender(Protocol):
    """Posts signed, thin completion messages to public https addresses only."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Post once; no redirects followed, the address checked before connecting."""
        ...
