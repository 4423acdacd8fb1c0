"""Which rule a unit falls under, and what of the observation its decision carries on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from crmsync.domain.base import NO_MEMBERSHIP, Agreed, Link, MembershipBase
from crmsync.domain.change import Action, Change, FieldChange, Outcome, Side, Step
from crmsync.domain.decide import decide, moved
from crmsync.domain.fields import FieldRule
from crmsync.domain.identity import Match, Verdict
from crmsync.domain.mapping import Direction
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Decision, Observation, Policy

from tests.fakes.builders import a_contact, a_person

ROW = "00v000000000001AAA"
CONTACT = a_contact()
PERSON = a_person(first_name="Ada", email="c1@example.com")
BASE = MembershipBase(left=True, right=True, row_id=ROW)
LINK = Link(CONTACT.id, PERSON.id, version=4).advanced(
    {n: Agreed(v, v) for n, v in CONTACT.values.items()}, opted_out=False
)
BOTH = Policy("m1", Direction.BOTH)
QUIET = Observation(CONTACT, PERSON, None, LINK, BASE, member_left=True, seen=Seen.IN, row_id=ROW)
"""A pair in agreement: nothing to write, nothing to store."""
STRANGER = Observation(person=PERSON, seen=Seen.IN, row_id=ROW)
JOINER = Observation(contact=CONTACT, member_left=True)
REACHED = ["in_group", "in_scope", "has_email", "unique", "matched", "mailable"]


def facts(number: int) -> frozenset[str]:
    return frozenset(REACHED[:number])


def why(seen: Observation, policy: Policy = BOTH) -> tuple[Outcome, str]:
    change = decide(seen, policy).change
    return change.outcome, change.reason


def test_a_pair_in_agreement_is_told_as_it_is_and_needs_nothing() -> None:
    assert decide(QUIET, BOTH) == Decision(
        change=Change(
            id=f"m1-{PERSON.id}",
            mapping_id="m1",
            contact_id=CONTACT.id,
            person_id=PERSON.id,
            contact=CONTACT,
            person=PERSON,
            seen=Seen.IN,
            row_id=ROW,
            facts=facts(6),
            link_version=4,
        ),
        link=LINK,
        membership=BASE,
        stored_link=LINK,
        stored_membership=BASE,
    )


def test_a_link_that_follows_its_person_is_told_and_stored() -> None:
    found = decide(replace(QUIET, moved=True), BOTH)

    assert (found.moved, found.change.moved, found.change.settles) == (True, True, True)


def test_a_link_that_was_never_stored_is_noted_first() -> None:
    for seen in (replace(QUIET, link=replace(LINK, version=0)), replace(QUIET, link=None)):
        found = decide(replace(seen, match=Match(Verdict.MATCH, CONTACT.id)), BOTH)

        assert found.change.steps[0] == Step(Side.MARKETING, Action.LINK)
        assert found.change.link_version == 0


@pytest.mark.parametrize(
    ("known", "read", "stored"),
    [(False, None, True), (True, None, False), (True, False, True), (False, False, False)],
    ids=["became unreadable", "is unreadable still", "became readable", "is readable still"],
)
def test_that_an_opt_out_cannot_be_read_is_stored_when_it_is_new(
    *, known: bool, read: bool | None, stored: bool
) -> None:
    contact, person = replace(CONTACT, consent_unreadable=known), replace(PERSON, opted_out=read)

    found = decide(replace(QUIET, contact=contact, person=person), BOTH)

    assert found.change.settles is stored
    assert found.consent_unreadable is (read is None)


def test_without_a_person_nothing_is_learned_of_an_opt_out() -> None:
    seen = replace(QUIET, contact=replace(CONTACT, consent_unreadable=True), person=None)

    found = decide(seen, BOTH)

    assert (found.consent_unreadable, found.change.settles) == (True, False)


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (replace(STRANGER, is_account=True), "account_member"),
        (replace(STRANGER, person=replace(PERSON, deleted=True)), "person_deleted"),
        (replace(QUIET, in_scope=False), "out_of_scope"),
        (replace(QUIET, person=None), "out_of_scope"),
        (replace(QUIET, person=replace(PERSON, merged_into="p2")), "merged_into_linked"),
        (replace(QUIET, person=replace(PERSON, converted_into="p2")), "merged_into_linked"),
        (replace(STRANGER, match=Match(Verdict.NO_EMAIL)), "no_email"),
        (replace(STRANGER, match=Match(Verdict.REVIEW, None, ("c2",))), "needs_review"),
        (replace(STRANGER, match=Match(Verdict.SKIP)), "decided_to_skip"),
        (replace(JOINER, match=Match(Verdict.WAIT)), "create_unconfirmed"),
        (replace(STRANGER, seen=Seen.OUT), "not_in_campaign"),
        (replace(STRANGER, seen=Seen.UNKNOWN), "not_in_campaign"),
        (replace(STRANGER, in_inactive_campaign=True), "in_inactive_campaign"),
        (replace(JOINER, member_left=False), "not_in_group"),
        (Observation(), "gone"),
        (Observation(member_id="p9", seen=Seen.IN), "gone"),
    ],
)
def test_whoever_is_left_out_is_told_why_and_nothing_is_written(
    seen: Observation, reason: str
) -> None:
    found = decide(seen, BOTH)

    assert (found.change.outcome, found.change.reason) == (Outcome.SKIPPED, reason)
    assert found.change.steps == ()
    assert (found.link, found.membership) == (seen.link, seen.membership)


@pytest.mark.parametrize(
    ("seen", "direction", "reason"),
    [
        (STRANGER, Direction.EXPORT, "not_in_group"),
        (JOINER, Direction.IMPORT, "not_in_campaign"),
    ],
)
def test_one_way_nobody_new_travels_against_it(
    seen: Observation, direction: Direction, reason: str
) -> None:
    assert why(seen, Policy("m1", direction)) == (Outcome.SKIPPED, reason)


@pytest.mark.parametrize(
    ("seen", "passing"),
    [
        (replace(STRANGER, match=Match(Verdict.REVIEW)), True),
        (replace(JOINER, match=Match(Verdict.WAIT)), True),
        (replace(QUIET, in_scope=False), True),
        (replace(STRANGER, in_scope=False), False),
        (replace(STRANGER, in_scope=False, seen=Seen.OUT), True),
        (replace(STRANGER, match=Match(Verdict.NO_EMAIL)), False),
        (replace(JOINER, member_left=False), False),
    ],
)
def test_what_may_go_away_without_an_edit_is_looked_at_again(
    seen: Observation, *, passing: bool
) -> None:
    assert decide(seen, BOTH).change.passing is passing


def test_new_people_wait_for_a_yes_where_they_are_held() -> None:
    policy = replace(BOTH, hold_new_people=True)

    assert why(JOINER, policy) == (Outcome.SKIPPED, "new_person_review")
    assert decide(JOINER, policy).change.passing
    assert why(replace(JOINER, may_create=True), policy)[0] is Outcome.CREATED


def test_who_is_new_in_the_crm_is_created_here_with_all_they_have() -> None:
    policy = replace(BOTH, rules={"first_name": FieldRule.OFF})
    values = {"last_name": "Byron", "email": "c1@example.com"}

    found = decide(replace(STRANGER, person=replace(PERSON, opted_out=True)), policy)

    assert found.change.steps == (
        Step(Side.MARKETING, Action.CREATE, values, opt_out=True),
        Step(Side.MARKETING, Action.ADD_MEMBER),
    )
    assert found.change.fields == tuple(
        FieldChange(name, Side.MARKETING, None, None, "", value, value, "new")
        for name, value in values.items()
    )
    assert (found.change.outcome, found.change.reason) == (Outcome.CREATED, "new_in_crm")
    assert found.membership == BASE
    assert (found.change.contact_id, found.change.person_id) == (None, PERSON.id)
    assert found.change.suppress == ("c1@example.com",)


def test_a_linked_person_whose_contact_is_missing_is_created_here_anew() -> None:
    found = decide(replace(QUIET, contact=None), BOTH)

    assert [step.action for step in found.change.steps] == [Action.CREATE, Action.ADD_MEMBER]
    assert found.change.contact_id == CONTACT.id


def test_who_is_new_here_is_created_in_the_crm_with_what_it_lets_us_write() -> None:
    policy = replace(BOTH, writable=frozenset({"last_name", "city"}))

    found = decide(replace(JOINER, contact=replace(CONTACT, email_opt_out=True)), policy)

    assert found.change.steps == (
        Step(Side.CRM, Action.CREATE, {"last_name": "Byron"}, opt_out=True),
        Step(Side.CRM, Action.ADD_MEMBER),
    )
    assert [(f.name, f.side) for f in found.change.fields] == [("last_name", Side.CRM)]
    assert (found.change.outcome, found.change.reason) == (Outcome.CREATED, "new_in_marketing")
    assert found.membership == MembershipBase(left=True, right=True)
    assert (found.change.contact_id, found.change.person_id) == (CONTACT.id, None)


@pytest.mark.parametrize(("out", "writable"), [(False, True), (True, False)])
def test_an_opt_out_is_sent_with_a_new_person_only_if_there_is_one_and_it_may(
    *, out: bool, writable: bool
) -> None:
    seen = replace(JOINER, contact=replace(CONTACT, email_opt_out=out))

    found = decide(seen, replace(BOTH, consent_writable=writable))

    assert found.change.steps[0].opt_out is False


def test_a_match_makes_a_pair_only_with_both_records_there() -> None:
    match = Match(Verdict.MATCH, CONTACT.id)

    assert why(replace(QUIET, link=None, match=match)) == (Outcome.UNCHANGED, "")
    assert why(replace(STRANGER, match=match)) == (Outcome.CREATED, "new_in_crm")
    assert why(replace(JOINER, match=match)) == (Outcome.CREATED, "new_in_marketing")
    new = replace(QUIET, link=None, match=Match(Verdict.NEW))
    assert why(new) == (Outcome.CREATED, "new_in_crm")
    assert why(replace(new, match=None)) == (Outcome.CREATED, "new_in_crm")


@pytest.mark.parametrize(
    ("seen", "reached"),
    [
        (QUIET, 6),
        (replace(QUIET, suppressed=True), 5),
        (replace(QUIET, person=replace(PERSON, opted_out=True)), 5),
        (replace(QUIET, person=replace(PERSON, opted_out=None)), 5),
        (replace(QUIET, contact=replace(CONTACT, email_opt_out=True)), 5),
        (replace(QUIET, person=replace(PERSON, deleted=True)), 4),
        (replace(STRANGER, match=Match(Verdict.SKIP)), 4),
        (replace(STRANGER, match=Match(Verdict.REVIEW)), 3),
        (replace(STRANGER, person=a_person()), 2),
        (replace(JOINER, contact=None), 2),
        (replace(QUIET, in_scope=False), 1),
        (replace(STRANGER, is_account=True), 1),
        (STRANGER, 6),
        (JOINER, 6),
    ],
)
def test_each_step_of_the_waterfall_implies_the_ones_before(
    seen: Observation, reached: int
) -> None:
    assert decide(seen, BOTH).change.facts == facts(reached)


def test_ids_are_those_of_the_records_else_of_the_link_else_of_the_row() -> None:
    def ids(seen: Observation) -> tuple[Any, ...]:
        change = decide(seen, BOTH).change
        return change.id, change.contact_id, change.person_id

    link = Link("c7", "p7", version=1)
    assert ids(replace(QUIET, link=link)) == (f"m1-{PERSON.id}", CONTACT.id, PERSON.id)
    assert ids(replace(JOINER, link=link)) == ("m1-p7", CONTACT.id, "p7")
    assert ids(replace(STRANGER, link=link)) == (f"m1-{PERSON.id}", "c7", PERSON.id)
    assert ids(Observation(link=link)) == ("m1-p7", "c7", "p7")
    assert ids(Observation(member_id="p9")) == ("m1-p9", None, "p9")
    assert ids(JOINER) == (f"m1-{CONTACT.id}", CONTACT.id, None)


def test_what_was_seen_is_kept_with_the_change() -> None:
    review = Match(Verdict.REVIEW, None, ("c2", "c3"))
    seen = replace(STRANGER, match=review, in_inactive_campaign=True)

    change = decide(seen, BOTH).change

    assert change.candidates == ("c2", "c3")
    assert change.inactive
    assert (change.contact, change.person) == (None, PERSON)
    assert (change.seen, change.row_id) == (Seen.IN, ROW)


# --- pairs --------------------------------------------------------------------------------------


def edited(**values: str) -> Observation:
    contact = replace(CONTACT, values={**CONTACT.values, **values})
    return replace(QUIET, contact=contact)


def test_an_edit_here_is_sent_and_told_with_its_base() -> None:
    found = decide(edited(city="Rome"), BOTH)

    assert found.change.steps == (Step(Side.CRM, Action.UPDATE, {"city": "Rome"}),)
    assert found.change.fields == (
        FieldChange("city", Side.CRM, "", "", "", "Rome", "Rome", "crm_wins"),
    )
    assert found.link is not None
    assert found.link.fields["city"] == Agreed("Rome", "Rome")
    assert found.change.settles
    assert (found.change.outcome, found.change.reason) == (Outcome.UPDATED, "")


def test_an_edit_there_is_taken_over_and_told_with_its_base() -> None:
    person = replace(PERSON, values={**PERSON.values, "city": "Oslo"})

    found = decide(replace(QUIET, person=person), BOTH)

    assert found.change.steps == (Step(Side.MARKETING, Action.UPDATE, {"city": "Oslo"}),)
    assert found.change.fields == (
        FieldChange("city", Side.MARKETING, "", "", "", "Oslo", "Oslo", "crm_wins"),
    )


def test_an_edit_that_was_overruled_is_told_though_nothing_is_written_for_it() -> None:
    person = replace(PERSON, values={**PERSON.values, "city": "Oslo"})
    seen = replace(edited(city="Rome"), person=person)
    policy = replace(BOTH, writable=frozenset(), rules={"city": FieldRule.MARKETING_WINS})

    change = decide(seen, policy).change

    assert [(f.name, f.before, f.after, f.other, f.loser) for f in change.fields] == [
        ("city", "Rome", "Oslo", "Oslo", "marketing")
    ]


def test_a_row_found_is_kept_in_the_base() -> None:
    base = replace(BASE, row_id=None)

    assert decide(replace(QUIET, membership=base), BOTH).membership == BASE
    gone = replace(QUIET, membership=base, row_id=None)
    assert decide(gone, BOTH).membership == base


@pytest.mark.parametrize(
    ("left", "seen", "policy", "step"),
    [
        (True, Seen.OUT, BOTH, Step(Side.MARKETING, Action.REMOVE_MEMBER)),
        (
            False,
            Seen.IN,
            replace(BOTH, remove_members_in_crm=True),
            Step(Side.CRM, Action.REMOVE_MEMBER, row_id=ROW),
        ),
    ],
)
def test_whoever_left_one_side_leaves_the_other(
    *, left: bool, seen: Seen, policy: Policy, step: Step
) -> None:
    found = decide(replace(QUIET, member_left=left, seen=seen), policy)

    assert found.change.steps == (step,)
    assert found.membership == NO_MEMBERSHIP


@pytest.mark.parametrize(
    ("left", "seen", "step"),
    [
        (True, Seen.OUT, Step(Side.CRM, Action.ADD_MEMBER)),
        (False, Seen.IN, Step(Side.MARKETING, Action.ADD_MEMBER)),
    ],
)
def test_whoever_joined_one_side_joins_the_other(*, left: bool, seen: Seen, step: Step) -> None:
    row = ROW if seen is Seen.IN else None
    joined = replace(QUIET, membership=NO_MEMBERSHIP, member_left=left, seen=seen, row_id=row)

    found = decide(joined, BOTH)

    assert found.change.steps == (step,)
    assert (found.membership.left, found.membership.right) == (True, True)
    assert found.membership.row_id == row


def test_an_opt_out_here_is_raised_there_and_suppresses_the_address() -> None:
    found = decide(replace(QUIET, contact=replace(CONTACT, email_opt_out=True)), BOTH)

    assert found.change.steps == (Step(Side.CRM, Action.UPDATE, {}, opt_out=True),)
    assert found.change.suppress == ("c1@example.com",)
    assert found.link is not None
    assert found.link.opted_out


def test_an_opt_out_there_is_raised_here() -> None:
    found = decide(replace(QUIET, person=replace(PERSON, opted_out=True)), BOTH)

    assert found.change.steps == (Step(Side.MARKETING, Action.UPDATE, {}, opt_out=True),)
    assert found.link is not None
    assert found.link.opted_out


def test_an_opt_out_the_crm_does_not_take_is_not_sent() -> None:
    seen = replace(QUIET, contact=replace(CONTACT, email_opt_out=True))

    assert decide(seen, replace(BOTH, consent_writable=False)).change.steps == ()


def test_whoever_is_in_the_group_alone_is_looked_at_by_id_next_time() -> None:
    apart = replace(QUIET, seen=Seen.OUT, membership=replace(BASE, right=False, row_id=None))

    assert decide(apart, BOTH).change.passing
    assert not decide(QUIET, BOTH).change.passing
    leaving = replace(QUIET, seen=Seen.OUT)
    assert not decide(leaving, BOTH).change.passing


# --- what a plan may still say -------------------------------------------------------------------


def test_a_unit_moved_if_it_would_write_something_else_now() -> None:
    planned = decide(edited(city="Rome"), BOTH).change

    assert not moved(planned, decide(edited(city="Rome"), BOTH).change)
    assert moved(planned, decide(edited(city="Oslo"), BOTH).change)
    assert moved(planned, decide(QUIET, BOTH).change)


@pytest.mark.parametrize(
    ("steps", "marketing", "crm"),
    [
        ((), False, False),
        ((Step(Side.MARKETING, Action.LINK),), False, False),
        ((Step(Side.MARKETING, Action.UPDATE),), True, False),
        ((Step(Side.MARKETING, Action.LINK), Step(Side.CRM, Action.ADD_MEMBER)), False, True),
    ],
)
def test_a_link_is_no_write_to_a_side(
    steps: tuple[Step, ...], *, marketing: bool, crm: bool
) -> None:
    change = Change("m1-p", "m1", "c1", "p1", steps)

    assert (change.writes(Side.MARKETING), change.writes(Side.CRM)) == (marketing, crm)
