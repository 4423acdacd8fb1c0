"""Put a decision into a change: the record people read, with reasons and facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from crmsync.domain.change import Change, FieldChange, Outcome, Side, Step, outcome_of
from crmsync.domain.consent import merge_consent
from crmsync.domain.identity import Verdict
from crmsync.domain.membership import Seen
from crmsync.domain.merge import Field, Merged
from crmsync.domain.observation import PASSING, Decision, Observation, Policy


def skip(seen: Observation, policy: Policy, reason: str) -> Decision:
    """Nothing is written, but an opt-out that was seen still suppresses its address."""
    decision = decision_of(seen, policy, (), (), reason)
    change = replace(decision.change, outcome=Outcome.SKIPPED, passing=_passes(seen, reason))
    marker = seen.contact is not None and seen.contact.consent_unreadable
    return replace(decision, change=change, consent_unreadable=marker)


def _passes(seen: Observation, reason: str) -> bool:
    """Whether the reason may go away unnoticed.

    Of a campaign's member whom no contact matches the delta shows when it gets an owner in scope. A
    contact whose match went meanwhile is looked for again: another record may have taken over.
    """
    if reason in ("merged_into_linked", "person_deleted"):
        return seen.link is None and seen.contact is not None
    shown = seen.contact is None and seen.link is None and seen.seen is Seen.IN
    return reason in PASSING and not (reason == "out_of_scope" and shown)


def decision_of(
    seen: Observation,
    policy: Policy,
    steps: tuple[Step, ...],
    fields: tuple[FieldChange, ...],
    reason: str,
) -> Decision:
    """A decision with these steps; base and membership stay as they are unless replaced."""
    contact_id = _contact_id(seen)
    person_id = _person_id(seen)
    consent = merge_consent(seen.contact, seen.person, policy.direction, seen.heir)
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
        inactive=seen.in_inactive_campaign,
        candidates=seen.match.candidates if seen.match else (),
        suppress=consent.suppress,
        facts=_facts(seen),
    )
    unreadable = consent.unreadable
    return Decision(change, seen.link, seen.membership, consent_unreadable=unreadable)


def field_change(state: Field, merged: Merged, policy: Policy) -> FieldChange:
    """What one merged field looks like to a reader."""
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


def created_fields(values: Mapping[str, str], side: Side) -> tuple[FieldChange, ...]:
    """The fields of a record that is new on `side`."""
    return tuple(
        FieldChange(name, side, None, None, "", value, value, "new")
        for name, value in values.items()
    )


def _person_id(seen: Observation) -> str | None:
    if seen.person is not None:
        return seen.person.id
    return seen.link.person_id if seen.link else seen.member_id


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
    left_out = seen.match is not None and seen.match.verdict is Verdict.SKIP
    return left_out or (seen.person is not None and seen.person.deleted)


def _mailable(seen: Observation) -> bool:
    contact_out = seen.contact is not None and seen.contact.email_opt_out
    person_out = seen.person is not None and seen.person.opted_out is not False
    return not (contact_out or person_out or seen.suppressed)
