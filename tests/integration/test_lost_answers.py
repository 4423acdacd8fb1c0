"""A write that was applied, lost its answer and was repeated is the success it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from crmsync.adapters.dynamodb.automations import DynamoAutomations
from crmsync.adapters.dynamodb.connections import DynamoConnections
from crmsync.adapters.dynamodb.database import Database
from crmsync.adapters.dynamodb.due import DynamoDueIndex
from crmsync.adapters.dynamodb.grants import DynamoGrants
from crmsync.adapters.dynamodb.marketing import DynamoMarketing
from crmsync.adapters.dynamodb.notices import DynamoNotices
from crmsync.adapters.dynamodb.runs import DynamoRuns
from crmsync.adapters.dynamodb.sync_state import DynamoSyncState
from crmsync.domain.automation import Automation
from crmsync.domain.base import Link
from crmsync.domain.contact import ContactEdit
from crmsync.domain.run import RunState
from crmsync.ports.state import Claim

from tests.fakes.builders import a_connection, a_draft, a_grant, a_login, a_notice, a_run
from tests.fakes.clock import START, FakeClock
from tests.integration.faults import line


class TestSingleWrites:
    def test_a_created_contact_comes_back(self, marketing: DynamoMarketing, dynamodb: Any) -> None:
        with line(dynamodb, "PutItem") as puts:
            puts.loses_the_answer()
            (created,) = marketing.create_contacts([a_draft("c1")])

        assert len(puts.sent) == 2
        assert marketing.contacts(["c1"]) == {"c1": created}

    def test_an_edit_counts_as_made(self, marketing: DynamoMarketing, dynamodb: Any) -> None:
        (contact,) = marketing.create_contacts([a_draft("c1")])

        with line(dynamodb, "PutItem") as puts:
            puts.loses_the_answer()
            (edited,) = marketing.edit_contacts(
                [ContactEdit("c1", contact.version, {"city": "Ys"})]
            )

        assert edited is not None
        assert marketing.contacts(["c1"]) == {"c1": edited}
        assert edited.version == contact.version + 1

    def test_an_edit_that_another_one_overtook_is_refused(
        self, marketing: DynamoMarketing, dynamodb: Any
    ) -> None:
        (contact,) = marketing.create_contacts([a_draft("c1")])
        other = ContactEdit("c1", contact.version, {"city": "Rome"})

        with line(dynamodb, "PutItem") as puts:
            puts.passes_after(lambda: marketing.edit_contacts([other]))
            (edited,) = marketing.edit_contacts(
                [ContactEdit("c1", contact.version, {"city": "Ys"})]
            )

        assert edited is None
        assert marketing.contacts(["c1"])["c1"].value("city") == "Rome"

    def test_a_stored_connection_is_not_stale(self, database: Database, dynamodb: Any) -> None:
        connections = DynamoConnections(database.table("ControlTable"))

        with line(dynamodb, "PutItem") as puts:
            puts.loses_the_answer()
            first = connections.put(a_connection())
            puts.loses_the_answer()
            second = connections.put(replace(first, sync_by_visibility=True))

        assert connections.get("t1", "con1") == second

    def test_a_stored_automation_is_not_stale(self, database: Database, dynamodb: Any) -> None:
        automations = DynamoAutomations(database.table("ControlTable"))

        with line(dynamodb, "PutItem") as puts:
            puts.loses_the_answer()
            stored = automations.put("t1", Automation("con1"))

        assert automations.get("t1", "con1") == stored

    def test_a_taken_lease_is_ours(self, runs: DynamoRuns, clock: FakeClock, dynamodb: Any) -> None:
        with line(dynamodb, "PutItem") as puts:
            puts.loses_the_answer()
            lease = runs.acquire("t1", "con1", "run1", "w1", clock.now() + timedelta(minutes=5))

        assert lease is not None
        assert lease.fence == 1
        assert runs.lease("t1", "con1") == lease

    def test_a_parked_code_comes_back(self, grants: DynamoGrants, dynamodb: Any) -> None:
        grants.put_state(a_login())

        with line(dynamodb, "UpdateItem") as updates:
            updates.loses_the_answer()
            parked = grants.park_code("hash1", b"code", "receipt1", START)

        assert parked == grants.get_state("hash1")
        assert parked is not None
        assert parked.sealed_code == b"code"

    def test_a_rotated_grant_is_not_given_up(self, grants: DynamoGrants, dynamodb: Any) -> None:
        first = grants.put(a_grant())
        assert first is not None

        with line(dynamodb, "UpdateItem") as updates:
            updates.loses_the_answer()
            rotated = grants.put(replace(first, sealed_refresh=b"new"))

        assert rotated is not None
        assert rotated.sealed_refresh == b"new"
        assert grants.get("t1", "con1") == rotated

    def test_a_claimed_due_time_is_ours(
        self, database: Database, runs: DynamoRuns, dynamodb: Any
    ) -> None:
        runs.create(a_run(), due_at=START)
        index = DynamoDueIndex(database.table("ControlTable"))
        (due,) = index.due(START, None, 10).items
        until = START + timedelta(minutes=10)

        with line(dynamodb, "UpdateItem") as updates:
            updates.loses_the_answer()
            claimed = index.claim(due, until)

        assert claimed
        assert not index.claim(due, until)


class TestTransactions:
    def test_a_member_is_counted_once(self, marketing: DynamoMarketing, dynamodb: Any) -> None:
        marketing.create_contacts([a_draft("c1"), a_draft("c2")])
        marketing.create_group("g1", "Clients")

        with line(dynamodb, "TransactWriteItems") as writes:
            writes.loses_the_answer()
            marketing.add_members("g1", ["c1", "c2"])
            writes.loses_the_answer()
            marketing.remove_members("g1", ["c2"])

        group = marketing.group("g1")
        assert group is not None
        assert group.member_count == 1
        assert marketing.memberships("g1", ["c1", "c2"]) == {"c1"}

    def test_every_attempt_carries_the_same_token(
        self, marketing: DynamoMarketing, dynamodb: Any
    ) -> None:
        with line(dynamodb, "TransactWriteItems") as writes:
            writes.loses_the_answer()
            marketing.create_group("g1", "Clients")

        tokens = {call["ClientRequestToken"] for call in writes.sent}
        assert len(writes.sent) == 2
        assert len(tokens) == 1

    def test_a_created_group_comes_back(self, marketing: DynamoMarketing, dynamodb: Any) -> None:
        with line(dynamodb, "TransactWriteItems") as writes:
            writes.loses_the_answer()
            group = marketing.create_group("g1", "Clients")

        assert group.id == "g1"
        assert marketing.group_named("clients") == group

    def test_a_renamed_group_has_its_new_name(
        self, marketing: DynamoMarketing, dynamodb: Any
    ) -> None:
        marketing.create_group("g1", "Clients")

        with line(dynamodb, "TransactWriteItems") as writes:
            writes.loses_the_answer()
            renamed = marketing.rename_group("g1", "Friends")

        assert renamed.name == "Friends"
        assert marketing.group_named("Clients") is None
        assert marketing.group_named("Friends") == renamed

    def test_a_saved_run_is_not_lost_to_itself(self, runs: DynamoRuns, dynamodb: Any) -> None:
        created = runs.create(a_run(), due_at=None)

        with line(dynamodb, "TransactWriteItems") as writes:
            writes.loses_the_answer()
            saved = runs.save(replace(created, state=RunState.GATHERING), due_at=None)

        assert runs.get("t1", "run1") == saved
        assert saved.version == created.version + 1

    def test_a_created_run_is_listed_once(self, runs: DynamoRuns, dynamodb: Any) -> None:
        with line(dynamodb, "TransactWriteItems") as writes:
            writes.loses_the_answer()
            created = runs.create(a_run(), due_at=None)

        assert runs.page("t1", "con1", None, 10).items == (created,)
        assert runs.unfinished("t1", "con1") == (created,)

    def test_stored_links_come_back(self, state: DynamoSyncState, dynamodb: Any) -> None:
        links = [Link("c1", "p1"), Link("c2", "p2")]

        with line(dynamodb, "TransactWriteItems") as writes:
            writes.loses_the_answer()
            stored = state.put_links(links)

        assert stored == (replace(links[0], version=1), replace(links[1], version=1))
        assert dict(state.links_by_contact(["c1", "c2"])) == {"c1": stored[0], "c2": stored[1]}

    def test_a_moved_link_comes_back(self, state: DynamoSyncState, dynamodb: Any) -> None:
        (link,) = state.put_links([Link("c1", "p1")])
        assert link is not None

        with line(dynamodb, "TransactWriteItems") as writes:
            writes.loses_the_answer()
            moved = state.move_link(link, "p2")

        assert moved is not None
        assert state.links_by_person(["p1", "p2"]) == {"p2": moved}

    def test_a_claim_is_ours(self, state: DynamoSyncState, dynamodb: Any) -> None:
        claim = Claim("c1", "run1", START, {"last_name": "Byron"})

        with line(dynamodb, "TransactWriteItems") as writes:
            writes.loses_the_answer()
            held = state.claim([claim])

        assert held == (claim,)

    def test_a_notification_is_stored_once(self, database: Database, dynamodb: Any) -> None:
        notices = DynamoNotices(database.table("ControlTable"))
        with line(dynamodb, "TransactWriteItems") as writes:
            writes.loses_the_answer()
            notices.add(a_notice())

        assert len(notices.page("t1", "u1", None, 10).items) == 1
