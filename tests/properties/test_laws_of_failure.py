"""Laws 8 to 10: what fails is finished later, what surprises is held, what is stored comes back."""

from __future__ import annotations

import json

from crmsync.adapters.aws.queue import slice_of
from crmsync.adapters.dynamodb.documents import text_of, value_of
from crmsync.domain.base import Link, MembershipBase
from crmsync.domain.change import Change, Outcome, Side
from crmsync.domain.decide import decide
from crmsync.domain.fields import FieldRule, same
from crmsync.domain.guard import Effect, Known, effect_of, held_because
from crmsync.domain.mapping import Direction, Mapping, Target
from crmsync.domain.mapping_run import MappingRun
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Observation, Policy
from crmsync.domain.run import Checkpoint, PartRef, Run, RunState, SliceMessage
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.builders import a_contact, a_person, a_run
from tests.fakes.clock import START
from tests.properties.pairs import Pair, edits, observations, pairs, policies

# --- 8: partial failure -----------------------------------------------------------------------


@given(pairs(), policies(), st.integers(0, 4))
def test_a_crash_after_any_write_ends_where_an_undisturbed_sync_does(
    pair: Pair, policy: Policy, acknowledged: int
) -> None:
    decision = pair.decided(policy)
    crashed = pair.crashed(decision, acknowledged)

    resumed = crashed.after(crashed.decided(policy))

    undisturbed = pair.after(decision)
    assert resumed.contact.values == undisturbed.contact.values
    assert resumed.person.values == undisturbed.person.values
    assert (resumed.in_group, resumed.seen) == (undisturbed.in_group, undisturbed.seen)
    assert resumed.decided(policy).change.steps == ()


@given(pairs(), policies((Direction.BOTH,)), st.integers(0, 4), edits())
def test_an_edit_between_the_crash_and_the_next_sync_is_not_lost_to_our_own_write(
    pair: Pair, policy: Policy, acknowledged: int, typed: dict[str, str]
) -> None:
    decision = pair.decided(policy)
    crashed = pair.crashed(decision, acknowledged)
    arrived = [s for s in decision.change.steps[:acknowledged] if s.side is Side.CRM]
    sent = {name for step in arrived for name in step.values}
    touched = crashed.edited(left=typed, right={})

    after = touched.after(touched.decided(policy))

    for name in sent & set(typed):
        if policy.direction_of(name, pair.person) is Direction.BOTH:
            assert same(name, after.contact.value(name), typed[name])
            assert same(name, after.person.value(name), typed[name])


@given(st.lists(st.integers(1, 99), unique=True, max_size=6), policies(), st.data())
def test_units_that_fail_keep_their_base_and_finish_next_time(
    numbers: list[int], policy: Policy, data: st.DataObject
) -> None:
    units = [data.draw(pairs(number)) for number in numbers]
    failed = [unit for unit in units if data.draw(st.booleans())]

    after = [u if u in failed else u.after(u.decided(policy)) for u in units]
    second = [u.after(u.decided(policy)) for u in after]

    undisturbed = [u.after(u.decided(policy)) for u in units]
    assert second == undisturbed


# --- 9: the guard -----------------------------------------------------------------------------


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_too_large_a_share_is_held_before_any_write(
    members: int, removals: int, overwrites: int
) -> None:
    known = Known(members, members, members, members, creations=(), complete=True)

    held = held_because(Effect(removals, overwrites), known)

    too_many = removals > max(10, members / 10) or overwrites > max(10, members / 4)
    assert bool(held) is too_many


@given(st.integers(1, 400), st.sampled_from(("campaign", "group")))
def test_a_side_that_lost_all_its_members_is_held_whatever_the_plan(
    before: int, emptied: str
) -> None:
    now = {"campaign": (0, before), "group": (before, 0)}[emptied]
    known = Known(*now, before, before, creations=(), complete=True)

    assert emptied in str(held_because(Effect(), known))


@given(st.integers(11, 40))
def test_a_campaign_that_everybody_left_is_held(number: int) -> None:
    policy = Policy("m1", Direction.BOTH)
    units = [_left_the_campaign(each) for each in range(number)]

    effect = effect_of(decide(unit, policy).change for unit in units)

    known = Known(0, number, number, number, creations=(), complete=True)
    assert effect.removals == number
    assert held_because(effect, known)


# --- 10: round trips --------------------------------------------------------------------------


@given(st.text(), st.text(), st.text(), st.integers(0), st.integers(0))
def test_a_slice_message_survives_the_queue(
    tenant: str, connection: str, run: str, version: int, hop: int
) -> None:
    message = SliceMessage(tenant, connection, run, version, hop)

    assert slice_of(text_of(message)) == message


@given(observations(), policies())
def test_a_change_survives_storing(seen: Observation, policy: Policy) -> None:
    change = decide(seen, policy).change

    text = text_of(change)

    assert value_of(Change, text) == change
    assert json.loads(text)["id"] == change.id


@given(pairs(), policies())
def test_a_link_and_a_membership_survive_storing(pair: Pair, policy: Policy) -> None:
    crashed = pair.crashed(pair.decided(policy), 1)

    assert value_of(Link, text_of(crashed.link)) == crashed.link
    assert value_of(MembershipBase, text_of(crashed.membership)) == crashed.membership


@given(
    st.text(), st.sampled_from(RunState), st.dictionaries(st.sampled_from(Outcome), st.integers(0))
)
def test_a_run_survives_storing(name: str, state: RunState, counts: dict[Outcome, int]) -> None:
    rules = {"title": FieldRule.NEWEST}
    mapping = Mapping("m1", Target(create=True, name=name), Target(id="g1"), Direction.BOTH, rules)
    checkpoint = Checkpoint(3, plan=(PartRef("key", "digest", 0, 7),), watermark=START)
    run = a_run(state=state, mappings=(MappingRun(mapping, counts=counts),), checkpoint=checkpoint)

    assert value_of(Run, text_of(run)) == run


def _left_the_campaign(number: int) -> Observation:
    contact, person = a_contact(f"c{number}"), a_person(f"003{number:012d}AAA")
    return Observation(
        contact=contact,
        person=person,
        link=Link(contact.id, person.id, version=1),
        membership=MembershipBase(left=True, right=True, row_id="row"),
        member_left=True,
        seen=Seen.OUT,
    )
