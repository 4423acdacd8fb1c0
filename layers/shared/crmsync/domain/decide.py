"""Decide one unit: from what was observed and what the mapping allows to a change.

Pure, and the only place where the rules meet. Called when planning and, with fresh observations,
again right before writing, so that nothing is written over values nobody looked at.
"""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.base import MembershipBase
from crmsync.domain.change import Action, Change, Side, Step
from crmsync.domain.consent import withdrawn
from crmsync.domain.contact import Contact
from crmsync.domain.describe import created_fields, decision_of, skip
from crmsync.domain.identity import Verdict
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Decision, Observation, Policy
from crmsync.domain.pair import decide_pair
from crmsync.domain.person import Person
from crmsync.domain.resume import what

_LEFT_OUT = {
    Verdict.NO_EMAIL: "no_email",
    Verdict.REVIEW: "needs_review",
    Verdict.SKIP: "decided_to_skip",
    Verdict.WAIT: "create_unconfirmed",
}
"""Why nothing is done about somebody of whom this was found."""


def decide(seen: Observation, policy: Policy) -> Decision:
    """The decision for one unit. Never writes outside `policy`, never invents a value."""
    decision = _decide(seen, policy)
    change = replace(
        decision.change,
        settles=_settles(seen, decision),
        moved=seen.moved,
        link_version=seen.link.version if seen.link else 0,
    )
    return replace(
        decision,
        change=change,
        stored_link=seen.link,
        stored_membership=seen.membership,
        moved=seen.moved,
    )


def _settles(seen: Observation, decision: Decision) -> bool:
    """Whether the base has to be stored even if nothing is written."""
    contact = seen.contact
    marker = contact is not None and contact.consent_unreadable != decision.consent_unreadable
    moved = decision.link != seen.link or decision.membership != seen.membership or seen.moved
    return moved or (marker and seen.person is not None)


def _decide(seen: Observation, policy: Policy) -> Decision:
    if seen.is_account:
        return skip(seen, policy, "account_member")
    if seen.person is not None and seen.person.deleted and seen.link is None:
        return skip(seen, policy, "person_deleted")
    if seen.person is not None and not seen.in_scope:
        return _out_of_scope(seen, policy)
    if seen.link is not None:
        return _linked(seen, policy)
    if (
        seen.match is not None
        and seen.match.verdict is Verdict.MATCH
        and seen.contact
        and seen.person
    ):
        return decide_pair(seen, seen.contact, seen.person, policy)
    return _unlinked(seen, policy)


def _out_of_scope(seen: Observation, policy: Policy) -> Decision:
    """Nothing of the person is ours any more, nor is our word on whether its consent is known."""
    decision = skip(seen, policy, "out_of_scope")
    if seen.link is None:
        return decision
    read = withdrawn(seen.link.consent_read, policy.connection_id)
    if read == seen.link.consent_read:
        return decision
    link = replace(seen.link, consent_read=read)
    return replace(decision, link=link, consent_unreadable=not all(read.values()))


def _linked(seen: Observation, policy: Policy) -> Decision:
    if seen.person is None:
        return skip(seen, policy, "out_of_scope")
    if seen.contact is None:
        return _new_contact(seen, seen.person, policy)
    return decide_pair(seen, seen.contact, seen.person, policy)


def _unlinked(seen: Observation, policy: Policy) -> Decision:
    verdict = seen.match.verdict if seen.match else Verdict.NEW
    if verdict in _LEFT_OUT:
        return skip(seen, policy, _LEFT_OUT[verdict])
    if seen.person is not None:
        return _new_contact(seen, seen.person, policy)
    if seen.contact is not None:
        return _new_person(seen, seen.contact, policy)
    return skip(seen, policy, "gone")


def _new_contact(seen: Observation, person: Person, policy: Policy) -> Decision:
    if seen.seen is not Seen.IN:
        return skip(seen, policy, "not_in_campaign")
    if not policy.direction.writes_marketing:
        return skip(seen, policy, "not_in_group")
    if seen.in_inactive_campaign:
        return skip(seen, policy, "in_inactive_campaign")
    values = {n: person.value(n) for n in policy.synced if person.value(n)}
    opt_out = person.opted_out is True
    steps = (
        Step(Side.MARKETING, Action.CREATE, values, opt_out),
        Step(Side.MARKETING, Action.ADD_MEMBER),
    )
    fields = created_fields(values, Side.MARKETING)
    decision = decision_of(seen, policy, steps, fields, "new_in_crm")
    member = MembershipBase(left=True, right=True, row_id=seen.row_id)
    # The link may have been stored by a worker that died before it created the contact.
    link = seen.link.created_with(values, opted_out=opt_out) if seen.link else None
    return replace(decision, link=link, membership=member)


def _new_person(seen: Observation, contact: Contact, policy: Policy) -> Decision:
    if not seen.member_left:
        return skip(seen, policy, "not_in_group")
    if not policy.direction.writes_crm:
        return skip(seen, policy, "not_in_campaign")
    if policy.hold_new_people and not seen.may_create:
        return skip(seen, policy, "new_person_review")
    values = {n: contact.value(n) for n in policy.synced if n in policy.writable}
    filled = {name: value for name, value in values.items() if value}
    steps = (
        Step(Side.CRM, Action.CREATE, filled, contact.email_opt_out and policy.consent_writable),
        Step(Side.CRM, Action.ADD_MEMBER),
    )
    fields = created_fields(filled, Side.CRM)
    decision = decision_of(seen, policy, steps, fields, "new_in_marketing")
    return replace(decision, membership=MembershipBase(left=True, right=True))


def moved(planned: Change, fresh: Change) -> bool:
    """Whether what would be written now differs from what was planned."""
    return [what(s) for s in planned.steps] != [what(s) for s in fresh.steps]
