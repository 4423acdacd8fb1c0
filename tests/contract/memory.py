"""The fakes, opened for the contract suites: they are proved here before anything trusts them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from crmsync.domain.run import SliceMessage
from crmsync.ports.access_tokens import AccessToken

from tests.contract.subjects import (
    AccessTokensSubject,
    ArtifactsSubject,
    ClockSubject,
    ControlSubject,
    DeadLettersSubject,
    EventsSubject,
    GrantsSubject,
    IdsSubject,
    KeepAliveSubject,
    MarketingSubject,
    OAuthSubject,
    QueueSubject,
    StateSubject,
    VaultSubject,
    WebhooksSubject,
)
from tests.fakes.clock import FakeClock, FakeIds
from tests.fakes.control import (
    ControlStore,
    FakeAuditLog,
    FakeAutomations,
    FakeConnections,
    FakeDueIndex,
    FakeNotices,
    FakePosts,
    FakeRates,
    FakeReviews,
    FakeRuns,
)
from tests.fakes.marketing import FakeMarketing
from tests.fakes.platform import (
    FakeArtifacts,
    FakeDeadLetters,
    FakeEvents,
    FakeQueue,
    FakeWebhookSender,
)
from tests.fakes.state import FakeSyncState, StateStore
from tests.fakes.tokens import FakeAccessTokens, FakeGrants, FakeKeepAlive, FakeOAuth, FakeVault


@contextmanager
def memory_marketing() -> Iterator[MarketingSubject]:
    """The in-memory marketing store, with the API's right to let people opt in."""
    clock = FakeClock()
    stores: dict[str, FakeMarketing] = {}

    def of(tenant_id: str) -> FakeMarketing:
        return stores.setdefault(tenant_id, FakeMarketing(clock, tenant_id, opt_in_allowed=True))

    yield MarketingSubject(of, clock)


@contextmanager
def memory_state() -> Iterator[StateSubject]:
    """The in-memory state, fenced by the in-memory leases."""
    clock = FakeClock()
    control = ControlStore(clock)
    stores: dict[tuple[str, str], StateStore] = {}

    def of(tenant_id: str, connection_id: str, org_id: str) -> FakeSyncState:
        store = stores.setdefault((tenant_id, org_id), StateStore())
        key = (tenant_id, connection_id)
        return FakeSyncState(store, connection_id, lambda: control.fences.get(key, 0), page_size=50)

    yield StateSubject(of, FakeRuns(control), clock)


@contextmanager
def memory_control() -> Iterator[ControlSubject]:
    """The in-memory control store."""
    clock = FakeClock()
    store = ControlStore(clock)
    yield ControlSubject(
        connections=FakeConnections(store),
        automations=FakeAutomations(store),
        runs=FakeRuns(store),
        notices=FakeNotices(store),
        posts=FakePosts(store),
        reviews=FakeReviews(store),
        rates=FakeRates(store),
        audit=FakeAuditLog(store),
        due=FakeDueIndex(store),
        clock=clock,
    )


@contextmanager
def memory_artifacts() -> Iterator[ArtifactsSubject]:
    """Stored objects in memory."""
    artifacts = FakeArtifacts()
    yield ArtifactsSubject(artifacts, artifacts.spoil)


@contextmanager
def memory_vault() -> Iterator[VaultSubject]:
    """Ciphertexts in memory."""
    yield VaultSubject(FakeVault())


@contextmanager
def memory_grants() -> Iterator[GrantsSubject]:
    """Grants in memory."""
    yield GrantsSubject(FakeGrants())


@contextmanager
def memory_queue() -> Iterator[QueueSubject]:
    """The in-memory queue."""
    clock = FakeClock()
    queue = FakeQueue(clock)

    def receive() -> list[SliceMessage]:
        return [queue.receive() for _ in queue.ready()]

    yield QueueSubject(queue, receive, clock.advance)


@contextmanager
def memory_oauth() -> Iterator[OAuthSubject]:
    """The login host in memory."""
    host = FakeOAuth()
    yield OAuthSubject(host, "https://login.salesforce.com", "salesforce", host.user_agrees)


@contextmanager
def memory_ids() -> Iterator[IdsSubject]:
    """Identifiers that count up."""
    yield IdsSubject(FakeIds())


@contextmanager
def memory_clock() -> Iterator[ClockSubject]:
    """The clock a test moves."""
    yield ClockSubject(FakeClock())


@contextmanager
def memory_events() -> Iterator[EventsSubject]:
    """The bus in memory."""
    events = FakeEvents()
    yield EventsSubject(events, lambda: list(events.published))


@contextmanager
def memory_tokens() -> Iterator[AccessTokensSubject]:
    """The token service in memory."""
    issued = AccessToken("00D!one", "https://one.my.salesforce.com", "00DA", "005A")
    tokens = FakeAccessTokens({"con1": issued})

    def stop(code: str) -> None:
        tokens.stopped["con1"] = code

    yield AccessTokensSubject(tokens, "con1", issued, stop)


@contextmanager
def memory_dead_letters() -> Iterator[DeadLettersSubject]:
    """Unreadable messages in memory."""
    letters = FakeDeadLetters()
    yield DeadLettersSubject(letters, lambda: list(letters.kept))


@contextmanager
def memory_webhooks() -> Iterator[WebhooksSubject]:
    """A sender that sends nothing."""
    yield WebhooksSubject(FakeWebhookSender())


@contextmanager
def memory_keep_alive() -> Iterator[KeepAliveSubject]:
    """The asking in memory."""
    keeper = FakeKeepAlive()
    yield KeepAliveSubject(keeper, lambda: list(keeper.asked))
