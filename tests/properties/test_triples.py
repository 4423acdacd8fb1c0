"""Level A: random bases and sides, possible or not, planned and applied in any order, agree.

Hypothesis looks for the odd one in `test_laws*.py`; here the plain dice throw 100,000 of them, with
states no history could have led to. `CRMSYNC_TRIPLES` says how many.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace

import pytest
from crmsync.domain.base import Agreed, InFlight, Link, MembershipBase
from crmsync.domain.change import Action, Side, Step
from crmsync.domain.fields import FieldRule, same
from crmsync.domain.mapping import Direction
from crmsync.domain.membership import Move, Seen
from crmsync.domain.observation import Decision, Policy

from tests.fakes.builders import a_contact, a_person
from tests.properties.pairs import FIELDS, SPELLINGS, TIMES, WRITABLE, Pair

SHARDS = 4
TRIPLES = int(os.environ.get("CRMSYNC_TRIPLES", "100000"))
ROUNDS = 3
"""After so many plans at most nothing is left to write."""
VALUES = {name: [v for each in SPELLINGS[name] for v in each] for name in FIELDS}
PAIR = Pair.of(a_contact(), a_person(), Link("c1", "003000000000001AAA", version=1))


def policy(dice: random.Random) -> Policy:
    """Any rules."""
    return Policy(
        mapping_id="m1",
        direction=dice.choice(tuple(Direction)),
        rules={name: dice.choice(tuple(FieldRule)) for name in FIELDS},
        fields=FIELDS,
        writable=WRITABLE,
        consent_writable=dice.random() < 0.8,
        remove_members_in_crm=dice.random() < 0.5,
    )


def triple(dice: random.Random) -> Pair:
    """A base and two sides that need not have anything to do with each other."""
    left = {name: dice.choice(VALUES[name]) for name in FIELDS}
    right = {name: dice.choice(VALUES[name]) for name in FIELDS}
    known = [name for name in FIELDS if dice.random() < 0.8]
    base = {n: Agreed(dice.choice(VALUES[n]), dice.choice(VALUES[n])) for n in known}
    flying = {
        n: InFlight(dice.choice(("left", "right")), dice.choice(VALUES[n]))
        for n in FIELDS
        if dice.random() < 0.1
    }
    move = dice.choice(tuple(Move)) if dice.random() < 0.15 else None
    contact = replace(
        PAIR.contact,
        values={**PAIR.contact.values, **left},
        email_opt_out=dice.random() < 0.2,
        edited_at=dict.fromkeys(FIELDS, dice.choice(TIMES)),
        consent_unreadable=dice.random() < 0.1,
    )
    person = replace(
        PAIR.person,
        values={**PAIR.person.values, **right},
        opted_out=dice.choice((True, False, False, False, None)),
        modified_at=dice.choice(TIMES),
    )
    return replace(
        PAIR,
        contact=contact,
        person=person,
        link=replace(PAIR.link, fields=base, in_flight=flying),
        membership=MembershipBase(dice.random() < 0.5, dice.random() < 0.5, in_flight=move),
        in_group=dice.random() < 0.5,
        seen=dice.choice((Seen.IN, Seen.IN, Seen.OUT, Seen.OUT, Seen.UNKNOWN)),
        inactive=dice.random() < 0.1,
    )


def _applied(pair: Pair, decision: Decision, dice: random.Random) -> Pair:
    """The steps arrive in any order; each is one write to one side, so no order is wrong."""
    steps = list(decision.change.steps)
    dice.shuffle(steps)
    change = replace(decision.change, steps=tuple(steps))
    return pair.after(replace(decision, change=change))


def _never_wrong(pair: Pair, policy: Policy, steps: tuple[Step, ...]) -> None:
    """I-7, I-8, I-9, I-16: what no plan may hold, whatever the state it was made from."""
    for step in steps:
        assert step.action in (Action.UPDATE, Action.ADD_MEMBER, Action.REMOVE_MEMBER), step
        writes = policy.direction.writes_crm
        if step.side is Side.MARKETING:
            writes = policy.direction.writes_marketing
        assert writes, f"I-16: {policy.direction} plans {step}"
        assert set(step.values) <= set(policy.synced), f"I-15: {step}"
        if step.action is Action.REMOVE_MEMBER and step.side is Side.MARKETING:
            assert pair.inactive or pair.seen is Seen.OUT, f"I-8: {step} though {pair.seen}"
        if step.action is Action.REMOVE_MEMBER and step.side is Side.CRM:
            assert policy.remove_members_in_crm, f"I-8: {step}"


def agrees(first: Pair, after: Pair, policy: Policy) -> None:
    """I-1, I-3, I-4, I-9: what both sides hold once there is nothing left to write."""
    synced = first.in_group or first.seen is Seen.IN  # nobody's fields travel for being known
    for name in policy.synced:
        left, right = after.contact.value(name), after.person.value(name)
        if synced and policy.direction_of(name, first.person) is Direction.BOTH:
            settled = same(name, left, right) or _apart(first, after, name)
            assert settled, f"I-1: {name}: {left!r} | {right!r}"
        held = (first.contact.value(name), first.person.value(name))
        for value in (left, right):
            assert any(same(name, value, h) for h in held), f"I-4: {name}: {value!r}"
    assert after.contact.email_opt_out >= first.contact.email_opt_out, "I-9: opted in again"
    assert (after.person.opted_out or False) >= (first.person.opted_out or False), "I-9"
    if first.person.opted_out and policy.direction.writes_marketing:
        assert after.contact.email_opt_out, "I-9: the opt-out did not arrive"


def _apart(first: Pair, after: Pair, name: str) -> bool:
    """Whether an undo left the field different on the two sides, and nobody edited it since."""
    base = after.link.fields.get(name)
    if base is None or after.contact.value(name) != first.contact.value(name):
        return False
    left, right = after.contact.value(name), after.person.value(name)
    return same(name, left, base.left) and same(name, right, base.right)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_any_triple_is_brought_to_agree_and_then_left_alone(shard: int) -> None:
    for number in range(shard, TRIPLES, SHARDS):
        dice = random.Random(number)  # noqa: S311 - replayable by its number
        first, rules = triple(dice), policy(dice)
        try:
            agrees(first, brought_to_rest(first, rules, dice), rules)
        except AssertionError as error:
            msg = f"triple {number}: {error}"
            raise AssertionError(msg) from error


def brought_to_rest(pair: Pair, policy: Policy, dice: random.Random) -> Pair:
    """The pair once a plan has nothing left to write."""
    for _ in range(ROUNDS):
        decision = pair.decided(policy)
        if not decision.change.steps:
            return pair
        _never_wrong(pair, policy, decision.change.steps)
        pair = _applied(pair, decision, dice)
    assert not pair.decided(policy).change.steps, "I-18: it never comes to rest"
    return pair
