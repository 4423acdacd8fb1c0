"""Decide a linked pair: merge its fields, its consent and its membership."""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.base import Link
from crmsync.domain.change import Action, Side, Step
from crmsync.domain.consent import consent_read, merge_consent
from crmsync.domain.contact import Contact
from crmsync.domain.describe import decision_of, field_change, skip
from crmsync.domain.membership import (
    MembershipMerged,
    MembershipPolicy,
    Move,
    Seen,
    merge_membership,
)
from crmsync.domain.observation import Decision, Observation, Policy
from crmsync.domain.pair_fields import Fields, merge_fields, moves
from crmsync.domain.person import Person


def decide_pair(seen: Observation, contact: Contact, person: Person, policy: Policy) -> Decision:
    """The decision for a contact and the person it is, or is about to be, linked to."""
    if person.merged_into or person.converted_into:
        return skip(seen, policy, "merged_into_linked")
    if person.deleted:
        return _person_deleted(seen, policy)
    link = seen.link or Link(contact.id, person.id)
    merged = merge_fields(contact, person, link, policy) if _is_synced(seen, policy) else {}
    member = _merge_member(seen, policy)
    steps = _steps(seen, merged, member, policy)
    fields = tuple(field_change(f, m, policy) for f, m in merged.values() if moves(m))
    decision = decision_of(seen, policy, steps, fields, member.reason or "")
    decision = replace(decision, change=replace(decision.change, passing=_apart(seen, member)))
    link = _settled(link, merged, contact, person, policy)
    unreadable = decision.consent_unreadable or not all(link.consent_read.values())
    return replace(decision, link=link, membership=member.base, consent_unreadable=unreadable)


def _is_synced(seen: Observation, policy: Policy) -> bool:
    """Whether a source has the member: whoever is on the other side only stays as is.

    A removal of ours that was begun took a member out; what was to be written with it still is.
    """
    begun = seen.membership.in_flight
    left = seen.member_left or begun == Move.REMOVE_LEFT
    right = seen.seen is Seen.IN or begun == Move.REMOVE_RIGHT
    sends = policy.direction
    return (left and sends.writes_crm) or (right and sends.writes_marketing)


def _apart(seen: Observation, member: MembershipMerged) -> bool:
    """Whether the contact is in the group only: then just a look by id shows CRM edits."""
    return seen.member_left and seen.seen is Seen.OUT and member.move is Move.NONE


def _settled(link: Link, merged: Fields, contact: Contact, person: Person, policy: Policy) -> Link:
    """The link with its base as it will be; a value that arrived counts even if nothing moves."""
    agreed = {name: f.base for name, (f, _) in merged.items() if f.base is not None}
    agreed |= {name: m.agreed for name, (_, m) in merged.items() if m.agreed is not None}
    opted_out = contact.email_opt_out or person.opted_out is True
    readable, marked = person.opted_out is not None, contact.consent_unreadable
    read = consent_read(link.consent_read, policy.connection_id, readable=readable, marked=marked)
    link = replace(link, person_id=person.id, consent_read=read)
    return link.advanced(agreed, opted_out=opted_out)


def _person_deleted(seen: Observation, policy: Policy) -> Decision:
    """A deleted person has left every campaign; the contact stays and is never re-created."""
    member = merge_membership(
        seen.membership, left=seen.member_left, right=Seen.OUT, policy=_member_policy(seen, policy)
    )
    steps = (Step(Side.MARKETING, Action.REMOVE_MEMBER),) if member.move is Move.REMOVE_LEFT else ()
    decision = decision_of(seen, policy, steps, (), "person_deleted")
    if not steps:
        done = member.base if seen.membership.in_flight else seen.membership
        return replace(skip(seen, policy, "person_deleted"), membership=done)
    return replace(decision, membership=member.base)


def _steps(
    seen: Observation, merged: Fields, member: MembershipMerged, policy: Policy
) -> tuple[Step, ...]:
    consent = merge_consent(seen.contact, seen.person, policy.direction)
    left = {n: m.to_left for n, (_, m) in merged.items() if m.to_left is not None}
    right = {n: m.to_right for n, (_, m) in merged.items() if m.to_right is not None}
    raise_flag = consent.to_right and policy.consent_writable
    steps = []
    if seen.link is None or seen.link.version == 0:
        steps.append(Step(Side.MARKETING, Action.LINK))
    if right or raise_flag:
        steps.append(Step(Side.CRM, Action.UPDATE, right, raise_flag))
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
    there = seen.person is not None and not seen.person.deleted
    return MembershipPolicy(
        policy.direction,
        policy.remove_members_in_crm,
        seen.in_inactive_campaign,
        in_other_campaign=there and seen.in_other_campaign,
        in_other_group=seen.in_other_group,
    )
