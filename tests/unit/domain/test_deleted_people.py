"""domain/pair: a linked person that was deleted in the CRM."""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.base import NO_MEMBERSHIP, Link, MembershipBase
from crmsync.domain.change import Outcome
from crmsync.domain.decide import decide
from crmsync.domain.mapping import Direction
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Decision, Observation, Policy

from tests.fakes.builders import a_contact, a_person

MEMBER = MembershipBase(left=True, right=True, row_id="row")


def decided(base: MembershipBase, *, member: bool) -> Decision:
    contact, person = a_contact(), replace(a_person(), deleted=True)
    link = Link(contact.id, person.id, version=1)
    seen = Observation(contact, person, link=link, membership=base, member_left=member)
    return decide(seen, Policy("m1", Direction.BOTH))


def test_their_removal_that_arrived_before_its_worker_died_is_taken_as_done() -> None:
    found = decided(replace(MEMBER, in_flight="remove_left"), member=False)

    assert found.membership == replace(NO_MEMBERSHIP, row_id=found.membership.row_id)
    assert found.change.settles
    assert (found.change.outcome, found.change.reason) == (Outcome.SKIPPED, "person_deleted")


def test_whoever_left_the_group_before_keeps_their_base() -> None:
    assert decided(MEMBER, member=False).membership == MEMBER


def test_they_leave_the_group() -> None:
    found = decided(MEMBER, member=True)

    assert [step.action for step in found.change.steps] == ["remove_member"]
    assert (found.change.outcome, found.change.reason) == (Outcome.REMOVED, "person_deleted")
    assert found.membership == NO_MEMBERSHIP
    assert found.link == found.stored_link


def test_a_row_that_is_still_seen_keeps_nobody_in_the_group() -> None:
    """The row goes with its person, only later."""
    contact, person = a_contact(), replace(a_person(), deleted=True)
    link = Link(contact.id, person.id, version=1)
    seen = Observation(contact, person, None, link, MEMBER, member_left=True, seen=Seen.IN)

    found = decide(seen, Policy("m1", Direction.BOTH))

    assert [step.action for step in found.change.steps] == ["remove_member"]
