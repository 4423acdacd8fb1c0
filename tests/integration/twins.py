"""Ports that are two: the fake and the real adapter on an emulated AWS, asked the same.

Every answer of one has to be the answer of the other, so a random history played on twins shows
that the fakes, on which all the others are played, promise nothing the real adapters do not keep.
What users do to the fake marketing store is done to the real one, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from typing import Any, cast

from crmsync.adapters.dynamodb.database import Database
from crmsync.adapters.dynamodb.marketing import DynamoMarketing
from crmsync.adapters.dynamodb.runs import DynamoRuns
from crmsync.adapters.dynamodb.sync_state import DynamoSyncState
from crmsync.domain.connection import Connection
from crmsync.domain.contact import Contact, ContactDraft, ContactEdit
from crmsync.domain.errors import CrmSyncError
from crmsync.ports.marketing import Marketing
from crmsync.ports.runs import Runs
from crmsync.ports.state import SyncState

from tests.fakes.control import FakeRuns
from tests.fakes.marketing import FakeMarketing
from tests.fakes.world import World

BETWEEN = "\x1e"
"""Between the two cursors of a page of twins."""


class Twins:
    """Two objects of one port; each call goes to both, and both must say the same."""

    def __init__(self, port: str, fake: object, real: object) -> None:
        self._port = port
        self._fake = fake
        self._real = real

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            first = _answer(getattr(self._fake, name), _side(args, 0), kwargs)
            second = _answer(getattr(self._real, name), _side(args, 1), kwargs)
            return _agreed(f"{self._port}.{name}{args}", first, second)

        return call


def _answer(method: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    try:
        return method(*args, **kwargs)
    except CrmSyncError as error:
        return error


def _side(args: tuple[Any, ...], side: int) -> tuple[Any, ...]:
    """The arguments as one of the two understands them: each has cursors of its own."""
    return tuple(
        (each.split(BETWEEN)[side] or None) if isinstance(each, str) and BETWEEN in each else each
        for each in args
    )


def _agreed(asked: str, first: Any, second: Any) -> Any:
    if isinstance(first, CrmSyncError) or isinstance(second, CrmSyncError):
        same = type(first) is type(second) and first.code == second.code
        assert same, f"{asked}: the fake says {first!r}, the real one {second!r}"
        raise second
    if is_dataclass(first) and hasattr(first, "cursor"):
        both = (first.cursor, second.cursor)
        first, second = (replace(each, cursor=None) for each in (first, second))
        joined = None if both == (None, None) else BETWEEN.join(c or "" for c in both)
        assert first == second, f"{asked}: the fake says {first}, the real one {second}"
        return replace(second, cursor=joined)
    assert first == second, f"{asked}: the fake says {first}, the real one {second}"
    return second


@dataclass
class TwinMarketing(FakeMarketing):
    """The fake store, whose users' doings reach the real one."""

    real: DynamoMarketing | None = None
    engine_at_work: bool = False

    def _also(self) -> DynamoMarketing | None:
        return None if self.engine_at_work else self.real

    def create_group(self, group_id: str, name: str) -> Any:
        made = super().create_group(group_id, name)
        if real := self._also():
            assert real.create_group(group_id, name) == made
        return made

    def _create_contact(self, draft: ContactDraft) -> Contact:
        made = super()._create_contact(draft)
        if real := self._also():
            assert real.create_contacts([draft]) == (made,)
        return made

    def _edit_contact(self, edit: ContactEdit) -> Contact | None:
        edited = super()._edit_contact(edit)
        if real := self._also():
            assert real.edit_contacts([edit]) == (edited,)
        return edited

    def _add_member(self, group_id: str, contact_id: str) -> None:
        super()._add_member(group_id, contact_id)
        if real := self._also():
            real.add_members(group_id, [contact_id])

    def remove_members(self, group_id: str, contact_ids: Sequence[str]) -> None:
        super().remove_members(group_id, contact_ids)
        if real := self._also():
            real.remove_members(group_id, contact_ids)

    def suppress(self, addresses: Sequence[str], source: str) -> None:
        super().suppress(addresses, source)
        if real := self._also():
            real.suppress(addresses, source)

    def lift_suppression(self, address: str, evidence: str, actor: str) -> None:
        super().lift_suppression(address, evidence, actor)
        if real := self._also():
            real.lift_suppression(address, evidence, actor)


class _ByEngine(Twins):
    """The store as the engine has it: its calls reach the real one as they are, batches whole."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call, store = super().__getattr__(name), cast("TwinMarketing", self._fake)

        def alone(*args: Any, **kwargs: Any) -> Any:
            store.engine_at_work = True
            try:
                return call(*args, **kwargs)
            finally:
                store.engine_at_work = False

        return alone


class TwinWorld(World):
    """A world whose marketing store, memory and runs are twins; the org stays a fake."""

    database: Database

    def _number_ports(self) -> None:
        super()._number_ports()
        real = DynamoRuns(self.database.table("ControlTable"), self.clock)
        twins = cast("Runs", Twins("runs", FakeRuns(self.control), real))
        self.runs = self.io.wrap("runs", twins)
        self.ports = replace(self.ports, runs=self.runs)

    def tenant(self, tenant_id: str = "t1") -> FakeMarketing:
        """The tenant's store, made on first use."""
        if tenant_id not in self.tenants:
            table = self.database.table("MarketingTable")
            real = DynamoMarketing(table, tenant_id, self.clock)
            self.tenants[tenant_id] = TwinMarketing(self.clock, tenant_id, real=real)
        return self.tenants[tenant_id]

    def marketing(self, tenant_id: str = "t1") -> Marketing:
        """The tenant's store as the code under test gets it."""
        fake = cast("TwinMarketing", self.tenant(tenant_id))
        twins = cast("Marketing", _ByEngine("marketing", fake, fake.real))
        return self.io.wrap("marketing", twins)

    def state(self, connection: Connection) -> SyncState:
        """A fresh worker's view of what the connection remembers."""
        return self.io.wrap("state", self.state_of(connection))

    def state_of(self, connection: Connection) -> Any:
        """That view, not numbered."""
        real = DynamoSyncState(
            self.database.table("SyncTable"),
            self.database.table("ControlTable"),
            tenant_id=connection.tenant_id,
            connection_id=connection.id,
            org_id=connection.org.org_id,
        )
        return Twins("state", super().state_of(connection), real)
