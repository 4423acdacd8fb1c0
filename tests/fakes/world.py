"""Everything around the engine, wired: tenants, orgs, connections, one clock, numbered I/O."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.run import Run, SliceMessage
from crmsync.ports.crm import Crm
from crmsync.ports.marketing import Marketing
from crmsync.ports.state import SyncState
from crmsync.services.work import Ports

from tests.fakes.clock import FakeClock, FakeIds
from tests.fakes.control import (
    ControlStore,
    FakeAutomations,
    FakeConnections,
    FakeDueIndex,
    FakeNotices,
    FakeReviews,
    FakeRuns,
)
from tests.fakes.crm import FakeGateway
from tests.fakes.marketing import FakeMarketing
from tests.fakes.numbered import Boundaries, Crash
from tests.fakes.org import FakeOrg
from tests.fakes.platform import FakeArtifacts, FakeEvents, FakeQueue
from tests.fakes.state import FakeSyncState, StateStore

Handler = Callable[[SliceMessage], object]
VISIBILITY = timedelta(minutes=30)
"""How long a message that killed its worker stays away."""


class World:
    """Builds the fakes and keeps hold of them, to edit and look behind the ports.

    The attributes named like ports, and everything in `ports`, are numbered by `io`. What a test
    does itself goes through `tenant`, `org`, `control` and the like, which are not.
    """

    def __init__(self, seed: int = 0, *, latency: float = 0.0) -> None:
        self.clock = FakeClock()
        self.ids = FakeIds(seed)
        self.io = Boundaries(self.clock, latency=latency)
        self.control = ControlStore(self.clock)
        self.queue = FakeQueue(self.clock)
        self.events = FakeEvents()
        self.artifacts = FakeArtifacts()
        self.gateway = FakeGateway()
        self.tenants: dict[str, FakeMarketing] = {}
        self.orgs: dict[str, FakeOrg] = {}
        self.memories: dict[tuple[str, str], StateStore] = {}
        self.page_size = 1000
        self._number_ports()

    def _number_ports(self) -> None:
        wrap, control = self.io.wrap, self.control
        self.connections = wrap("connections", FakeConnections(control))
        self.automations = wrap("automations", FakeAutomations(control))
        self.runs = wrap("runs", FakeRuns(control))
        self.notices = wrap("notices", FakeNotices(control))
        self.reviews = wrap("reviews", FakeReviews(control))
        self.due = wrap("due", FakeDueIndex(control))
        self.opened = wrap("gateway", self.gateway, {"open": "crm"})
        self.ports = Ports(
            connections=self.connections,
            automations=self.automations,
            runs=self.runs,
            reviews=self.reviews,
            artifacts=wrap("artifacts", self.artifacts),
            queue=wrap("queue", self.queue),
            events=wrap("events", self.events),
            clock=self.clock,
            ids=self.ids,
            marketing=self.marketing,
            state=self.state,
            crm=self.crm,
        )

    # --- numbered ports of one tenant or connection -------------------------------------------

    def marketing(self, tenant_id: str = "t1") -> Marketing:
        """The tenant's store as the code under test gets it."""
        return self.io.wrap("marketing", self.tenant(tenant_id))

    def state(self, connection: Connection) -> SyncState:
        """A fresh worker's view of what the connection remembers."""
        return self.io.wrap("state", self.state_of(connection))

    def crm(self, connection: Connection, run: Run | None = None) -> Crm:  # noqa: ARG002 - the port's
        """A session; opening it is a boundary too, as it asks for a token."""
        return self.opened.open(connection.id)

    # --- building -----------------------------------------------------------------------------

    def tenant(self, tenant_id: str = "t1") -> FakeMarketing:
        """The tenant's marketing store, made on first use."""
        if tenant_id not in self.tenants:
            self.tenants[tenant_id] = FakeMarketing(self.clock, tenant_id)
        return self.tenants[tenant_id]

    def org(self, name: str = "1") -> FakeOrg:
        """The org, made on first use; its id carries `name`."""
        if name not in self.orgs:
            self.orgs[name] = FakeOrg(self.clock, f"00D{name.zfill(12)}AAA")
        return self.orgs[name]

    def connect(
        self,
        tenant_id: str = "t1",
        org: str = "1",
        user_id: str = "u1",
        **choices: Any,
    ) -> Connection:
        """A stored, usable connection of that CRM user; `choices` are fields of `Connection`."""
        held = self.org(org)
        login = held.logins.get(user_id) or held.login(user_id)
        defaults = {
            "id": choices.get("id") or self.ids.new("con"),
            "tenant_id": tenant_id,
            "user_id": f"advisor-{user_id}",
            "platform": "salesforce",
            "login_url": "https://login.salesforce.com",
            "status": ConnectionStatus.CONNECTED,
            "created_at": self.clock.now(),
            "org": login.user,
        }
        made = Connection(**{**defaults, **choices})
        self.tenant(tenant_id)
        self.gateway.connect(made.id, held, user_id)
        return FakeConnections(self.control).put(made)

    def memory_of(self, connection: Connection) -> StateStore:
        """The memory shared by all connections of this tenant to this org."""
        key = (connection.tenant_id, connection.org.org_id)
        return self.memories.setdefault(key, StateStore())

    def state_of(self, connection: Connection) -> FakeSyncState:
        """A worker's view of that memory, not numbered; each has a fence of its own."""
        key = (connection.tenant_id, connection.id)
        return FakeSyncState(
            self.memory_of(connection),
            connection.id,
            lambda: self.control.fences.get(key, 0),
            page_size=self.page_size,
        )

    # --- running ------------------------------------------------------------------------------

    def deliver(self, handler: Handler, index: int = 0) -> object:
        """Hand one ready message over; a worker that crashes or raises sees it again later."""
        return self._handle(handler, self.queue.receive(index))

    def redeliver(self, handler: Handler, index: int = -1) -> object:
        """Hand over, once more, a message that was delivered before."""
        return self._handle(handler, self.queue.redeliver(index))

    def _handle(self, handler: Handler, message: SliceMessage) -> object:
        try:
            return handler(message)
        except AssertionError:
            raise
        except (Crash, Exception) as error:  # noqa: BLE001 - a worker may die of anything
            self.queue.put_back(message, after_seconds=VISIBILITY.total_seconds())
            return error

    def drain(self, handler: Handler, *, at_most: int = 500) -> list[object]:
        """Deliver until the queue is empty, moving the clock to whatever waits."""
        results: list[object] = []
        while (at := self.queue.next_at()) is not None:
            assert len(results) < at_most, f"the queue is not empty after {at_most} deliveries"
            self.clock.moment = max(self.clock.moment, at)
            results.append(self.deliver(handler))
        return results
