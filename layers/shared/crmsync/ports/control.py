"""What people set up and what they are told: connections, automations, runs, reviews, notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from crmsync.domain.automation import Automation
from crmsync.domain.connection import Connection
from crmsync.domain.notification import Notification
from crmsync.domain.run import Run


@dataclass(frozen=True, slots=True)
class RunPage:
    """Runs of a connection, newest first; `cursor` is None on the last page."""

    items: tuple[Run, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class NoticePage:
    """Notifications of a user, newest first; `cursor` is None on the last page."""

    items: tuple[Notification, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Review:
    """A question for a person: is this the same human, or may this new person be created?

    `kind` is `match` or `new_person`; `contact_id` or `person_id` is the record in question.
    `candidates` are plain descriptions `{id, name, email, ...}` as they were when asked.
    """

    id: str
    tenant_id: str
    connection_id: str
    kind: str
    contact_id: str | None
    person_id: str | None
    subject: Mapping[str, str]
    candidates: tuple[Mapping[str, str], ...]
    created_at: datetime
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Undecided reviews of a connection, oldest first; `cursor` is None on the last page."""

    items: tuple[Review, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint that is told of completed runs. `secret` signs; it is shown once."""

    id: str
    url: str
    enabled: bool
    secret: str


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """What one user wants to be told: `always`, `problems` or `never`, and by which webhooks."""

    level: str = "always"
    webhooks: tuple[Webhook, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """A message about a run that a webhook did not take; `tries` says how often it was sent."""

    tenant_id: str
    run_id: str
    webhook_id: str
    tries: int

    @property
    def id(self) -> str:
        """One per run and webhook."""
        return f"{self.run_id}.{self.webhook_id}"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a connection. `fence` is higher than that of every earlier holder.

    `taken_over` is set when the holder before let it expire instead of releasing it: it died.
    """

    run_id: str
    holder: str
    fence: int
    expires_at: datetime
    taken_over: bool = False


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change of what somebody set up: `before` and `after` hold what differs, by name.

    `what` is `connection` or `automation`.
    """

    id: str
    tenant_id: str
    connection_id: str
    user_id: str
    what: str
    at: datetime
    before: Mapping[str, object]
    after: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries of a connection, newest first; `cursor` is None on the last page."""

    items: tuple[AuditEntry, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Hits:
    """How many there were in the window that ends at `until`, this one included."""

    number: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """Something the sweep must look at: `kind` is `automation`, `run`, `keep_alive` or `post`."""

    kind: str
    tenant_id: str
    id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DuePage:
    """Due things, oldest first; `cursor` is None on the last page."""

    items: tuple[Due, ...]
    cursor: str | None = field(default=None)


class Connections(Protocol):
    """Connections of all tenants; every look-up names its tenant."""

    def get(self, tenant_id: str, connection_id: str) -> Connection | None:
        """One connection, or None: also when it is another tenant's."""
        ...

    def list(self, tenant_id: str) -> tuple[Connection, ...]:
        """All connections of the tenant, oldest first."""
        ...

    def put(self, connection: Connection) -> Connection:
        """Store if `version` is current (0: new); raises `Conflict` with code `stale` otherwise."""
        ...

    def keep_alive_due(self, connection: Connection, at: datetime | None) -> None:
        """When the token must be refreshed at the latest; None when there is no token."""
        ...


class Automations(Protocol):
    """One automation per connection."""

    def get(self, tenant_id: str, connection_id: str) -> Automation:
        """The automation; an empty one when none was saved."""
        ...

    def put(self, tenant_id: str, automation: Automation) -> Automation:
        """Store if `version` is current, due at `next_run_at` while scheduled; else `Conflict`."""
        ...


class Runs(Protocol):
    """Runs, and the lease that lets one of them at a time work on a connection."""

    def create(self, run: Run, *, due_at: datetime | None) -> Run:
        """Store a new run, due for the sweep at `due_at`; the stored one when its id exists."""
        ...

    def get(self, tenant_id: str, run_id: str) -> Run | None:
        """One run, strongly consistent, or None."""
        ...

    def save(self, run: Run, *, due_at: datetime | None) -> Run:
        """Store if `run.version` is current and its fence is not below the lease's.

        `due_at` is when the sweep must look at it again; None once nothing is left to do.
        Raises `LeaseLost` when another writer was first.
        """
        ...

    def mark_used(self, tenant_id: str, run_id: str, by: str) -> bool:
        """Set `used_by` of a finished plan once; False when it is used already, by anyone else.

        `by` is the id of the run that executes it, or `cancelled`.
        """
        ...

    def request_cancel(self, tenant_id: str, run_id: str) -> None:
        """Ask the holder to stop at the next page; harmless when the run has ended."""
        ...

    def cancel_requested(self, tenant_id: str, run_id: str) -> bool:
        """Whether somebody asked for it."""
        ...

    def page(
        self,
        tenant_id: str,
        connection_id: str,
        cursor: str | None,
        limit: int,
        *,
        until: datetime | None = None,
    ) -> RunPage:
        """The connection's runs, newest first; only those created by `until` when it is given."""
        ...

    def unfinished(self, tenant_id: str, connection_id: str) -> tuple[Run, ...]:
        """Runs that have not ended, oldest first."""
        ...

    def acquire(
        self, tenant_id: str, connection_id: str, run_id: str, holder: str, until: datetime
    ) -> Lease | None:
        """Take the lease, with a new fence; None while another holder's is alive.

        Also another worker of the same run has to wait: two of them would both create a person.
        Who holds it already has it for longer, with the fence it has.
        """
        ...

    def lease(self, tenant_id: str, connection_id: str) -> Lease | None:
        """The lease as stored, strongly consistent, an expired one too; None when nobody has it."""
        ...

    def release(self, tenant_id: str, connection_id: str, lease: Lease) -> None:
        """Give the lease up if it is still ours."""
        ...


class Notices(Protocol):
    """In-app notifications, their settings, and reviews."""

    def add(self, notification: Notification) -> bool:
        """Store it once; False when its id exists already."""
        ...

    def page(self, tenant_id: str, user_id: str, cursor: str | None, limit: int) -> NoticePage:
        """The user's notifications, newest first."""
        ...

    def mark_read(self, tenant_id: str, user_id: str, notification_id: str) -> bool:
        """Mark it read; False when the user has no such notification."""
        ...

    def settings(self, tenant_id: str, user_id: str) -> NoticeSettings:
        """The user's settings, or the defaults."""
        ...

    def put_settings(self, tenant_id: str, user_id: str, settings: NoticeSettings) -> None:
        """Replace the user's settings."""
        ...


class Posts(Protocol):
    """Messages that webhooks did not take at once."""

    def keep(self, post: Post, at: datetime | None) -> None:
        """Due again at `at`, or, with None, never; without effect unless its tries are new."""
        ...

    def get(self, tenant_id: str, post_id: str) -> Post | None:
        """As kept, strongly consistent; None when the first try was taken, or none was made."""
        ...


class Reviews(Protocol):
    """Questions that only a person can answer."""

    def open(self, reviews: Sequence[Review]) -> None:
        """Ask each once; one with the same id that exists already is left as it is."""
        ...

    def get(self, tenant_id: str, review_id: str) -> Review | None:
        """One review, or None."""
        ...

    def list(self, tenant_id: str, connection_id: str) -> tuple[Review, ...]:
        """The undecided ones, oldest first."""
        ...

    def page(
        self, tenant_id: str, connection_id: str, cursor: str | None, limit: int
    ) -> ReviewPage:
        """The same, page by page."""
        ...

    def decide(self, review: Review, decision: str) -> None:
        """Record the decision."""
        ...


class AuditLog(Protocol):
    """What was set up, by whom and when; entries are added and never changed or removed."""

    def add(self, entry: AuditEntry) -> None:
        """Store it; a repeat of the same entry changes nothing."""
        ...

    def page(self, tenant_id: str, connection_id: str, cursor: str | None, limit: int) -> AuditPage:
        """The connection's entries, newest first."""
        ...


class Rates(Protocol):
    """Counts how often somebody does something, in windows of a fixed length."""

    def hit(self, tenant_id: str, what: str, who: str, window: timedelta) -> Hits:
        """Count one more. Of several at once each gets its own number."""
        ...


class DueIndex(Protocol):
    """What the schedule has to look at."""

    def due(self, now: datetime, cursor: str | None, limit: int) -> DuePage:
        """Things due at or before `now`."""
        ...

    def claim(self, due: Due, until: datetime) -> bool:
        """Look at it again at `until`; True for the one caller that found it due as `due` says.

        Moves nothing but the due time, so whoever is changing the thing is not disturbed.
        """
        ...
