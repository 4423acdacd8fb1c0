"""What every memory of sync promises about mappings, decisions and stale workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import timedelta

import pytest
from crmsync.domain.base import Link, MembershipBase
from crmsync.domain.errors import LeaseLost
from crmsync.domain.identity import Decisions
from crmsync.ports.state import Claim, MappingMemory, Pending, SyncState

from tests.contract.subjects import StateSubject
from tests.fakes.clock import START

IN = MembershipBase(left=True, right=True, row_id="00v000000000001AAA")


@pytest.fixture
def store(state: StateSubject) -> SyncState:
    return state.worker()


class TestMemory:
    def test_a_mapping_that_never_settled_remembers_nothing(self, store: SyncState) -> None:
        assert store.memory("701A", "g1") == MappingMemory()

    def test_everything_that_is_remembered_comes_back(self, store: SyncState) -> None:
        memory = MappingMemory(
            watermark=START,
            fingerprint="abc",
            full_at=START - timedelta(days=3),
            live_members=12,
            young=("00v1", "00v2"),
            own_rows=2,
            creations=(3, 0, 7),
            held_preview_id="run7",
            held_until=START + timedelta(days=7),
            paused_reason="campaign_inactive",
            group_size=11,
            local_watermark=START - timedelta(seconds=1, microseconds=5),
            settled_by="run8",
            fields=("city", "title"),
        )
        nothing = MappingMemory()
        assert all(getattr(memory, f.name) != getattr(nothing, f.name) for f in fields(memory))

        store.remember("701A", "g1", memory)

        assert store.memory("701A", "g1") == memory

    @pytest.mark.parametrize("young", [None, (), ("00v1",)])
    def test_no_young_rows_are_not_the_same_as_nobody_having_looked(
        self, store: SyncState, young: tuple[str, ...] | None
    ) -> None:
        store.remember("701A", "g1", MappingMemory(young=young))

        assert store.memory("701A", "g1").young == young

    def test_remembering_replaces_all_of_it(self, store: SyncState) -> None:
        store.remember("701A", "g1", MappingMemory(fingerprint="abc", live_members=3))

        store.remember("701A", "g1", MappingMemory(live_members=4))

        assert store.memory("701A", "g1") == MappingMemory(live_members=4)

    def test_each_pair_of_campaign_and_group_remembers_for_itself(self, store: SyncState) -> None:
        store.remember("701A", "g1", MappingMemory(live_members=1))

        assert store.memory("701A", "g2") == MappingMemory()
        assert store.memory("701B", "g1") == MappingMemory()


class TestMembershipBases:
    def test_bases_come_back_by_contact(self, store: SyncState) -> None:
        only_left = MembershipBase(left=True)
        store.put_membership_bases("701A", "g1", {"c1": IN, "c2": only_left})

        found = store.membership_bases("701A", "g1", ["c1", "c2", "c3"])

        assert found == {"c1": IN, "c2": only_left}

    def test_storing_again_replaces_the_base(self, store: SyncState) -> None:
        store.put_membership_bases("701A", "g1", {"c1": IN})
        moving = MembershipBase(left=True, right=True, in_flight="remove_left")

        store.put_membership_bases("701A", "g1", {"c1": moving})

        assert store.membership_bases("701A", "g1", ["c1"]) == {"c1": moving}

    def test_an_empty_base_is_forgotten(self, store: SyncState) -> None:
        store.put_membership_bases("701A", "g1", {"c1": IN, "c2": IN})

        store.put_membership_bases("701A", "g1", {"c1": MembershipBase(), "c3": MembershipBase()})

        assert store.membership_bases("701A", "g1", ["c1", "c2", "c3"]) == {"c2": IN}
        assert _all_bases(store) == {"c2": IN}

    def test_a_base_that_only_says_what_was_about_to_happen_is_kept(self, store: SyncState) -> None:
        intent = MembershipBase(in_flight="add_right")

        store.put_membership_bases("701A", "g1", {"c1": intent})

        assert store.membership_bases("701A", "g1", ["c1"]) == {"c1": intent}

    def test_pages_hold_every_base_once_in_order_of_contact(self, store: SyncState) -> None:
        bases = {f"c{n:04d}": IN for n in reversed(range(230))}
        store.put_membership_bases("701A", "g1", bases)
        store.put_membership_bases("701A", "g2", {"c9999": IN})

        found = _all_bases(store)

        assert list(found) == sorted(bases)

    def test_each_pair_of_campaign_and_group_has_its_own(self, store: SyncState) -> None:
        store.put_membership_bases("701A", "g1", {"c1": IN})

        assert store.membership_bases("701A", "g2", ["c1"]) == {}
        assert store.membership_bases("701B", "g1", ["c1"]) == {}


class TestPending:
    def test_nothing_is_pending_at_first(self, store: SyncState) -> None:
        assert store.pending("701A", "g1") == Pending()

    def test_storing_replaces_what_was_pending(self, store: SyncState) -> None:
        store.put_pending("701A", "g1", Pending(frozenset({"c1", "c2"}), frozenset({"003A"})))

        store.put_pending("701A", "g1", Pending(frozenset({"c2"})))

        assert store.pending("701A", "g1") == Pending(frozenset({"c2"}))
        assert store.pending("701A", "g2") == Pending()

    def test_hundreds_may_be_pending_and_then_none(self, store: SyncState) -> None:
        many = Pending(
            frozenset(f"con_{n:026d}" for n in range(150)),
            frozenset(f"003{n:012d}AAA" for n in range(150)),
        )
        store.put_pending("701A", "g1", many)
        assert store.pending("701A", "g1") == many

        store.put_pending("701A", "g1", Pending())

        assert store.pending("701A", "g1") == Pending()


class TestDecisions:
    def test_a_decision_is_remembered(self, store: SyncState) -> None:
        decided = Decisions(same=frozenset({"003A"}), different=frozenset({"003B"}), create=True)

        store.put_decision("c1", decided)

        assert store.decisions(["c1", "c2"]) == {"c1": decided}

    def test_a_later_decision_replaces_it(self, store: SyncState) -> None:
        store.put_decision("c1", Decisions(same=frozenset({"003A"})))

        store.put_decision("c1", Decisions(skip=True))

        assert store.decisions(["c1"]) == {"c1": Decisions(skip=True)}


class TestWhoRemembersWhat:
    def test_two_connections_remember_their_mappings_apart(self, state: StateSubject) -> None:
        one, two = state.of("t1", "con1", "o1"), state.of("t1", "con2", "o1")
        one.remember("701A", "g1", MappingMemory(live_members=1))
        one.put_membership_bases("701A", "g1", {"c1": IN})
        one.put_pending("701A", "g1", Pending(frozenset({"c1"})))

        assert two.memory("701A", "g1") == MappingMemory()
        assert two.membership_bases("701A", "g1", ["c1"]) == {}
        assert two.pending("701A", "g1") == Pending()


WRITES: Mapping[str, Callable[[SyncState], object]] = {
    "put_links": lambda s: s.put_links([Link("c1", "003A")]),
    "move_link": lambda s: s.move_link(Link("c0", "0030", version=1), "003Z"),
    "claim": lambda s: s.claim([Claim("c1", "run1", START)]),
    "release_claims": lambda s: s.release_claims(["c0"]),
    "remember": lambda s: s.remember("701A", "g1", MappingMemory(live_members=9)),
    "put_membership_bases": lambda s: s.put_membership_bases("701A", "g1", {"c1": IN}),
    "put_pending": lambda s: s.put_pending("701A", "g1", Pending(frozenset({"c1"}))),
    "put_decision": lambda s: s.put_decision("c1", Decisions(skip=True)),
}


class TestFence:
    @pytest.mark.parametrize("write", sorted(WRITES))
    def test_a_stale_holder_writes_nothing(self, state: StateSubject, write: str) -> None:
        old = state.worker(state.lease("w1").fence)
        (link,) = old.put_links([Link("c0", "0030")])
        (claim,) = old.claim([Claim("c0", "run1", START)])
        state.lease("w2")

        with pytest.raises(LeaseLost):
            WRITES[write](old)

        fresh = state.worker()
        assert fresh.links_by_contact(["c0", "c1"]) == {"c0": link}
        assert fresh.claims(["c0", "c1"]) == {"c0": claim}
        assert fresh.memory("701A", "g1") == MappingMemory()
        assert fresh.membership_bases("701A", "g1", ["c1"]) == {}
        assert fresh.pending("701A", "g1") == Pending()
        assert fresh.decisions(["c1"]) == {}

    def test_a_stale_holder_is_refused_after_its_successor_is_done(
        self, state: StateSubject
    ) -> None:
        old = state.worker(state.lease("w1").fence)
        state.runs.release("t1", "con1", state.lease("w2"))

        with pytest.raises(LeaseLost):
            old.put_membership_bases("701A", "g1", {"c1": IN})

    def test_the_present_holder_writes(self, state: StateSubject) -> None:
        state.lease("w1")
        present = state.worker(state.lease("w2").fence)

        for write in ("put_links", "claim", "remember", "put_membership_bases", "put_decision"):
            WRITES[write](present)

        assert present.memory("701A", "g1") == MappingMemory(live_members=9)

    def test_a_stale_holder_may_still_read(self, state: StateSubject) -> None:
        old = state.worker(state.lease("w1").fence)
        state.lease("w2")

        assert old.memory("701A", "g1") == MappingMemory()
        assert old.links_by_contact(["c1"]) == {}

    def test_a_lease_of_another_connection_fences_nobody_here(self, state: StateSubject) -> None:
        here = state.worker(state.lease("w1").fence)
        for holder in ("w7", "w8", "w9"):
            until = state.clock.now() + timedelta(minutes=5)
            assert state.runs.acquire("t1", "con2", "run2", holder, until)
            state.clock.advance(5 * 60)

        here.remember("701A", "g1", MappingMemory(live_members=1))

        assert here.memory("701A", "g1") == MappingMemory(live_members=1)

    def test_a_writer_without_fence_is_not_refused(self, state: StateSubject) -> None:
        """What the API writes, decisions above all, is not part of a run."""
        state.lease("w1")

        state.worker().put_decision("c1", Decisions(skip=True))

        assert state.worker().decisions(["c1"]) == {"c1": Decisions(skip=True)}


def _all_bases(store: SyncState) -> dict[str, MembershipBase]:
    found: dict[str, MembershipBase] = {}
    page = store.membership_base_page("701A", "g1", None)
    found.update(page.items)
    while page.cursor is not None:
        page = store.membership_base_page("701A", "g1", page.cursor)
        assert not found.keys() & page.items.keys()
        found.update(page.items)
    return found
