"""Connections, automations, runs, notices and reviews in memory, over one shared store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from crmsync.domain.automation import Automation
from crmsync.domain.connection import Connection
from crmsync.domain.errors import Conflict, LeaseLost
from crmsync.domain.notification import Notification
from crmsync.domain.run import Run
from crmsync.ports.audit import AuditEntry, AuditPage
from crmsync.ports.due import Due, DuePage
from crmsync.ports.notices import NoticePage, NoticeSettings
from crmsync.ports.posts import Post
from crmsync.ports.rates import Hits
from crmsync.ports.reviews import Review, ReviewPage
from crmsync.ports.runs import Lease, RunPage

from tests.fakes.clock import FakeClock
from tests.fakes.pages import page_of
from tests.fakes.snapshots import Snapshots

Key = tuple[str, str]
"""Tenant and the id within it."""


@dataclass
class ControlStore(Snapshots):
    """What the control table would hold."""

    clock: FakeClock
    connections: dict[Key, Connection] = field(default_factory=dict)
    automations: dict[Key, Automation] = field(default_factory=dict)
    runs: dict[Key, Run] = field(default_factory=dict)
    cancels: dict[Key, bool] = field(default_factory=dict)
    leases: dict[Key, Lease] = field(default_factory=dict)
    fences: dict[Key, int] = field(default_factory=dict)
    notices: dict[Key, Notification] = field(default_factory=dict)
    notice_settings: dict[Key, NoticeSettings] = field(default_factory=dict)
    posts: dict[Key, Post] = field(default_factory=dict)
    reviews: dict[Key, Review] = field(default_factory=dict)
    due: dict[tuple[str, str, str], datetime] = field(default_factory=dict)
    audit: dict[Key, AuditEntry] = field(default_factory=dict)
    hits: dict[tuple[str, str, str, datetime], int] = field(default_factory=dict)

    def schedule(self, kind: str, tenant_id: str, item_id: str, at: datetime | None) -> None:
        """Make it due at `at`, or not at all."""
        if at is None:
            self.due.pop((kind, tenant_id, item_id), None)
        else:
            self.due[kind, tenant_id, item_id] = at


class FakeConnections:
    """Connections of all tenants."""

    def __init__(self, store: ControlStore) -> None:
        self.store = store

    def get(self, tenant_id: str, connection_id: str) -> Connection | None:
        return self.store.connections.get((tenant_id, connection_id))

    def list(self, tenant_id: str) -> tuple[Connection, ...]:
        mine = [c for (tenant, _), c in self.store.connections.items() if tenant == tenant_id]
        return tuple(sorted(mine, key=lambda c: (c.created_at, c.id)))

    def put(self, connection: Connection) -> Connection:
        key = (connection.tenant_id, connection.id)
        _check_version(self.store.connections.get(key), connection, "connection")
        stored = replace(connection, version=connection.version + 1)
        self.store.connections[key] = stored
        return stored

    def keep_alive_due(self, connection: Connection, at: datetime | None) -> None:
        self.store.schedule("keep_alive", connection.tenant_id, connection.id, at)


class FakeAutomations:
    """One automation per connection."""

    def __init__(self, store: ControlStore) -> None:
        self.store = store

    def get(self, tenant_id: str, connection_id: str) -> Automation:
        return self.store.automations.get((tenant_id, connection_id), Automation(connection_id))

    def put(self, tenant_id: str, automation: Automation) -> Automation:
        key = (tenant_id, automation.connection_id)
        _check_version(self.store.automations.get(key), automation, "automation")
        stored = replace(automation, version=automation.version + 1)
        self.store.automations[key] = stored
        due_at = stored.next_run_at if stored.scheduled else None
        self.store.schedule("automation", *key, due_at)
        return stored


class FakeRuns:
    """Runs and the lease. A fence number is never given twice for one connection."""

    def __init__(self, store: ControlStore) -> None:
        self.store = store

    def create(self, run: Run, *, due_at: datetime | None) -> Run:
        key = (run.tenant_id, run.id)
        if key not in self.store.runs:
            self.store.runs[key] = _newer(run)
            self.store.schedule("run", *key, due_at)
        return self.store.runs[key]

    def get(self, tenant_id: str, run_id: str) -> Run | None:
        return self.store.runs.get((tenant_id, run_id))

    def save(self, run: Run, *, due_at: datetime | None) -> Run:
        key = (run.tenant_id, run.id)
        stored = self.store.runs.get(key)
        wanted = _newer(run, stored)
        if stored is not None and stored.version == wanted.version and stored == wanted:
            return stored
        self._guard(stored, run)
        self.store.runs[key] = wanted
        self.store.schedule("run", *key, due_at)
        return wanted

    def _guard(self, stored: Run | None, run: Run) -> None:
        """A run that ended, or never held the lease, is guarded by its version alone."""
        if stored is None or stored.version != run.version:
            raise LeaseLost("run_moved", f"run {run.id} was saved by another writer")
        highest = self.store.fences.get((run.tenant_id, run.connection_id), 0)
        if run.fence and not stored.finished and run.fence < highest:
            text = f"{run.connection_id} is held with fence {highest}, not {run.fence}"
            raise LeaseLost("fenced_out", text)

    def mark_used(self, tenant_id: str, run_id: str, by: str) -> bool:
        run = self.store.runs.get((tenant_id, run_id))
        if run is None or not run.finished or run.used_by not in (None, by):
            return False
        if run.used_by is None:
            self.store.runs[tenant_id, run_id] = replace(run, used_by=by)
        return True

    def request_cancel(self, tenant_id: str, run_id: str) -> None:
        self.store.cancels[tenant_id, run_id] = True

    def cancel_requested(self, tenant_id: str, run_id: str) -> bool:
        return (tenant_id, run_id) in self.store.cancels

    def page(
        self,
        tenant_id: str,
        connection_id: str,
        cursor: str | None,
        limit: int,
        *,
        until: datetime | None = None,
    ) -> RunPage:
        mine = self._of(tenant_id, connection_id)
        mine = [run for run in mine if until is None or run.created_at <= until]
        return RunPage(*page_of(mine, _place, cursor, limit, backwards=True))

    def unfinished(self, tenant_id: str, connection_id: str) -> tuple[Run, ...]:
        return tuple(run for run in self._of(tenant_id, connection_id) if not run.finished)

    def _of(self, tenant_id: str, connection_id: str) -> list[Run]:
        runs = self.store.runs.items()
        mine = [r for (t, _), r in runs if t == tenant_id and r.connection_id == connection_id]
        return sorted(mine, key=_place)

    def acquire(
        self, tenant_id: str, connection_id: str, run_id: str, holder: str, until: datetime
    ) -> Lease | None:
        key = (tenant_id, connection_id)
        held = self.store.leases.get(key)
        if held is not None and (held.run_id, held.holder) == (run_id, holder):
            lease = replace(held, expires_at=until)
        elif held is not None and held.expires_at > self.store.clock.now():
            return None
        else:
            died = held is not None
            lease = Lease(run_id, holder, self.store.fences.get(key, 0) + 1, until, died)
        self.store.leases[key] = lease
        self.store.fences[key] = lease.fence
        return lease

    def lease(self, tenant_id: str, connection_id: str) -> Lease | None:
        return self.store.leases.get((tenant_id, connection_id))

    def release(self, tenant_id: str, connection_id: str, lease: Lease) -> None:
        held = self.store.leases.get((tenant_id, connection_id))
        if held is not None and held.fence == lease.fence:
            del self.store.leases[tenant_id, connection_id]


class FakeNotices:
    """In-app notifications and their settings."""

    def __init__(self, store: ControlStore) -> None:
        self.store = store

    def add(self, notification: Notification) -> bool:
        key = (notification.tenant_id, notification.id)
        if key in self.store.notices:
            return False
        self.store.notices[key] = notification
        return True

    def page(self, tenant_id: str, user_id: str, cursor: str | None, limit: int) -> NoticePage:
        notices = self.store.notices.items()
        mine = [n for (t, _), n in notices if t == tenant_id and n.user_id == user_id]
        return NoticePage(*page_of(mine, _place, cursor, limit, backwards=True))

    def mark_read(self, tenant_id: str, user_id: str, notification_id: str) -> bool:
        notice = self.store.notices.get((tenant_id, notification_id))
        if notice is None or notice.user_id != user_id:
            return False
        self.store.notices[tenant_id, notification_id] = replace(notice, read=True)
        return True

    def settings(self, tenant_id: str, user_id: str) -> NoticeSettings:
        return self.store.notice_settings.get((tenant_id, user_id), NoticeSettings())

    def put_settings(self, tenant_id: str, user_id: str, settings: NoticeSettings) -> None:
        self.store.notice_settings[tenant_id, user_id] = settings


class FakePosts:
    """Messages that webhooks did not take."""

    def __init__(self, store: ControlStore) -> None:
        self.store = store

    def keep(self, post: Post, at: datetime | None) -> None:
        kept = self.store.posts.get((post.tenant_id, post.id))
        if kept is None or kept.tries < post.tries:
            self.store.posts[post.tenant_id, post.id] = post
            self.store.schedule("post", post.tenant_id, post.id, at)

    def get(self, tenant_id: str, post_id: str) -> Post | None:
        return self.store.posts.get((tenant_id, post_id))


class FakeReviews:
    """Questions for people."""

    def __init__(self, store: ControlStore) -> None:
        self.store = store

    def open(self, reviews: Sequence[Review]) -> None:
        for review in reviews:
            self.store.reviews.setdefault((review.tenant_id, review.id), review)

    def get(self, tenant_id: str, review_id: str) -> Review | None:
        return self.store.reviews.get((tenant_id, review_id))

    def list(self, tenant_id: str, connection_id: str) -> tuple[Review, ...]:
        reviews = self.store.reviews.items()
        mine = [r for (t, _), r in reviews if t == tenant_id and r.connection_id == connection_id]
        return tuple(sorted((r for r in mine if r.decision is None), key=_place))

    def page(
        self, tenant_id: str, connection_id: str, cursor: str | None, limit: int
    ) -> ReviewPage:
        return ReviewPage(*page_of(self.list(tenant_id, connection_id), _place, cursor, limit))

    def decide(self, review: Review, decision: str) -> None:
        self.store.reviews[review.tenant_id, review.id] = replace(review, decision=decision)


class FakeAuditLog:
    """What was set up, by whom and when."""

    def __init__(self, store: ControlStore) -> None:
        self.store = store

    def add(self, entry: AuditEntry) -> None:
        self.store.audit.setdefault((entry.tenant_id, entry.id), entry)

    def page(self, tenant_id: str, connection_id: str, cursor: str | None, limit: int) -> AuditPage:
        entries = self.store.audit.items()
        mine = [e for (t, _), e in entries if t == tenant_id and e.connection_id == connection_id]
        return AuditPage(*page_of(mine, _moment, cursor, limit, backwards=True))


class FakeRates:
    """How often somebody did something lately."""

    def __init__(self, store: ControlStore) -> None:
        self.store = store

    def hit(self, tenant_id: str, what: str, who: str, window: timedelta) -> Hits:
        length = window.total_seconds()
        start = self.store.clock.now().timestamp() // length * length
        until = datetime.fromtimestamp(start + length, UTC)
        key = (tenant_id, what, who, until)
        self.store.hits[key] = self.store.hits.get(key, 0) + 1
        return Hits(self.store.hits[key], until)


class FakeDueIndex:
    """What the schedule has to look at."""

    def __init__(self, store: ControlStore) -> None:
        self.store = store

    def due(self, now: datetime, cursor: str | None, limit: int) -> DuePage:
        found = [Due(*key, at) for key, at in self.store.due.items() if at <= now]
        return DuePage(*page_of(found, _due_place, cursor, limit))

    def claim(self, due: Due, until: datetime) -> bool:
        key = (due.kind, due.tenant_id, due.id)
        if self.store.due.get(key) != due.due_at:
            return False
        self.store.due[key] = until
        return True


def _check_version(
    stored: Connection | Automation | None, wanted: Connection | Automation, what: str
) -> None:
    current = 0 if stored is None else stored.version
    if wanted.version != current:
        raise Conflict("stale", f"The {what} was changed by someone else. Load it again.")


def _newer(run: Run, stored: Run | None = None) -> Run:
    """The next version; who used the plan is not the holder's to change."""
    used_by = run.used_by if stored is None else stored.used_by
    return replace(run, version=run.version + 1, used_by=used_by)


def _place(item: Run | Notification | Review) -> str:
    return f"{item.created_at.isoformat()} {item.id}"


def _due_place(due: Due) -> str:
    return f"{due.due_at.isoformat()} {due.kind} {due.tenant_id} {due.id}"


def _moment(entry: AuditEntry) -> str:
    return f"{entry.at.isoformat()} {entry.id}"
