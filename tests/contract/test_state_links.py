"""Links and claims: what every memory of sync promises about who is who."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from crmsync.domain.base import Agreed, InFlight, Link
from crmsync.ports.state import CLAIM_LASTS, Claim, SyncState

from tests.contract.subjects import StateSubject
from tests.fakes.clock import START

ADA, BOB = "003000000000001AAA", "003000000000002AAA"


@pytest.fixture
def store(state: StateSubject) -> SyncState:
    return state.worker()


class TestLinks:
    def test_a_new_link_is_found_from_both_ends(self, store: SyncState) -> None:
        (stored,) = store.put_links([Link("c1", ADA)])

        assert stored is not None
        assert stored.version > 0
        assert store.links_by_contact(["c1", "c2"]) == {"c1": stored}
        assert store.links_by_person([ADA, BOB]) == {ADA: stored}

    def test_everything_a_link_carries_is_kept(self, store: SyncState) -> None:
        link = Link(
            "c1",
            ADA,
            fields={"phone": Agreed("+1 212 555 0100", "(212) 555-0100"), "city": Agreed("", "")},
            opted_out=True,
            in_flight={"title": InFlight("right", "Countess ✓"), "city": InFlight("left", "")},
            consent_read={"con1": True, "con2": False},
        )

        (stored,) = store.put_links([link])

        assert stored is not None
        assert store.links_by_contact(["c1"])["c1"] == replace(link, version=stored.version)

    def test_a_contact_that_is_linked_gets_no_second_link(self, store: SyncState) -> None:
        (first,) = store.put_links([Link("c1", ADA)])

        assert store.put_links([Link("c1", BOB)]) == (None,)
        assert store.links_by_contact(["c1"]) == {"c1": first}
        assert store.links_by_person([BOB]) == {}

    def test_a_person_that_is_linked_gets_no_second_link(self, store: SyncState) -> None:
        (first,) = store.put_links([Link("c1", ADA)])

        assert store.put_links([Link("c2", ADA)]) == (None,)
        assert store.links_by_person([ADA]) == {ADA: first}
        assert store.links_by_contact(["c2"]) == {}

    def test_the_current_version_can_be_replaced(self, store: SyncState) -> None:
        (first,) = store.put_links([Link("c1", ADA)])
        assert first is not None

        (second,) = store.put_links([replace(first, fields={"city": Agreed("Rome", "Rome")})])

        assert second is not None
        assert second.version > first.version
        assert second.fields == {"city": Agreed("Rome", "Rome")}
        assert store.links_by_person([ADA]) == {ADA: second}

    def test_an_older_version_is_refused(self, store: SyncState) -> None:
        (first,) = store.put_links([Link("c1", ADA)])
        assert first is not None
        (second,) = store.put_links([replace(first, opted_out=True)])

        late = replace(first, fields={"city": Agreed("Rome", "Rome")})

        assert store.put_links([late]) == (None,)
        assert store.links_by_contact(["c1"]) == {"c1": second}

    def test_a_repeat_of_what_was_just_stored_counts_as_stored(self, store: SyncState) -> None:
        """The answer of the first attempt was lost: our own write is not somebody else's."""
        link = Link("c1", ADA, {"city": Agreed("Rome", "Rome")})
        (first,) = store.put_links([link])
        assert first is not None
        assert store.put_links([link]) == (first,)

        changed = replace(first, opted_out=True)
        (second,) = store.put_links([changed])

        assert store.put_links([changed]) == (second,)

    def test_one_refused_link_does_not_stop_the_others(self, store: SyncState) -> None:
        store.put_links([Link("c1", ADA)])

        results = store.put_links([Link("c1", BOB), Link("c2", BOB)])

        assert results[0] is None
        assert results[1] == store.links_by_contact(["c2"])["c2"]

    def test_of_two_links_to_one_person_in_one_call_one_is_stored(self, store: SyncState) -> None:
        results = store.put_links([Link("c1", ADA), Link("c2", ADA)])

        stored = [link for link in results if link is not None]
        assert len(stored) == 1
        assert store.links_by_person([ADA]) == {ADA: stored[0]}
        assert len(store.links_by_contact(["c1", "c2"])) == 1

    def test_many_links_are_stored_and_read_in_one_call(self, store: SyncState) -> None:
        links = [Link(f"c{n:04d}", f"003{n:012d}AAA") for n in range(110)]

        stored = store.put_links(links)

        assert [link.contact_id for link in stored if link] == [link.contact_id for link in links]
        assert len(store.links_by_contact([link.contact_id for link in links])) == len(links)
        assert len(store.links_by_person([link.person_id for link in links])) == len(links)

    def test_asking_for_nobody_gives_nothing(self, store: SyncState) -> None:
        assert store.links_by_contact([]) == {}
        assert store.links_by_person([]) == {}
        assert store.put_links([]) == ()


class TestMovingLinks:
    def test_a_moved_link_keeps_its_base_and_leaves_the_old_person(self, store: SyncState) -> None:
        (link,) = store.put_links([Link("c1", ADA, {"city": Agreed("Rome", "Rome")})])
        assert link is not None

        moved = store.move_link(link, BOB)

        assert moved is not None
        assert (moved.contact_id, moved.person_id) == ("c1", BOB)
        assert moved.fields == link.fields
        assert moved.version > link.version
        assert store.links_by_contact(["c1"]) == {"c1": moved}
        assert store.links_by_person([ADA, BOB]) == {BOB: moved}

    def test_a_link_cannot_move_to_a_person_that_has_one(self, store: SyncState) -> None:
        one, two = store.put_links([Link("c1", ADA), Link("c2", BOB)])
        assert one is not None

        assert store.move_link(one, BOB) is None
        assert store.links_by_person([ADA, BOB]) == {ADA: one, BOB: two}

    def test_a_link_that_was_changed_meanwhile_does_not_move(self, store: SyncState) -> None:
        (link,) = store.put_links([Link("c1", ADA)])
        assert link is not None
        (changed,) = store.put_links([replace(link, opted_out=True)])

        assert store.move_link(link, BOB) is None
        assert store.links_by_person([ADA, BOB]) == {ADA: changed}

    def test_a_repeated_move_counts_as_moved(self, store: SyncState) -> None:
        (link,) = store.put_links([Link("c1", ADA)])
        assert link is not None

        moved = store.move_link(link, BOB)

        assert store.move_link(link, BOB) == moved

    def test_a_person_that_was_left_can_be_linked_again(self, store: SyncState) -> None:
        (link,) = store.put_links([Link("c1", ADA)])
        assert link is not None
        store.move_link(link, BOB)

        (fresh,) = store.put_links([Link("c2", ADA)])

        assert fresh is not None
        assert store.links_by_person([ADA]) == {ADA: fresh}


class TestClaims:
    def test_the_first_claim_holds(self, store: SyncState) -> None:
        mine = Claim("c1", "run1", START, {"email": "ada@example.com"})

        assert store.claim([mine]) == (mine,)
        assert store.claim([Claim("c1", "run2", START)]) == (mine,)
        assert store.claims(["c1", "c2"]) == {"c1": mine}

    def test_the_same_holder_may_restate_its_intent(self, store: SyncState) -> None:
        store.claim([Claim("c1", "run1", START, {"city": "Rome"})])
        again = Claim("c1", "run1", START, {"city": "Paris"})

        assert store.claim([again]) == (again,)
        assert store.claims(["c1"]) == {"c1": again}

    def test_each_claim_is_answered_for_itself_and_in_order(self, store: SyncState) -> None:
        theirs = Claim("c2", "run1", START)
        store.claim([theirs])
        mine = [Claim("c1", "run2", START), Claim("c2", "run2", START), Claim("c3", "run2", START)]

        assert store.claim(mine) == (mine[0], theirs, mine[2])

    def test_a_released_claim_is_free_for_others(self, store: SyncState) -> None:
        store.claim([Claim("c1", "run1", START), Claim("c2", "run1", START)])

        store.release_claims(["c1", "nobody"])

        theirs = Claim("c1", "run2", START)
        assert store.claim([theirs]) == (theirs,)
        assert store.claims(["c2"])["c2"].holder == "run1"

    def test_a_claim_that_lapsed_is_taken_by_the_next_one(self, store: SyncState) -> None:
        store.claim([Claim("c1", "run1", START), Claim("c2", "run1", START)])
        early = Claim("c1", "run2", START + CLAIM_LASTS - timedelta(microseconds=1))
        late = Claim("c2", "run2", START + CLAIM_LASTS)

        assert store.claim([early, late]) == (Claim("c1", "run1", START), late)
        assert store.claims(["c2"]) == {"c2": late}

    def test_releasing_twice_changes_nothing(self, store: SyncState) -> None:
        store.claim([Claim("c1", "run1", START)])

        store.release_claims(["c1"])
        store.release_claims(["c1"])

        assert store.claims(["c1"]) == {}

    def test_many_claims_are_taken_in_one_call(self, store: SyncState) -> None:
        claims = [Claim(f"c{n:04d}", "run1", START) for n in range(130)]

        assert store.claim(claims) == tuple(claims)
        assert len(store.claims([claim.contact_id for claim in claims])) == len(claims)


class TestWhoSharesWhat:
    def test_two_connections_to_one_org_share_links_and_claims(self, state: StateSubject) -> None:
        one, two = state.of("t1", "con1", "o1"), state.of("t1", "con2", "o1")
        (link,) = one.put_links([Link("c1", ADA)])
        (claim,) = one.claim([Claim("c2", "run1", START)])

        assert two.links_by_contact(["c1"]) == {"c1": link}
        assert two.put_links([Link("c9", ADA)]) == (None,)
        assert two.claim([Claim("c2", "run2", START)]) == (claim,)

    @pytest.mark.parametrize(("tenant", "org"), [("t1", "o2"), ("t2", "o1")])
    def test_another_org_or_tenant_shares_nothing(
        self, state: StateSubject, tenant: str, org: str
    ) -> None:
        mine, other = state.of("t1", "con1", "o1"), state.of(tenant, "con3", org)
        mine.put_links([Link("c1", ADA)])
        mine.claim([Claim("c2", "run1", START)])

        assert other.links_by_contact(["c1"]) == {}
        assert other.links_by_person([ADA]) == {}
        assert other.claims(["c2"]) == {}
        assert other.put_links([Link("c1", ADA)]) != (None,)
