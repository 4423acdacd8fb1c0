"""What a suite gets: the port under test, and what the test needs around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from crmsync.domain.person import PersonKind
from crmsync.domain.run import Run, SliceMessage
from crmsync.ports.access_tokens import AccessToken, AccessTokens
from crmsync.ports.artifacts import Artifacts
from crmsync.ports.audit import AuditLog
from crmsync.ports.automations import Automations
from crmsync.ports.clock import Clock
from crmsync.ports.connections import Connections
from crmsync.ports.crm import Crm
from crmsync.ports.due import Due, DueIndex
from crmsync.ports.events import Events
from crmsync.ports.grants import Grants
from crmsync.ports.ids import Ids
from crmsync.ports.keep_alive import KeepAlive
from crmsync.ports.marketing import Marketing
from crmsync.ports.notices import Notices
from crmsync.ports.oauth import OAuth
from crmsync.ports.posts import Posts
from crmsync.ports.queue import DeadLetters, SyncQueue
from crmsync.ports.rates import Rates
from crmsync.ports.reviews import Reviews
from crmsync.ports.runs import Lease, Runs
from crmsync.ports.state import SyncState
from crmsync.ports.vault import Vault
from crmsync.ports.webhooks import WebhookSender

from tests.fakes.clock import FakeClock


@dataclass(frozen=True)
class MarketingSubject:
    """`of` gives the store of a tenant; the same one each time."""

    of: Callable[[str], Marketing]
    clock: FakeClock


@dataclass(frozen=True)
class StateSubject:
    """`of` gives a fresh worker's view, by tenant, connection and org."""

    of: Callable[[str, str, str], SyncState]
    runs: Runs
    clock: FakeClock

    def worker(self, fence: int | None = None) -> SyncState:
        """A worker of the connection most tests use, holding `fence` if any."""
        state = self.of("t1", "con1", "o1")
        if fence is not None:
            state.fence(fence)
        return state

    def lease(self, holder: str) -> Lease:
        """`holder` takes over the connection most tests use once whoever had it is dead."""
        self.clock.advance(5 * 60)
        until = self.clock.now() + timedelta(minutes=5)
        lease = self.runs.acquire("t1", "con1", "run1", holder, until)
        assert lease is not None
        return lease


@dataclass(frozen=True)
class ControlSubject:
    """The control ports over one store."""

    connections: Connections
    automations: Automations
    runs: Runs
    notices: Notices
    posts: Posts
    reviews: Reviews
    rates: Rates
    audit: AuditLog
    due: DueIndex
    clock: FakeClock

    def lease(self, run_id: str = "run1", holder: str = "w1", minutes: float = 5) -> Lease | None:
        """Ask for the lease of the connection most tests use."""
        until = self.clock.now() + timedelta(minutes=minutes)
        return self.runs.acquire("t1", "con1", run_id, holder, until)

    def take_over(self, holder: str) -> Lease:
        """`holder` has the lease of that connection once whoever had it is dead."""
        self.clock.advance(5 * 60)
        lease = self.lease(holder=holder)
        assert lease is not None
        return lease

    def create(self, run: Run) -> Run:
        """A new run that no sweep waits for."""
        return self.runs.create(run, due_at=None)

    def stored(self, run_id: str) -> Run:
        """The run as stored now."""
        run = self.runs.get("t1", run_id)
        assert run is not None
        return run

    def all_due(self, now: datetime, limit: int = 10) -> list[Due]:
        """Everything that is due, read page by page."""
        page = self.due.due(now, None, limit)
        found = list(page.items)
        while page.cursor is not None:
            page = self.due.due(now, page.cursor, limit)
            found += page.items
        return found


@dataclass(frozen=True)
class ArtifactsSubject:
    """`spoil` alters what is stored under a tenant's key."""

    artifacts: Artifacts
    spoil: Callable[[str, str], None]


@dataclass(frozen=True)
class VaultSubject:
    """A vault with a working key."""

    vault: Vault


@dataclass(frozen=True)
class GrantsSubject:
    """An empty store of logins and grants."""

    grants: Grants


@dataclass(frozen=True)
class QueueSubject:
    """`receive` takes every message that is ready; `wait` lets time pass."""

    queue: SyncQueue
    receive: Callable[[], list[SliceMessage]]
    wait: Callable[[float], object]


@dataclass(frozen=True)
class OAuthSubject:
    """`user_agrees` plays the browser: it follows an authorize URL to a `code` and `state`."""

    oauth: OAuth
    login_url: str
    platform: str
    user_agrees: Callable[[str], Mapping[str, str]]


class OrgEditor(Protocol):
    """What happens behind the CRM port, done by the org's own users. People and rows by id."""

    def add_person(
        self,
        kind: PersonKind = PersonKind.CONTACT,
        *,
        opted_out: bool = False,
        visible: bool = True,
        **values: str,
    ) -> str:
        """A person of the connected user, or one of a colleague's that they cannot see."""
        ...

    def edit(self, person_id: str, **values: str) -> None: ...
    def delete_person(self, person_id: str) -> None: ...
    def merge(self, master_id: str, loser_id: str) -> None: ...
    def convert(self, lead_id: str) -> str:
        """Into a new contact, whose id comes back."""
        ...

    def values_of(self, person_id: str) -> Mapping[str, str]:
        """What the org holds, whoever may see it."""
        ...

    def opted_out(self, person_id: str) -> bool: ...
    def add_campaign(self, name: str, *, active: bool = True) -> str: ...
    def delete_campaign(self, campaign_id: str) -> None: ...
    def join(self, campaign_id: str, person_id: str) -> str:
        """The id of the row."""
        ...

    def leave(self, campaign_id: str, person_id: str) -> None: ...
    def is_member(self, campaign_id: str, person_id: str) -> bool: ...
    def lacks_external_id(self) -> None:
        """The org has no field for our contact ids."""
        ...

    def now(self) -> datetime: ...
    def wait(self, seconds: float) -> None: ...


@dataclass(frozen=True)
class CrmSubject:
    """`open` gives a new session of the connected user, whose id is `user_id`.

    `kind` is what people here are who are no leads.
    """

    open: Callable[[], Crm]
    org: OrgEditor
    user_id: str
    kind: PersonKind = PersonKind.CONTACT


@dataclass(frozen=True)
class IdsSubject:
    """A source of identifiers."""

    ids: Ids


@dataclass(frozen=True)
class ClockSubject:
    """A clock of a worker that may go on for at least a little while."""

    at_hand: Clock


@dataclass(frozen=True)
class DeadLettersSubject:
    """`kept` takes what was put there: body and reason."""

    letters: DeadLetters
    kept: Callable[[], list[tuple[str, str]]]


@dataclass(frozen=True)
class WebhooksSubject:
    """A sender that reaches nothing in a test; what it refuses is what counts."""

    sender: WebhookSender


@dataclass(frozen=True)
class EventsSubject:
    """`seen` takes what consumers got so far: kind and detail."""

    events: Events
    seen: Callable[[], list[tuple[str, Mapping[str, object]]]]


@dataclass(frozen=True)
class AccessTokensSubject:
    """Tokens of one connection; `issued` is the one there is, `stop` ends them."""

    tokens: AccessTokens
    connection_id: str
    issued: AccessToken
    stop: Callable[[str], None]


@dataclass(frozen=True)
class KeepAliveSubject:
    """`asked` takes whose grants the token service was asked to keep: tenant and connection."""

    keeper: KeepAlive
    asked: Callable[[], list[tuple[str, str]]]
