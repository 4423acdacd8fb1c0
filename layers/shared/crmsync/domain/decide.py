"""Decide one unit: from what was observed and what the mapping allows to a change.

Pure, and the only place where the rules meet. Called when planning and, with fresh observations,
again right before writing, so that nothing is written over values nobody looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from crmsync.domain.base import NO_MEMBERSHIP, Agreed, Link, MembershipBase
from crmsync.domain.change import Action, Change, FieldChange, Outcome, Side, Step, outcome_of
from crmsync.domain.consent import merge_consent
from crmsync.domain.contact import Contact
from crmsync.domain.fields import FIELD_NAMES, READ_ONLY_IN_CRM, FieldRule, same
from crmsync.domain.identity import Match, Verdict
from crmsync.domain.mapping import Direction
from crmsync.domain.membership import (
    MembershipMerged,
    MembershipPolicy,
    Move,
    Seen,
    merge_membership,
)
from crmsync.domain.merge import Field, Merged, merge
from crmsync.domain.person import Person, PersonKind

PASSING = frozenset({"needs_review", "new_person_review", "out_of_scope", "create_unconfirmed"})
"""Reasons that may go away without an edit, so the unit is gathered again by id."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What one mapping of one connection allows. `writable` are the fields the CRM lets us write."""

    mapping_id: str
    direction: Direction
    rules: Mapping[str, FieldRule] = field(default_factory=dict)
    fields: tuple[str, ...] = FIELD_NAMES
    writable: frozenset[str] = frozenset(FIELD_NAMES) - READ_ONLY_IN_CRM
    consent_writable: bool = True
    hold_new_people: bool = False
    remove_members_in_crm: bool = False

    def rule(self, name: str) -> FieldRule:
        """The rule of a field; the CRM wins unless told otherwise."""
        return self.rules.get(name, FieldRule.CRM_WINS)

    def direction_of(self, name: str, person: Person) -> Direction | None:
        """Which way this field may travel; None when it may not travel at all."""
        if name in person.hidden_fields:
            return None
        if name in self.writable and person.kind is not PersonKind.LEAD:
            return self.direction
        return Direction.IMPORT if self.direction.writes_marketing else None


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything known about one unit at one moment; `match` is set when nothing is linked yet."""

    contact: Contact | None = None
    person: Person | None = None
    link: Link | None = None
    membership: MembershipBase = NO_MEMBERSHIP
    member_left: bool = False
    seen: Seen = Seen.UNKNOWN
    row_id: str | None = None
    match: Match | None = None
    in_scope: bool = True
    in_inactive_campaign: bool = False
    suppressed: bool = False
    is_account: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The change, and what the base becomes when every step of it is acknowledged."""

    change: Change
    link: Link | None = None
    membership: MembershipBase = NO_MEMBERSHIP
    consent_unreadable: bool = False


def decide(seen: Observation, policy: Policy) -> Decision:
    """The decision for one unit. Never writes outside `policy`, never invents a value."""
    if seen.is_account:
        return _skip(seen, policy, "account_member")
    if seen.person is not None and not seen.in_scope:
        return _skip(seen, policy, "out_of_scope")
    if seen.link is not None or (seen.match is not None and seen.match.verdict is Verdict.MATCH):
        return _decide_pair(seen, policy)
    return _decide_unpaired(seen, policy)


def _decide_unpaired(seen: Observation, policy: Policy) -> Decision:
    verdict = seen.match.verdict if seen.match else Verdict.NEW
    if verdict is Verdict.NO_EMAIL:
        return _skip(seen, policy, "no_email")
    if verdict is Verdict.REVIEW:
        return _skip(seen, policy, "needs_review")
    if seen.person is not None:
        return _new_contact(seen, seen.person, policy)
    if seen.contact is not None:
        return _new_person(seen, seen.contact, policy)
    return _skip(seen, policy, "gone")


def _new_contact(seen: Observation, person: Person, policy: Policy) -> Decision:
    if person.deleted or seen.seen is not Seen.IN:
        return _skip(seen, policy, "not_in_campaign")
    if not policy.direction.writes_marketing:
        return _skip(seen, policy, "not_in_group")
    if seen.in_inactive_campaign:
        return _skip(seen, policy, "in_inactive_campaign")
    values = {n: person.value(n) for n in _synced(policy) if person.value(n)}
    opt_out = person.opted_out is True
    steps = (
        Step(Side.MARKETING, Action.CREATE, values, opt_out),
        Step(Side.MARKETING, Action.ADD_MEMBER),
    )
    return _decision(seen, policy, steps, _created_fields(values, Side.MARKETING), "new_in_crm")


def _new_person(seen: Observation, contact: Contact, policy: Policy) -> Decision:
    if not seen.member_left:
        return _skip(seen, policy, "not_in_group")
    if not policy.direction.writes_crm:
        return _skip(seen, policy, "not_in_campaign")
    decided_yes = seen.match is not None and seen.match.id == "create"
    if policy.hold_new_people and not decided_yes:
        return _skip(seen, policy, "new_person_review")
    values = {n: contact.value(n) for n in _synced(policy) if n in policy.writable}
    filled = {name: value for name, value in values.items() if value}
    steps = (
        Step(Side.CRM, Action.CREATE, filled, contact.email_opt_out and policy.consent_writable),
        Step(Side.CRM, Action.ADD_MEMBER),
    )
    return _decision(seen, policy, steps, _created_fields(filled, Side.CRM), "new_in_marketing")


def _decide_pair(seen: Observation, policy: Policy) -> Decision:
    contact, person = seen.contact, seen.person
    if contact is None or person is None:
        return _skip(seen, policy, "out_of_scope")
    if person.deleted:
        return _person_deleted(seen, policy)
    link = seen.link or Link(contact.id, person.id)
    merged = {f.name: (f, m) for f, m in _merge_fields(contact, person, link, policy)}
    member = _merge_member(seen, policy)
    steps = _pair_steps(seen, merged, member, policy)
    settled = {name: m.agreed for name, (_, m) in merged.items() if m.agreed is not None}
    fields = tuple(_field_change(f, m, policy) for f, m in merged.values() if _moves(m))
    decision = _decision(seen, policy, steps, fields, member.reason or "")
    opted_out = contact.email_opt_out or person.opted_out is True
    return replace(
        decision, link=link.advanced(settled, opted_out=opted_out), membership=member.base
    )


def _person_deleted(seen: Observation, policy: Policy) -> Decision:
    """A deleted person has left every campaign; the contact stays and is never re-created."""
    member = merge_membership(
        seen.membership, left=seen.member_left, right=Seen.OUT, policy=_member_policy(seen, policy)
    )
    steps = (Step(Side.MARKETING, Action.REMOVE_MEMBER),) if member.move is Move.REMOVE_LEFT else ()
    decision = _decision(seen, policy, steps, (), "person_deleted")
    if not steps:
        return replace(_skip(seen, policy, "person_deleted"), membership=seen.membership)
    return replace(decision, link=seen.link, membership=member.base)


def _merge_fields(
    contact: Contact, person: Person, link: Link, policy: Policy
) -> list[tuple[Field, Merged]]:
    merged = []
    for name in _synced(policy):
        direction = policy.direction_of(name, person)
        if direction is not None:
            state = _field(name, contact, person, link.fields.get(name))
            merged.append((state, merge(state, policy.rule(name), direction)))
    return merged


def _field(name: str, contact: Contact, person: Person, base: Agreed | None) -> Field:
    left_at = contact.edited_at.get(name, contact.updated_at)
    return Field(name, contact.value(name), person.value(name), base, left_at, person.modified_at)


def _pair_steps(
    seen: Observation,
    merged: Mapping[str, tuple[Field, Merged]],
    member: MembershipMerged,
    policy: Policy,
) -> tuple[Step, ...]:
    consent = merge_consent(seen.contact, seen.person, policy.direction)
    left = {n: m.to_left for n, (_, m) in merged.items() if m.to_left is not None}
    right = {n: m.to_right for n, (_, m) in merged.items() if m.to_right is not None}
    steps = []
    if seen.link is None:
        steps.append(Step(Side.MARKETING, Action.LINK))
    if right or (consent.to_right and policy.consent_writable):
        opt_out = consent.to_right and policy.consent_writable
        steps.append(Step(Side.CRM, Action.UPDATE, right, opt_out))
    if left or consent.to_left:
        steps.append(Step(Side.MARKETING, Action.UPDATE, left, consent.to_left))
    return (*steps, *_member_steps(member.move, seen.row_id))


def _member_steps(move: Move, row_id: str | None) -> tuple[Step, ...]:
    match move:
        case Move.ADD_LEFT:
            return (Step(Side.MARKETING, Action.ADD_MEMBER),)
        case Move.ADD_RIGHT:
            return (Step(Side.CRM, Action.ADD_MEMBER),)
        case Move.REMOVE_LEFT:
            return (Step(Side.MARKETING, Action.REMOVE_MEMBER),)
        case Move.REMOVE_RIGHT:
            return (Step(Side.CRM, Action.REMOVE_MEMBER, row_id=row_id),)
        case Move.NONE:
            return ()


def _merge_member(seen: Observation, policy: Policy) -> MembershipMerged:
    merged = merge_membership(
        seen.membership,
        left=seen.member_left,
        right=seen.seen,
        policy=_member_policy(seen, policy),
    )
    if seen.row_id and merged.base.right:
        return replace(merged, base=replace(merged.base, row_id=seen.row_id))
    return merged


def _member_policy(seen: Observation, policy: Policy) -> MembershipPolicy:
    return MembershipPolicy(
        policy.direction, policy.remove_members_in_crm, seen.in_inactive_campaign
    )


def _synced(policy: Policy) -> list[str]:
    return [name for name in policy.fields if policy.rule(name) is not FieldRule.OFF]


def _moves(merged: Merged) -> bool:
    return merged.to_left is not None or merged.to_right is not None or merged.loser is not None


def _field_change(state: Field, merged: Merged, policy: Policy) -> FieldChange:
    to_left = merged.to_left is not None
    before, other = (state.left, state.right) if to_left else (state.right, state.left)
    after = merged.to_left if to_left else merged.to_right
    return FieldChange(
        name=state.name,
        side=Side.MARKETING if to_left else Side.CRM,
        base_left=state.base.left if state.base else None,
        base_right=state.base.right if state.base else None,
        before=before,
        after=before if after is None else after,
        other=other,
        rule=policy.rule(state.name).value,
        loser=merged.loser,
    )


def _created_fields(values: Mapping[str, str], side: Side) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name, side, None, None, "", value, value, "new")
        for name, value in values.items()
    )


def _skip(seen: Observation, policy: Policy, reason: str) -> Decision:
    """Nothing is written, but an opt-out that was seen still suppresses its address."""
    decision = _decision(seen, policy, (), (), reason)
    change = replace(decision.change, outcome=Outcome.SKIPPED, passing=reason in PASSING)
    return replace(decision, change=change, link=seen.link, membership=seen.membership)


def _decision(
    seen: Observation,
    policy: Policy,
    steps: tuple[Step, ...],
    fields: tuple[FieldChange, ...],
    reason: str,
) -> Decision:
    contact_id = _contact_id(seen)
    person_id = seen.person.id if seen.person else (seen.link.person_id if seen.link else None)
    consent = merge_consent(seen.contact, seen.person, policy.direction)
    change = Change(
        id=f"{policy.mapping_id}-{person_id or contact_id}",
        mapping_id=policy.mapping_id,
        contact_id=contact_id,
        person_id=person_id,
        steps=steps,
        fields=fields,
        outcome=outcome_of(steps),
        reason=reason,
        contact=seen.contact,
        person=seen.person,
        seen=seen.seen,
        row_id=seen.row_id,
        candidates=seen.match.candidates if seen.match else (),
        suppress=consent.suppress,
        facts=_facts(seen),
    )
    return Decision(change, consent_unreadable=consent.unreadable)


def _contact_id(seen: Observation) -> str | None:
    if seen.contact is not None:
        return seen.contact.id
    return seen.link.contact_id if seen.link else None


def _facts(seen: Observation) -> frozenset[str]:
    """What the count waterfall counts; each step implies the ones before it."""
    who = seen.contact or seen.person
    facts = ["in_group"]
    checks = (
        ("in_scope", seen.in_scope and not seen.is_account),
        ("has_email", who is not None and bool(who.value("email"))),
        ("unique", not (seen.match and seen.match.verdict is Verdict.REVIEW)),
        ("matched", not _excluded(seen)),
        ("mailable", _mailable(seen)),
    )
    for name, holds in checks:
        if not holds:
            break
        facts.append(name)
    return frozenset(facts)


def _excluded(seen: Observation) -> bool:
    return seen.person is not None and seen.person.deleted


def _mailable(seen: Observation) -> bool:
    contact_out = seen.contact is not None and seen.contact.email_opt_out
    person_out = seen.person is not None and seen.person.opted_out is not False
    return not (contact_out or person_out or seen.suppressed)


def moved(planned: Change, fresh: Change) -> bool:
    """Whether what would be written now differs from what was planned."""
    return [_written(s) for s in planned.steps] != [_written(s) for s in fresh.steps]


def _written(step: Step) -> tuple[object, ...]:
    values = tuple(sorted(step.values.items()))
    return (step.side, step.action, values, step.opt_out)


def already_done(planned: Change, now: Observation) -> bool:
    """Whether every value the plan wanted is there already, as after a reply that was lost."""
    for step in planned.steps:
        who = now.contact if step.side is Side.MARKETING else now.person
        if who is None:
            return False
        if not all(same(name, who.value(name), value) for name, value in step.values.items()):
            return False
    return True
