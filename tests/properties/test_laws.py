"""Laws of reconciling, each over a base that both sides perturbed by themselves.

They are read with `docs/reconciliation.md`: one way, only the source's changes travel; a removal
that is not passed on settles the membership apart; consent only ever grows. Laws 3 and 6 are in
`test_laws_of_sides.py`, 8 to 10 in `test_laws_of_failure.py`.
"""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.base import Agreed, MembershipBase
from crmsync.domain.change import Action, Outcome, Side
from crmsync.domain.decide import decide
from crmsync.domain.fields import same
from crmsync.domain.mapping import Direction
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Observation, Policy
from hypothesis import given

from tests.properties.pairs import Pair, observations, pairs, policies

# --- 1: convergence ---------------------------------------------------------------------------


@given(pairs(), policies())
def test_a_sync_brings_both_sides_to_agree_on_every_field_that_may_travel(
    pair: Pair, policy: Policy
) -> None:
    after = pair.after(pair.decided(policy))

    for name in policy.synced if _source_has(pair, policy.direction) else ():
        left, right = after.contact.value(name), after.person.value(name)
        match policy.direction_of(name, pair.person):
            case Direction.BOTH:
                assert same(name, left, right)
            case Direction.IMPORT if _changed(pair, name, "right"):
                assert same(name, left, pair.person.value(name))
            case Direction.EXPORT if _changed(pair, name, "left"):
                assert same(name, right, pair.contact.value(name))


@given(pairs(), policies())
def test_nobody_is_edited_whom_no_source_has(pair: Pair, policy: Policy) -> None:
    decision = pair.decided(policy)

    if not _source_has(pair, policy.direction):
        assert decision.change.fields == ()
        assert all(not step.values for step in decision.change.steps)


@given(pairs(), policies())
def test_a_sync_brings_both_sides_to_agree_on_who_is_a_member(pair: Pair, policy: Policy) -> None:
    decision = pair.decided(policy)
    after = pair.after(decision)

    both = after.in_group, after.seen is Seen.IN
    if decision.change.reason == "kept_in_crm":
        assert both == (False, True)
    elif policy.direction is Direction.BOTH:
        assert both[0] is both[1]


@given(pairs(), policies())
def test_an_opt_out_reaches_the_address_and_every_side_that_may_be_written(
    pair: Pair, policy: Policy
) -> None:
    decision = pair.decided(policy)
    after = pair.after(decision)

    if pair.contact.email_opt_out or pair.person.opted_out:
        assert pair.contact.value("email") in decision.change.suppress
    if pair.person.opted_out and policy.direction.writes_marketing:
        assert after.contact.email_opt_out
    writable = policy.consent_writable and pair.person.opted_out is False
    if pair.contact.email_opt_out and policy.direction.writes_crm and writable:
        assert after.person.opted_out


# --- 2: idempotence ---------------------------------------------------------------------------


@given(pairs(), policies())
def test_a_second_sync_without_edits_has_nothing_to_write_or_store(
    pair: Pair, policy: Policy
) -> None:
    after = pair.after(pair.decided(policy))

    again = after.decided(policy)

    assert again.change.steps == ()
    assert not again.change.settles


# --- 4: locality ------------------------------------------------------------------------------


@given(pairs(), policies())
def test_only_fields_that_somebody_edited_are_ever_written(pair: Pair, policy: Policy) -> None:
    change = pair.decided(policy).change

    for step in change.steps:
        for name in step.values:
            assert _changed(pair, name, "left") or _changed(pair, name, "right")


@given(pairs(), policies())
def test_a_record_that_nobody_touched_is_never_written(pair: Pair, policy: Policy) -> None:
    settled = pair.after(pair.decided(policy))
    spelled = settled.edited(
        left={name: f" {value} " for name, value in settled.contact.values.items() if value},
        right={name: f"{value}  " for name, value in settled.person.values.items() if value},
    )

    assert spelled.decided(policy).change.steps == ()


# --- 5: direction -----------------------------------------------------------------------------


@given(observations(), policies((Direction.IMPORT,)))
def test_an_import_never_writes_to_the_crm(seen: Observation, policy: Policy) -> None:
    assert not decide(seen, policy).change.writes(Side.CRM)


@given(observations(), policies((Direction.EXPORT,)))
def test_an_export_never_writes_contacts_or_memberships(seen: Observation, policy: Policy) -> None:
    assert not decide(seen, policy).change.writes(Side.MARKETING)


@given(observations(), policies())
def test_whatever_is_decided_an_opt_out_that_was_seen_suppresses_its_address(
    seen: Observation, policy: Policy
) -> None:
    change = decide(seen, policy).change

    for who, out in (
        (seen.contact, seen.contact is not None and seen.contact.email_opt_out),
        (seen.person, seen.person is not None and seen.person.opted_out),
    ):
        if out and who is not None and who.value("email"):
            assert who.value("email") in change.suppress


# --- 7: no silent loss ------------------------------------------------------------------------


@given(pairs(), policies())
def test_an_edit_that_is_overruled_is_in_the_log_with_its_value(pair: Pair, policy: Policy) -> None:
    change = pair.decided(policy).change

    for field in change.fields:
        side = "left" if field.side is Side.MARKETING else "right"
        if _changed(pair, field.name, side):
            assert field.loser == field.side.value
            assert field.before == (pair.contact if side == "left" else pair.person).value(
                field.name
            )


@given(pairs(), policies((Direction.BOTH,)))
def test_joining_here_and_leaving_there_keeps_the_member(pair: Pair, policy: Policy) -> None:
    apart = replace(
        pair, membership=MembershipBase(left=False, right=True), in_group=True, seen=Seen.OUT
    )

    after = apart.after(apart.decided(policy))

    assert (after.in_group, after.seen) == (True, Seen.IN)


@given(pairs(), policies())
def test_a_person_deleted_in_the_crm_takes_no_value_from_the_contact(
    pair: Pair, policy: Policy
) -> None:
    gone = replace(pair, person=replace(pair.person, deleted=True), seen=Seen.OUT)

    change = gone.decided(policy).change

    assert {step.action for step in change.steps} <= {Action.REMOVE_MEMBER}
    assert change.outcome in (Outcome.REMOVED, Outcome.SKIPPED)


def _source_has(pair: Pair, direction: Direction) -> bool:
    source = {Direction.IMPORT: pair.seen is Seen.IN, Direction.EXPORT: pair.in_group}
    return source.get(direction, pair.in_group or pair.seen is Seen.IN)


def _changed(pair: Pair, name: str, side: str) -> bool:
    who = pair.contact if side == "left" else pair.person
    base: Agreed = pair.link.fields[name]
    return not same(name, who.value(name), base.left if side == "left" else base.right)
