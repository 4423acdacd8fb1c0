"""How a decision is told: what may pass by itself, what was written and why, who counts as what."""

from __future__ import annotations

from dataclasses import replace

import pytest
from crmsync.domain.base import Agreed, Link
from crmsync.domain.change import Outcome, Side
from crmsync.domain.describe import decision_of, field_change, skip
from crmsync.domain.fields import FieldRule
from crmsync.domain.identity import Match, Verdict
from crmsync.domain.mapping import Direction
from crmsync.domain.membership import Seen
from crmsync.domain.merge import Field, Merged
from crmsync.domain.observation import Observation, Policy

from tests.fakes.builders import a_contact, a_person

CONTACT, PERSON = a_contact(), a_person(email="p1@example.com")
LINK = Link(CONTACT.id, PERSON.id, version=1)
POLICY = Policy("m1", Direction.BOTH, rules={"city": FieldRule.MARKETING_WINS})
PAIR = Observation(CONTACT, PERSON, link=LINK)


@pytest.mark.parametrize(
    ("reason", "seen", "passing"),
    [
        ("merged_into_linked", Observation(CONTACT, PERSON), True),
        ("merged_into_linked", PAIR, False),
        ("merged_into_linked", Observation(None, PERSON), False),
        ("person_deleted", Observation(CONTACT, PERSON), True),
        ("person_deleted", PAIR, False),
        ("needs_review", Observation(CONTACT), True),
        ("create_unconfirmed", Observation(CONTACT), True),
        ("no_email", Observation(CONTACT), False),
        ("out_of_scope", PAIR, True),
        ("out_of_scope", Observation(None, PERSON, seen=Seen.IN), False),
        ("out_of_scope", Observation(None, PERSON, seen=Seen.OUT), True),
        ("out_of_scope", Observation(CONTACT, PERSON, seen=Seen.IN), True),
        ("needs_review", Observation(None, PERSON, seen=Seen.IN), True),
    ],
)
def test_a_reason_that_may_go_away_unnoticed_is_looked_at_again(
    reason: str, seen: Observation, *, passing: bool
) -> None:
    change = skip(seen, POLICY, reason).change

    assert (change.outcome, change.reason, change.passing) == (Outcome.SKIPPED, reason, passing)


@pytest.mark.parametrize("marked", [True, False])
def test_whoever_is_skipped_keeps_the_mark_of_an_unreadable_opt_out(*, marked: bool) -> None:
    seen = replace(PAIR, contact=replace(CONTACT, consent_unreadable=marked))

    assert skip(seen, POLICY, "out_of_scope").consent_unreadable is marked


def test_an_opt_out_covers_the_address_of_whoever_took_over() -> None:
    heir = replace(a_person("p2"), values={**PERSON.values, "email": "heir@example.com"})
    seen = replace(PAIR, person=replace(PERSON, opted_out=True), heir=heir)

    told = decision_of(seen, POLICY, (), (), "").change

    assert told.suppress == ("c1@example.com", "heir@example.com", "p1@example.com")


def test_a_field_is_told_with_what_it_replaces_and_by_which_rule() -> None:
    state = Field("city", "Rome", "Oslo", Agreed("Bonn", "Bern"))

    here = field_change(state, Merged(to_left="Oslo"), POLICY)
    there = field_change(state, Merged(to_right="Rome"), POLICY)

    assert (here.side, here.before, here.after, here.other) == (
        Side.MARKETING,
        "Rome",
        "Oslo",
        "Oslo",
    )
    assert (there.side, there.before, there.after, there.other) == (
        Side.CRM,
        "Oslo",
        "Rome",
        "Rome",
    )
    assert {(f.base_left, f.base_right, f.rule) for f in (here, there)} == {
        ("Bonn", "Bern", "marketing_wins")
    }


def test_a_field_that_nothing_is_written_for_is_told_as_it_stays() -> None:
    state = Field("title", "Boss", "Owner", None)

    told = field_change(state, Merged(loser="crm"), POLICY)

    assert (told.before, told.after) == ("Owner", "Owner")
    assert (told.base_left, told.base_right, told.rule, told.loser) == (
        None,
        None,
        "crm_wins",
        "crm",
    )


ALL = ("in_group", "in_scope", "has_email", "unique", "matched", "mailable")


@pytest.mark.parametrize(
    ("seen", "reached"),
    [
        (PAIR, "mailable"),
        (replace(PAIR, suppressed=True), "matched"),
        (replace(PAIR, person=replace(PERSON, opted_out=None)), "matched"),
        (replace(PAIR, person=replace(PERSON, opted_out=True)), "matched"),
        (replace(PAIR, contact=replace(CONTACT, email_opt_out=True)), "matched"),
        (replace(PAIR, person=replace(PERSON, deleted=True)), "unique"),
        (Observation(CONTACT, match=Match(Verdict.SKIP)), "unique"),
        (Observation(CONTACT, match=Match(Verdict.REVIEW)), "has_email"),
        (Observation(CONTACT, match=Match(Verdict.NEW)), "mailable"),
        (Observation(a_contact(email="")), "in_scope"),
        (Observation(None, a_person(email="")), "in_scope"),
        (Observation(), "in_scope"),
        (replace(PAIR, in_scope=False), "in_group"),
        (replace(PAIR, is_account=True), "in_group"),
    ],
)
def test_each_step_of_the_waterfall_implies_those_before_it(
    seen: Observation, reached: str
) -> None:
    facts = decision_of(seen, POLICY, (), (), "").change.facts

    assert facts == frozenset(ALL[: ALL.index(reached) + 1])


@pytest.mark.parametrize(
    ("seen", "contact_id", "person_id", "name"),
    [
        (PAIR, CONTACT.id, PERSON.id, PERSON.id),
        (Observation(CONTACT), CONTACT.id, None, CONTACT.id),
        (Observation(link=LINK), CONTACT.id, PERSON.id, PERSON.id),
        (Observation(member_id="003unseen"), None, "003unseen", "003unseen"),
    ],
)
def test_a_unit_is_named_by_whoever_is_known_of_it(
    seen: Observation, contact_id: str | None, person_id: str | None, name: str
) -> None:
    told = decision_of(seen, POLICY, (), (), "").change

    assert (told.contact_id, told.person_id, told.id) == (contact_id, person_id, f"m1-{name}")
