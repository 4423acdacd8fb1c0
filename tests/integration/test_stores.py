"""What the DynamoDB stores promise beyond their ports."""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from crmsync.adapters.dynamodb import marketing_contacts
from crmsync.adapters.dynamodb.database import Database
from crmsync.adapters.dynamodb.due import DynamoDueIndex
from crmsync.adapters.dynamodb.grants import DynamoGrants
from crmsync.adapters.dynamodb.marketing import DynamoMarketing
from crmsync.adapters.dynamodb.notices import DynamoNotices
from crmsync.adapters.dynamodb.reviews import DynamoReviews
from crmsync.adapters.dynamodb.runs import DynamoRuns
from crmsync.adapters.dynamodb.sync_state import DynamoSyncState
from crmsync.domain.base import Link
from crmsync.domain.errors import LeaseLost, RequestError
from crmsync.domain.run import RunKind, RunState
from crmsync.ports.due import Due
from crmsync.ports.runs import Lease
from crmsync.ports.state import Pending

from tests.fakes.builders import a_draft, a_grant, a_login, a_review, a_run
from tests.fakes.clock import START, FakeClock
from tests.integration.faults import line


@pytest.mark.parametrize("store", [DynamoMarketing, DynamoSyncState])
def test_the_parts_of_a_store_do_not_override_each_other(store: type) -> None:
    parts = [part for part in inspect.getmro(store) if part not in (store, object)]

    for one, other in combinations(parts, 2):
        shared = (vars(one).keys() & vars(other).keys()) - {"__doc__", "__module__", "__init__"}
        assert not {name for name in shared if not name.startswith("__")}, (one, other)


class TestSearching:
    def test_a_search_looks_at_so_many_contacts_per_page_and_goes_on(
        self, marketing: DynamoMarketing, dynamodb: Any
    ) -> None:
        marketing.create_contacts([a_draft(f"c{n}", first_name="Ada") for n in range(20)])
        marketing.create_contacts([a_draft("wanted", first_name="Grace", last_name="Hopper")])

        with line(dynamodb, "Query") as queries:
            found, cursor, pages = [], None, 0
            while pages == 0 or cursor is not None:
                page = marketing.contacts_page(cursor, 1, "hopper")
                found += [contact.id for contact in page.items]
                cursor, pages = page.cursor, pages + 1

        assert found == ["wanted"]
        assert len(queries.sent) <= pages * marketing_contacts.LOOKS
        assert all(q["Limit"] == marketing_contacts.LOOKED_AT for q in queries.sent)


class TestCursors:
    """A cursor may come from anybody; one that nobody was given is the asker's mistake."""

    @pytest.mark.parametrize("cursor", ["", "9:c1", "x", "::", "0:" + "x" * 2000])
    def test_of_contacts(self, marketing: DynamoMarketing, cursor: str) -> None:
        with pytest.raises(RequestError, match="bad_cursor"):
            marketing.contacts_page(cursor, 10, "")

    @pytest.mark.parametrize("cursor", ["", "x" * 2000])
    def test_of_groups_members_and_runs(
        self, marketing: DynamoMarketing, runs: DynamoRuns, cursor: str
    ) -> None:
        with pytest.raises(RequestError, match="bad_cursor"):
            marketing.groups(cursor, 10)
        with pytest.raises(RequestError, match="bad_cursor"):
            marketing.members_page("g1", cursor, 10)
        with pytest.raises(RequestError, match="bad_cursor"):
            runs.page("t1", "con1", cursor, 10)

    @pytest.mark.parametrize("cursor", ["", "settings", "id#n1", "x"])
    def test_of_notifications(self, database: Database, cursor: str) -> None:
        with pytest.raises(RequestError, match="bad_cursor"):
            DynamoNotices(database.table("ControlTable")).page("t1", "u1", cursor, 10)

    @pytest.mark.parametrize("cursor", ["nonsense", "[]", "1", '{"0": 1}', '{"0": ["a", "b"]}'])
    def test_of_due_things(self, database: Database, cursor: str) -> None:
        with pytest.raises(RequestError, match="bad_cursor"):
            DynamoDueIndex(database.table("ControlTable")).due(START, cursor, 10)


class TestConsistency:
    def test_what_the_ports_call_consistent_is_read_so(
        self, marketing: DynamoMarketing, runs: DynamoRuns, grants: DynamoGrants, dynamodb: Any
    ) -> None:
        with line(dynamodb, "GetItem") as gets, line(dynamodb, "BatchGetItem") as batches:
            marketing.group("g1")
            marketing.contacts(["c1"])
            marketing.memberships("g1", ["c1"])
            runs.get("t1", "run1")
            runs.lease("t1", "con1")
            grants.get("t1", "con1")

        assert len(gets.sent) == 4
        assert all(get["ConsistentRead"] for get in gets.sent)
        tables = [table for get in batches.sent for table in get["RequestItems"].values()]
        assert len(tables) == 2
        assert all(table["ConsistentRead"] for table in tables)


class TestMembers:
    def test_hundreds_move_in_a_few_transactions_and_are_counted(
        self, marketing: DynamoMarketing, dynamodb: Any
    ) -> None:
        ids = [f"c{number:03d}" for number in range(100)]
        marketing.create_contacts([a_draft(contact_id) for contact_id in ids])
        marketing.create_group("g1", "Clients")

        with line(dynamodb, "TransactWriteItems") as writes:
            marketing.add_members("g1", ids)
            marketing.add_members("g1", ids)

        group = marketing.group("g1")
        assert group is not None
        assert group.member_count == 100
        assert len(writes.sent) == 2

    def test_nothing_is_ever_deleted_from_the_marketing_table(
        self, marketing: DynamoMarketing, dynamodb: Any
    ) -> None:
        marketing.create_contacts([a_draft("c1")])
        marketing.create_group("g1", "Clients")

        with line(dynamodb, "TransactWriteItems") as writes, line(dynamodb, "DeleteItem") as gone:
            marketing.add_members("g1", ["c1"])
            marketing.remove_members("g1", ["c1"])
            marketing.rename_group("g1", "Friends")
            marketing.suppress(["a@b.c"], "crm")
            marketing.lift_suppression("a@b.c", "signed form", "u1")

        actions = {kind for call in writes.sent for item in call["TransactItems"] for kind in item}
        assert actions == {"Put", "Update"}
        assert gone.sent == []

    def test_who_allowed_mailing_again_is_kept(
        self, marketing: DynamoMarketing, dynamodb: Any
    ) -> None:
        marketing.suppress(["a@b.c"], "crm")
        marketing.lift_suppression("A@B.c", "signed form", "u1")
        marketing.suppress(["a@b.c"], "marketing")

        items = dynamodb.scan(TableName="MarketingTable")["Items"]
        lifts = [item for item in items if "evidence" in item]
        assert [(i["evidence"]["S"], i["actor"]["S"]) for i in lifts] == [("signed form", "u1")]
        assert marketing.suppressions(["a@b.c"])["a@b.c"].source == "marketing"


class TestRuns:
    def test_a_finished_run_can_be_marked_under_a_later_lease(
        self, runs: DynamoRuns, clock: FakeClock, lease: Lease
    ) -> None:
        """The event of a finished run is sent while the next run holds the connection."""
        run = runs.create(replace(a_run(), fence=lease.fence), due_at=None)
        done = runs.save(replace(run, state=RunState.SUCCEEDED), due_at=START)
        runs.release("t1", "con1", lease)
        runs.acquire("t1", "con1", "run2", "w2", clock.now() + timedelta(minutes=5))

        marked = runs.save(replace(done, event_sent=True), due_at=None)

        assert runs.get("t1", "run1") == marked

    def test_a_used_plan_stays_used_whoever_saves_it(self, runs: DynamoRuns) -> None:
        plan = runs.create(a_run(kind=RunKind.PREVIEW, state=RunState.PLANNED), due_at=None)

        assert runs.mark_used("t1", "run1", "run2")
        saved = runs.save(replace(plan, event_sent=True), due_at=None)

        assert not runs.mark_used("t1", "run1", "run3")
        assert runs.get("t1", "run1") == replace(saved, used_by="run2")

    def test_a_holder_that_was_replaced_saves_nothing(
        self, runs: DynamoRuns, clock: FakeClock, lease: Lease
    ) -> None:
        run = runs.create(replace(a_run(), fence=lease.fence), due_at=None)
        clock.advance(600)
        newer = runs.acquire("t1", "con1", "run1", "w2", clock.now() + timedelta(minutes=5))

        with pytest.raises(LeaseLost):
            runs.save(replace(run, progress=0.5), due_at=None)

        assert newer is not None
        assert newer.taken_over
        assert runs.get("t1", "run1") == run

    def test_of_two_that_ask_at_once_one_gets_the_lease(
        self, runs: DynamoRuns, clock: FakeClock, dynamodb: Any
    ) -> None:
        until = clock.now() + timedelta(minutes=5)

        with line(dynamodb, "PutItem") as puts:
            puts.passes_after(lambda: runs.acquire("t1", "con1", "run2", "w2", until))
            lost = runs.acquire("t1", "con1", "run1", "w1", until)

        held = runs.lease("t1", "con1")
        assert lost is None
        assert held is not None
        assert held.run_id == "run2"


class TestDueIndex:
    def test_pages_over_all_shards_come_oldest_first_and_miss_nothing(
        self, database: Database, runs: DynamoRuns
    ) -> None:
        for number in range(13):
            at = START - timedelta(minutes=number)
            runs.create(a_run(f"run{number:02d}", f"t{number}"), due_at=at)
        index = DynamoDueIndex(database.table("ControlTable"))

        found: list[Due] = []
        page = index.due(START, None, 4)
        found += page.items
        while page.cursor is not None:
            page = index.due(START, page.cursor, 4)
            found += page.items

        assert [due.id for due in found] == [f"run{number:02d}" for number in reversed(range(13))]

    def test_a_saved_run_is_due_when_it_says_so_whatever_was_claimed(
        self, database: Database, runs: DynamoRuns
    ) -> None:
        run = runs.create(a_run(), due_at=START)
        index = DynamoDueIndex(database.table("ControlTable"))
        (due,) = index.due(START, None, 10).items

        assert index.claim(due, START + timedelta(minutes=10))
        runs.save(run, due_at=START + timedelta(minutes=1))

        (moved,) = index.due(START + timedelta(minutes=5), None, 10).items
        assert moved.due_at == START + timedelta(minutes=1)


class TestLinks:
    def test_one_refused_link_does_not_hold_up_the_others(self, state: DynamoSyncState) -> None:
        state.put_links([Link("c5", "another")])
        links = [Link(f"c{number}", f"p{number}") for number in range(60)]

        stored = state.put_links(links)

        assert [link is None for link in stored] == [number == 5 for number in range(60)]
        assert len(state.links_by_contact([link.contact_id for link in links])) == 60

    def test_two_links_to_one_person_in_one_call_are_one(self, state: DynamoSyncState) -> None:
        stored = state.put_links([Link("c1", "p1"), Link("c2", "p1")])

        assert stored == (Link("c1", "p1", version=1), None)

    def test_a_fenced_out_worker_writes_nothing_at_all(
        self, state: DynamoSyncState, runs: DynamoRuns, clock: FakeClock, lease: Lease
    ) -> None:
        state.fence(lease.fence)
        clock.advance(600)
        runs.acquire("t1", "con1", "run2", "w2", clock.now() + timedelta(minutes=5))

        with pytest.raises(LeaseLost):
            state.put_links([Link("c1", "p1")])
        with pytest.raises(LeaseLost):
            state.put_pending("701", "g1", Pending(frozenset({"c1"})))

        assert state.links_by_contact(["c1"]) == {}
        assert state.pending("701", "g1") == Pending()


class TestPending:
    def test_only_what_differs_is_written(self, state: DynamoSyncState, dynamodb: Any) -> None:
        state.put_pending("701", "g1", Pending(frozenset({"c1", "c2"})))

        with line(dynamodb, "TransactWriteItems") as writes:
            state.put_pending("701", "g1", Pending(frozenset({"c2", "c1"})))
            assert writes.sent == []
            state.put_pending("701", "g1", Pending(frozenset({"c2"}), frozenset({"p3"})))

        actions = [next(iter(i)) for call in writes.sent for i in call["TransactItems"]]
        assert actions == ["Put", "Delete"]


class TestReviews:
    def test_known_questions_do_not_hold_up_new_ones(
        self, database: Database, clock: FakeClock
    ) -> None:
        reviews = DynamoReviews(database.table("ControlTable"), clock)
        reviews.open([a_review("rev1"), a_review("rev2")])
        reviews.decide(a_review("rev1"), "same")

        reviews.open([a_review("rev1"), a_review("rev3"), a_review("rev3"), a_review("rev2")])

        assert {review.id for review in reviews.list("t1", "con1")} == {"rev2", "rev3"}

    def test_a_decided_question_leaves_the_list_by_itself_later(
        self, database: Database, clock: FakeClock, dynamodb: Any
    ) -> None:
        reviews = DynamoReviews(database.table("ControlTable"), clock)
        reviews.open([a_review("rev1")])
        reviews.decide(a_review("rev1"), "same")

        entry = next(
            i for i in dynamodb.scan(TableName="ControlTable")["Items"] if "review_id" in i
        )

        assert reviews.list("t1", "con1") == ()
        assert int(entry["expires_at"]["N"]) == int((START + timedelta(days=7)).timestamp())


class TestGrants:
    def test_a_removed_grant_leaves_no_token_behind(
        self, grants: DynamoGrants, dynamodb: Any
    ) -> None:
        grants.put(a_grant(sealed_refresh=b"canary", sealed_access=b"canary"))
        grants.remove("t1", "con1")

        (item,) = dynamodb.scan(TableName="TokensTable")["Items"]

        assert item.keys() == {"pk", "sk", "version"}

    def test_a_new_grant_after_a_removal_is_newer_than_the_removed_one(
        self, grants: DynamoGrants
    ) -> None:
        """A refresher that still holds the removed grant must find that it moved."""
        old = grants.put(a_grant())
        assert old is not None
        grants.remove("t1", "con1")
        new = grants.put(a_grant(sealed_refresh=b"new"))
        assert new is not None

        assert new.version > old.version
        assert grants.put(replace(old, sealed_refresh=b"late")) is None
        assert grants.get("t1", "con1") == new

    def test_dynamodb_may_clear_a_login_away_only_after_it_expired(
        self, grants: DynamoGrants, dynamodb: Any
    ) -> None:
        expires = START + timedelta(minutes=10, microseconds=1)
        grants.put_state(a_login(expires_at=expires))

        (item,) = dynamodb.scan(TableName="TokensTable")["Items"]

        assert int(item["expires_at"]["N"]) >= expires.timestamp()
