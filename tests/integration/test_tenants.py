"""No call carries a key that does not start with the acting tenant."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from crmsync.adapters.dynamodb.audit import DynamoAuditLog
from crmsync.adapters.dynamodb.automations import DynamoAutomations
from crmsync.adapters.dynamodb.connections import DynamoConnections
from crmsync.adapters.dynamodb.database import Database
from crmsync.adapters.dynamodb.due import DynamoDueIndex
from crmsync.adapters.dynamodb.marketing import DynamoMarketing
from crmsync.adapters.dynamodb.notices import DynamoNotices
from crmsync.adapters.dynamodb.rates import DynamoRates
from crmsync.adapters.dynamodb.reviews import DynamoReviews
from crmsync.adapters.dynamodb.runs import DynamoRuns
from crmsync.adapters.dynamodb.sync_state import DynamoSyncState
from crmsync.domain.automation import Automation
from crmsync.domain.base import Link, MembershipBase
from crmsync.domain.contact import ContactEdit
from crmsync.domain.identity import Decisions
from crmsync.domain.run import Run
from crmsync.ports.audit import AuditEntry
from crmsync.ports.notices import NoticeSettings
from crmsync.ports.state import Claim, MappingMemory, Pending

from tests.fakes.builders import (
    a_connection,
    a_draft,
    a_notice,
    a_review,
    a_run,
    an_event,
)
from tests.fakes.clock import START, FakeClock

KEYS = ("pk", "email_key", "contact_key", "change_shard")
"""Every attribute that is a hash key somewhere, but for the due index, which is of all tenants."""


class Keys:
    """Collects the hash keys of everything that is sent."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def __call__(self, request: AWSPreparedRequest, **_: Any) -> None:
        assert isinstance(request.body, bytes | str)
        self._collect(json.loads(request.body))

    def _collect(self, value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                self._collect(item)
        elif isinstance(value, dict):
            self.seen |= {value[key]["S"] for key in KEYS if key in value}
            if "KeyConditionExpression" in value:
                self._collect_condition(value)
            for item in value.values():
                self._collect(item)

    def _collect_condition(self, query: dict[str, Any]) -> None:
        """The value a query compares its hash key with."""
        names, values = query["ExpressionAttributeNames"], query["ExpressionAttributeValues"]
        words = query["KeyConditionExpression"].replace("(", " ").replace(")", " ").split()
        for name, comparison, value in zip(words, words[1:], words[2:], strict=False):
            if comparison == "=" and names.get(name) in KEYS:
                self.seen.add(values[value]["S"])


@pytest.fixture
def keys(dynamodb: Any) -> Iterator[Keys]:
    collected = Keys()
    dynamodb.meta.events.register_first("before-send.dynamodb", collected)
    yield collected
    dynamodb.meta.events.unregister("before-send.dynamodb", collected)


def everything_in_marketing(store: DynamoMarketing) -> None:
    (contact,) = store.create_contacts([a_draft("c1")])
    store.edit_contacts([ContactEdit("c1", contact.version, {"email": "new@example.com"})])
    store.create_group("g1", "Clients")
    store.rename_group("g1", "Friends")
    store.add_members("g1", ["c1"])
    store.remove_members("g1", ["c1"])
    store.suppress(["new@example.com"], "crm")
    store.lift_suppression("new@example.com", "signed form", "u1")
    store.record({"c1": [an_event()]})
    store.groups("a", 1)
    store.contacts_page("0:c0", 1, "ada")
    store.contacts_by_email(["new@example.com"])
    store.members_page("g1", "c0", 1)
    store.groups_of("c1")
    store.touched_since(["g1"], START)
    store.timeline("c1", None, 10)
    store.timeline("c1", f"{START.isoformat()}#e1", 10)


def everything_in_state(state: DynamoSyncState) -> None:
    state.fence(1)
    (link,) = state.put_links([Link("c1", "p1")])
    assert link is not None
    state.move_link(link, "p2")
    state.links_by_person(["p2"])
    state.claim([Claim("c1", "run1", START)])
    state.release_claims(["c1"])
    state.remember("701", "g1", MappingMemory())
    state.memory("701", "g1")
    state.put_membership_bases("701", "g1", {"c1": MembershipBase(left=True)})
    state.membership_base_page("701", "g1", "c0")
    state.put_pending("701", "g1", Pending(frozenset({"c1"}), frozenset({"p1"})))
    state.pending("701", "g1")
    state.put_decision("c1", Decisions(create=True))
    state.decisions(["c1"])


def everything_in_control(database: Database, clock: FakeClock) -> None:
    table = database.table("ControlTable")
    connections, runs = DynamoConnections(table), DynamoRuns(table, clock)
    connections.keep_alive_due(connections.put(a_connection()), START)
    connections.list("t1")
    DynamoAutomations(table).put("t1", Automation("con1"))
    _run_through(runs.create(a_run(), due_at=START), runs, clock)
    reviews, notices = DynamoReviews(table, clock), DynamoNotices(table)
    reviews.open([a_review()])
    reviews.decide(reviews.list("t1", "con1")[0], "same")
    notices.add(a_notice())
    notices.mark_read("t1", "u1", "n1")
    notices.put_settings("t1", "u1", NoticeSettings())
    notices.page("t1", "u1", None, 1)
    reviews.page("t1", "con1", f"{START.isoformat()}#rev1", 1)
    audit = DynamoAuditLog(table)
    audit.add(AuditEntry("aud1", "t1", "con1", "u1", "connection", START, {}, {"a": 1}))
    audit.page("t1", "con1", f"{START.isoformat()}#aud1", 1)
    DynamoRates(table, clock).hit("t1", "runs", "con1", timedelta(minutes=1))


def _run_through(run: Run, runs: DynamoRuns, clock: FakeClock) -> None:
    lease = runs.acquire("t1", "con1", run.id, "w1", clock.now() + timedelta(minutes=1))
    assert lease is not None
    runs.save(run, due_at=START)
    runs.mark_used("t1", run.id, "run2")
    runs.request_cancel("t1", run.id)
    runs.page("t1", "con1", None, 1)
    runs.unfinished("t1", "con1")
    runs.release("t1", "con1", lease)


class TestKeys:
    def test_every_key_of_the_marketing_store_is_its_tenants(
        self, marketing: DynamoMarketing, keys: Keys
    ) -> None:
        everything_in_marketing(marketing)

        _all_of_the_tenant(keys, at_least=10)

    def test_every_key_of_the_state_is_its_tenants(
        self, state: DynamoSyncState, keys: Keys
    ) -> None:
        everything_in_state(state)

        _all_of_the_tenant(keys, at_least=8)

    def test_every_key_of_the_control_table_is_its_tenants(
        self, database: Database, clock: FakeClock, keys: Keys
    ) -> None:
        everything_in_control(database, clock)

        _all_of_the_tenant(keys, at_least=8)


def _all_of_the_tenant(keys: Keys, at_least: int) -> None:
    assert len(keys.seen) >= at_least, sorted(keys.seen)
    assert all(key.startswith("t1#") for key in keys.seen), sorted(keys.seen)


class TestCursors:
    """A cursor names a place within the tenant's own keys; nobody can point it elsewhere."""

    def test_a_cursor_made_up_of_anothers_key_shows_nothing_of_theirs(
        self, database: Database, clock: FakeClock
    ) -> None:
        table = database.table("MarketingTable")
        theirs = DynamoMarketing(table, "t2", clock)
        theirs.create_contacts([a_draft("c1")])
        theirs.create_group("g1", "Clients")
        mine = DynamoMarketing(table, "t1", clock)

        asked: list[Callable[[], Any]] = [
            lambda: mine.groups("t2#names", 10).items,
            lambda: mine.contacts_page("0:t2#contacts#0", 10, "").items,
            lambda: mine.members_page("g1", "t2#group#g1", 10).contact_ids,
        ]

        assert [ask() for ask in asked] == [(), (), ()]

    def test_a_tenant_named_like_the_beginning_of_anothers_keys_sees_nothing_of_theirs(
        self, database: Database, clock: FakeClock
    ) -> None:
        table = database.table("MarketingTable")
        DynamoMarketing(table, "t1", clock).create_group("g1", "Clients")

        sly = DynamoMarketing(table, "t1#group", clock)

        assert sly.group("g1") is None
        assert sly.groups(None, 10).items == ()


class TestDueThings:
    def test_the_due_index_tells_whose_each_thing_is(
        self, database: Database, clock: FakeClock
    ) -> None:
        table = database.table("ControlTable")
        connections, runs = DynamoConnections(table), DynamoRuns(table, clock)
        connections.keep_alive_due(a_connection("con#1", "t#1"), START)
        runs.create(a_run("run%1", "t2"), due_at=START)

        found = DynamoDueIndex(table).due(START, None, 10).items

        assert {(due.kind, due.tenant_id, due.id) for due in found} == {
            ("keep_alive", "t#1", "con#1"),
            ("run", "t2", "run%1"),
        }
