"""What taking a unit back does, and what it leaves because somebody touched it since."""

from __future__ import annotations

from dataclasses import replace

import pytest
from crmsync.domain.base import Agreed, InFlight, Link, MembershipBase
from crmsync.domain.change import Action, Change, FieldChange, Outcome, Side, Step
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Decision, Observation
from crmsync.domain.undo import carry_out, undo

from tests.fakes.builders import a_contact, a_person

ROW = "00v000000000001AAA"
CONTACT = a_contact(title="Chief", city="Rome")
PERSON = a_person(title="Owner", city="Paris")
LINK = Link(
    CONTACT.id,
    PERSON.id,
    {"title": Agreed("a", "b"), "city": Agreed("c", "d"), "phone": Agreed("1", "1")},
    in_flight={"phone": InFlight("left", "2")},
    version=3,
)
NOW = Observation(
    contact=CONTACT,
    person=PERSON,
    link=LINK,
    member_left=True,
    seen=Seen.IN,
    row_id=ROW,
    membership=MembershipBase(left=True, right=True, row_id=ROW, own_row_id=ROW),
)
TO_CRM = FieldChange("title", Side.CRM, "a", "b", "Boss", "Owner", "Owner", "crm_wins", "crm")
TO_MARKETING = FieldChange("city", Side.MARKETING, "c", "d", "Oslo", "Rome", "Rome", "newest")
BACK_IN_CRM = FieldChange("title", Side.CRM, "a", "b", "Owner", "Boss", "Chief", "undo")
BACK_HERE = FieldChange("city", Side.MARKETING, "c", "d", "Rome", "Oslo", "Paris", "undo")
WRITE_CRM = Step(Side.CRM, Action.UPDATE, {"title": "Owner"})
WRITE_HERE = Step(Side.MARKETING, Action.UPDATE, {"city": "Rome"})
DONE = Change(
    "m1-p",
    "m1",
    CONTACT.id,
    PERSON.id,
    (WRITE_CRM, WRITE_HERE),
    (TO_CRM, TO_MARKETING),
    Outcome.UPDATED,
    suppress=("c1@example.com",),
    settles=True,
)
RESTORE = (
    Step(Side.CRM, Action.UPDATE, {"title": "Boss"}),
    Step(Side.MARKETING, Action.UPDATE, {"city": "Oslo"}),
)
JOINED_HERE = Step(Side.MARKETING, Action.ADD_MEMBER)
JOINED_THERE = Step(Side.CRM, Action.ADD_MEMBER, row_id=ROW)
LEFT_HERE = Step(Side.MARKETING, Action.REMOVE_MEMBER)
LEFT_THERE = Step(Side.CRM, Action.REMOVE_MEMBER, row_id=ROW)


def did(*steps: Step, fields: tuple[FieldChange, ...] = ()) -> Change:
    return replace(DONE, steps=steps, fields=fields)


def test_values_that_still_stand_go_back_on_the_side_that_was_written() -> None:
    assert undo(DONE, NOW) == Decision(
        change=Change(
            "m1-p",
            "m1",
            CONTACT.id,
            PERSON.id,
            RESTORE,
            (BACK_IN_CRM, BACK_HERE),
            Outcome.UPDATED,
            "undone",
            contact=CONTACT,
            person=PERSON,
            seen=Seen.IN,
            row_id=ROW,
        ),
        link=replace(
            LINK,
            fields={
                "title": Agreed("Chief", "Boss"),
                "city": Agreed("Oslo", "Paris"),
                "phone": Agreed("1", "1"),
            },
            in_flight={},
        ),
        membership=MembershipBase(left=True, right=True, row_id=ROW),
        stored_link=LINK,
        stored_membership=NOW.membership,
    )


@pytest.mark.parametrize(
    ("now", "stands"),
    [
        (replace(NOW, person=a_person(title="Partner", city="Paris")), BACK_HERE),
        (
            replace(NOW, contact=a_contact(title="Chief", city="Bonn")),
            BACK_IN_CRM,
        ),
    ],
    ids=["in the CRM", "here"],
)
def test_a_value_that_somebody_changed_since_is_left(now: Observation, stands: FieldChange) -> None:
    change = undo(DONE, now).change

    assert change.fields == (stands,)
    assert change.steps == tuple(s for s in RESTORE if s.side is stands.side)


def test_a_value_that_the_crm_only_wrote_in_its_own_way_still_stands() -> None:
    wrote = FieldChange("phone", Side.CRM, "", "", "1", "415 555 0101", "415 555 0101", "newest")
    now = replace(NOW, person=a_person(phone="(415) 555-0101"))
    planned = undo(did(fields=(wrote,)), now).change

    assert planned.steps == (Step(Side.CRM, Action.UPDATE, {"phone": "1"}),)
    spaced = replace(NOW, person=a_person(phone="415.555.0101"))
    assert carry_out(planned, spaced).change.steps == planned.steps


def test_nothing_is_left_to_take_back_once_everything_was_changed_since() -> None:
    now = replace(NOW, person=a_person(title="Partner"), contact=a_contact(city="Bonn"))

    decision = undo(DONE, now)

    assert decision.change.steps == ()
    assert decision.change.fields == tuple(replace(f, loser=None) for f in DONE.fields)
    assert (decision.change.outcome, decision.change.reason) == (Outcome.SKIPPED, "changed_since")
    assert decision.link == replace(LINK, in_flight={})


@pytest.mark.parametrize("side", [Side.CRM, Side.MARKETING])
def test_the_values_of_a_record_that_the_run_created_stay(side: Side) -> None:
    created = did(Step(side, Action.CREATE), fields=(TO_CRM, TO_MARKETING))

    stays = {Side.CRM: BACK_HERE, Side.MARKETING: BACK_IN_CRM}[side]
    assert undo(created, NOW).change.fields == (stays,)


def test_a_conflict_that_nothing_was_written_for_is_not_taken_back() -> None:
    logged = replace(TO_CRM, before="Owner")

    assert undo(did(fields=(logged,)), NOW).change.reason == "changed_since"


def test_a_side_that_cannot_be_seen_is_left_and_counts_for_the_other_as_it_last_was() -> None:
    assert undo(DONE, replace(NOW, person=None)).change.fields == (replace(BACK_HERE, other="d"),)
    assert undo(DONE, replace(NOW, contact=None)).change.fields == (
        replace(BACK_IN_CRM, other="a"),
    )


def test_a_value_of_which_nobody_knows_what_the_other_side_holds_stays() -> None:
    unknown = replace(NOW, person=None, link=replace(LINK, fields={}))

    assert undo(DONE, unknown).change.steps == ()
    assert undo(DONE, replace(unknown, link=None)).change.steps == ()


def test_nobody_out_of_scope_is_written_to_in_the_crm() -> None:
    away = replace(NOW, in_scope=False)

    assert undo(DONE, away).change.steps == RESTORE[1:]
    assert carry_out(undo(DONE, NOW).change, away).change.steps == RESTORE[1:]
    assert undo(did(JOINED_THERE), away).change.reason == "out_of_scope"
    assert undo(did(JOINED_HERE), away).change.steps == (LEFT_HERE,)


def test_nobody_joins_a_group_again_while_in_the_inactive_campaign() -> None:
    out = replace(NOW, member_left=False, seen=Seen.OUT, row_id=None, in_inactive_campaign=True)
    moved = did(LEFT_HERE, LEFT_THERE)

    assert undo(moved, out).change.steps == (Step(Side.CRM, Action.ADD_MEMBER),)
    assert undo(did(JOINED_HERE), replace(NOW, in_inactive_campaign=True)).change.steps == (
        LEFT_HERE,
    )


@pytest.mark.parametrize(
    ("then", "now", "reason"),
    [
        (True, True, "in_inactive_campaign"),
        (True, False, "changed_since"),
        (False, True, "changed_since"),
    ],
)
def test_a_unit_left_for_the_inactive_campaign_says_so(
    *, then: bool, now: bool, reason: str
) -> None:
    left = replace(NOW, member_left=False, in_inactive_campaign=now)

    change = undo(replace(did(JOINED_HERE), inactive=then), left).change

    assert (change.steps, change.reason) == ((), reason)


def test_an_address_in_other_letters_is_the_address_that_was_written() -> None:
    wrote = FieldChange("email", Side.MARKETING, "", "", "a@x.example", "B@x.example", "", "newest")
    now = replace(NOW, contact=a_contact(email="b@X.example"))

    assert undo(did(fields=(wrote,)), now).change.steps == (
        Step(Side.MARKETING, Action.UPDATE, {"email": "a@x.example"}),
    )


def test_what_the_crm_spelled_its_own_way_still_stands() -> None:
    assert undo(DONE, replace(NOW, person=a_person(title="OWNER"))).change.steps == RESTORE


@pytest.mark.parametrize(
    ("step", "now", "back"),
    [
        (JOINED_HERE, NOW, LEFT_HERE),
        (JOINED_THERE, NOW, LEFT_THERE),
        (LEFT_HERE, replace(NOW, member_left=False), JOINED_HERE),
        (
            LEFT_THERE,
            replace(NOW, seen=Seen.OUT, row_id=None),
            Step(Side.CRM, Action.ADD_MEMBER),
        ),
    ],
)
def test_a_membership_that_stands_where_the_run_put_it_goes_back(
    step: Step, now: Observation, back: Step
) -> None:
    change = undo(did(step), now).change

    assert change.steps == (back,)
    expected = Outcome.REMOVED if back.action is Action.REMOVE_MEMBER else Outcome.UPDATED
    assert (change.outcome, change.reason) == (expected, "undone")


@pytest.mark.parametrize(
    ("step", "now"),
    [
        (JOINED_HERE, replace(NOW, member_left=False)),
        (LEFT_HERE, NOW),
        (LEFT_THERE, NOW),
        (LEFT_THERE, replace(NOW, seen=Seen.UNKNOWN)),
        (JOINED_THERE, replace(NOW, seen=Seen.OUT)),
        (JOINED_THERE, replace(NOW, row_id="00v000000000002AAA")),
        (replace(JOINED_THERE, row_id=None), NOW),
        (replace(JOINED_THERE, row_id=None), replace(NOW, row_id=None)),
    ],
    ids=[
        "left the group since",
        "is back in the group",
        "is back in the campaign",
        "cannot be seen in the campaign",
        "left the campaign since",
        "joined the campaign anew since",
        "a row that the run did not make",
        "a row nobody knows",
    ],
)
def test_a_membership_that_was_moved_since_is_left(step: Step, now: Observation) -> None:
    change = undo(did(step), now).change

    assert (change.steps, change.reason) == ((), "changed_since")


@pytest.mark.parametrize(
    ("steps", "now", "settled"),
    [
        ((JOINED_HERE,), NOW, MembershipBase(left=False, right=True, row_id=ROW)),
        ((JOINED_THERE,), NOW, MembershipBase(left=True, right=False)),
        (
            (LEFT_THERE,),
            replace(NOW, seen=Seen.OUT, member_left=False),
            MembershipBase(left=False, right=True, row_id=ROW),
        ),
        ((), replace(NOW, seen=Seen.UNKNOWN), MembershipBase(left=True, right=True, row_id=ROW)),
        (
            (),
            replace(NOW, seen=Seen.UNKNOWN, row_id="00v000000000002AAA"),
            MembershipBase(left=True, right=True, row_id=ROW),
        ),
        (
            (),
            replace(NOW, membership=MembershipBase(), row_id="00v000000000002AAA"),
            MembershipBase(left=True, right=True, row_id="00v000000000002AAA"),
        ),
    ],
)
def test_the_membership_settles_where_both_sides_will_stand(
    steps: tuple[Step, ...], now: Observation, settled: MembershipBase
) -> None:
    assert undo(did(*steps), now).membership == settled


def test_a_step_that_is_no_move_is_passed_over_and_the_moves_after_it_are_not() -> None:
    assert undo(did(WRITE_CRM, JOINED_HERE), NOW).change.steps == (LEFT_HERE,)
    moved_since = replace(NOW, row_id="00v000000000002AAA")
    assert undo(did(JOINED_THERE, JOINED_HERE), moved_since).change.steps == (LEFT_HERE,)


def test_both_memberships_and_the_values_go_back_together() -> None:
    change = undo(did(JOINED_THERE, JOINED_HERE, fields=DONE.fields), NOW).change

    assert change.steps == (*RESTORE, LEFT_THERE, LEFT_HERE)


def test_a_pair_without_a_link_gets_none() -> None:
    assert undo(DONE, replace(NOW, link=None)).link is None


@pytest.mark.parametrize("marked", [True, False])
def test_what_is_known_of_an_unreadable_opt_out_is_kept(*, marked: bool) -> None:
    now = replace(NOW, contact=replace(CONTACT, consent_unreadable=marked))

    assert undo(DONE, now).consent_unreadable is marked
    assert undo(DONE, replace(now, contact=None)).consent_unreadable is False


@pytest.mark.parametrize(
    ("outcome", "passing", "again"),
    [
        (Outcome.UPDATED, False, False),
        (Outcome.UPDATED, True, True),
        (Outcome.FAILED, False, True),
    ],
)
def test_what_had_failed_or_was_to_be_looked_at_again_still_is(
    outcome: Outcome, *, passing: bool, again: bool
) -> None:
    done = replace(DONE, outcome=outcome, passing=passing)

    assert undo(done, NOW).change.passing is again


# --- carrying it out ----------------------------------------------------------------------------

PLANNED = undo(did(JOINED_HERE, fields=DONE.fields), NOW).change


def test_a_planned_undo_is_carried_out_as_planned_if_nothing_moved() -> None:
    again = carry_out(PLANNED, NOW)

    assert again.change == PLANNED
    assert again == undo(did(JOINED_HERE, fields=DONE.fields), NOW)


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (replace(NOW, person=a_person(title="Partner", city="Paris")), RESTORE[1:]),
        (replace(NOW, person=None), RESTORE[1:]),
        (replace(NOW, contact=a_contact(title="Chief", city="Bonn")), RESTORE[:1]),
    ],
    ids=["changed in the CRM", "gone in the CRM", "changed here"],
)
def test_a_value_that_moved_since_the_plan_is_left(now: Observation, left: list[Step]) -> None:
    change = carry_out(PLANNED, now).change

    assert change.steps == (*left, LEFT_HERE)
    assert {f.side for f in change.fields} == {s.side for s in left}


def test_a_value_that_went_back_already_is_not_written_again_but_settles() -> None:
    now = replace(NOW, person=a_person(title="Boss", city="Paris"), member_left=False)

    again = carry_out(PLANNED, now)

    assert again.change.steps == RESTORE[1:]
    assert again.change.fields == PLANNED.fields
    assert again.link is not None
    assert again.link.fields["title"] == Agreed("Chief", "Boss")
    assert again.membership == MembershipBase(left=False, right=True, row_id=ROW)


def test_only_values_that_the_plan_puts_back_are_written() -> None:
    nothing = undo(DONE, replace(NOW, person=None, contact=None)).change

    assert carry_out(nothing, NOW).change.steps == ()
