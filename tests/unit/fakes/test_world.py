"""The world around the engine: queue, clock, fences and snapshots."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from crmsync.domain.base import Link
from crmsync.domain.contact import ContactEdit
from crmsync.domain.errors import LeaseLost
from crmsync.domain.run import SliceMessage

from tests.fakes.builders import a_draft
from tests.fakes.numbered import Crash
from tests.fakes.world import VISIBILITY, World

FIRST, SECOND = (SliceMessage("t1", "con1", "run1", version) for version in (1, 2))


@pytest.fixture
def world() -> World:
    return World()


class TestDelivery:
    def test_messages_come_in_the_order_sent_unless_another_is_asked_for(
        self, world: World
    ) -> None:
        world.queue.send(FIRST)
        world.queue.send(SECOND)
        seen: list[SliceMessage] = []

        world.deliver(seen.append, index=1)
        world.deliver(seen.append)

        assert seen == [SECOND, FIRST]

    def test_a_delivered_message_can_come_again(self, world: World) -> None:
        world.queue.send(FIRST)
        seen: list[SliceMessage] = []

        world.deliver(seen.append)
        world.redeliver(seen.append)

        assert seen == [FIRST, FIRST]
        assert world.queue.ready() == []

    def test_a_message_whose_worker_died_comes_back_after_the_visibility_time_out(
        self, world: World
    ) -> None:
        def dies(_message: SliceMessage) -> None:
            raise Crash

        world.queue.send(FIRST)

        assert isinstance(world.deliver(dies), Crash)
        assert world.queue.ready() == []
        world.clock.advance(by=VISIBILITY)
        assert world.queue.ready() == [FIRST]

    def test_a_failed_assertion_is_never_taken_for_a_dead_worker(self, world: World) -> None:
        def fails(_message: SliceMessage) -> None:
            raise AssertionError("consent was lowered")

        world.queue.send(FIRST)

        with pytest.raises(AssertionError, match="consent"):
            world.deliver(fails)

    def test_draining_moves_the_clock_to_what_waits(self, world: World) -> None:
        world.queue.send(FIRST, delay_seconds=300)
        before = world.clock.now()

        world.drain(lambda message: message)

        assert world.clock.now() - before == timedelta(seconds=300)

    def test_a_queue_that_never_empties_is_a_failure(self, world: World) -> None:
        world.queue.send(FIRST)

        with pytest.raises(AssertionError, match="not empty"):
            world.drain(world.queue.send, at_most=20)


class TestClock:
    def test_a_slice_runs_out_as_time_passes(self, world: World) -> None:
        world.clock.start_slice(120)
        world.clock.advance(100)

        assert world.clock.remaining() == 20

    def test_without_a_slice_there_is_time_enough(self, world: World) -> None:
        world.clock.advance(10_000)

        assert world.clock.remaining() == 900

    def test_time_cannot_go_back(self, world: World) -> None:
        with pytest.raises(AssertionError):
            world.clock.advance(-1)


class TestSharing:
    def test_two_connections_to_one_org_share_links(self, world: World) -> None:
        one, two = world.connect(user_id="u1"), world.connect(user_id="u2")

        world.state(one).put_links([Link("c1", "003A")])

        assert "c1" in world.state(two).links_by_contact(["c1"])

    def test_tenants_share_nothing(self, world: World) -> None:
        one, two = world.connect("t1"), world.connect("t2")
        world.state(one).put_links([Link("c1", "003A")])
        world.marketing("t1").create_contacts([a_draft("c1")])

        assert world.state(two).links_by_contact(["c1"]) == {}
        assert world.marketing("t2").contacts(["c1"]) == {}

    def test_a_worker_that_lost_its_lease_cannot_store(self, world: World) -> None:
        connection, until = world.connect(), world.clock.now() + timedelta(minutes=5)
        old = world.runs.acquire("t1", connection.id, "run1", "w1", until)
        assert old is not None
        state = world.state(connection)
        state.fence(old.fence)
        world.clock.advance(5 * 60)
        assert world.runs.acquire("t1", connection.id, "run1", "w2", world.clock.now())

        with pytest.raises(LeaseLost):
            state.put_links([Link("c1", "003A")])


class TestConsent:
    def test_no_one_but_the_api_can_take_an_opt_out_back(self, world: World) -> None:
        (contact,) = world.marketing().create_contacts([a_draft("c1", email_opt_out=True)])
        edit = ContactEdit("c1", contact.version, email_opt_out=False)

        with pytest.raises(AssertionError, match="taken back"):
            world.marketing().edit_contacts([edit])
        with pytest.raises(AssertionError):
            world.marketing().lift_suppression("c1@example.com", "form", "u1")

        assert world.tenant().by_id["c1"].email_opt_out

    def test_the_person_themselves_can(self, world: World) -> None:
        world.tenant().user_adds("c1", email="ada@example.com")
        world.tenant().user_opts_out("c1")
        assert world.tenant().suppressions(["ada@example.com"])

        world.tenant().user_opts_in("c1")

        assert not world.tenant().by_id["c1"].email_opt_out
        assert not world.tenant().suppressions(["ada@example.com"])
        assert not world.tenant().opt_in_allowed


class TestSnapshots:
    def test_an_older_state_can_be_restored_again_and_again(self, world: World) -> None:
        connection = world.connect()
        memory, state = world.memory_of(connection), world.state(connection)
        (first,) = state.put_links([Link("c1", "003A")])
        older = memory.snapshot()
        assert first is not None

        for _ in range(2):
            state.put_links([replace(first, opted_out=True), Link("c2", "003B")])
            memory.restore(older)

            assert state.links_by_contact(["c1", "c2"]) == {"c1": first}
            assert state.links_by_person(["003B"]) == {}

    def test_an_org_can_be_restored_with_its_members(self, world: World) -> None:
        org = world.org()
        org.login("u1")
        campaign, ada, bob = org.add_campaign("A"), org.add_person("u1"), org.add_person("u1")
        org.join(campaign.id, ada.id)
        older = org.snapshot()

        org.join(campaign.id, bob.id)
        org.leave(campaign.id, ada.id)
        org.restore(older)

        assert org.members_of(campaign.id) == {ada.id}
        assert org.counted_campaign(campaign.id).member_count == 1
