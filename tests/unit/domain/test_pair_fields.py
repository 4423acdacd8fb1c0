"""What a field of a pair is merged with: its rule, its times, and a value that was in flight."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from crmsync.domain.base import Agreed, InFlight, Link
from crmsync.domain.fields import FieldRule
from crmsync.domain.mapping import Direction
from crmsync.domain.merge import Merged
from crmsync.domain.observation import Policy
from crmsync.domain.pair_fields import merge_fields, moves

from tests.fakes.builders import a_contact, a_person
from tests.fakes.clock import START

CONTACT = a_contact(city="Rome", title="Chief", phone="415 555 0101")
PERSON = a_person(city="Oslo", title="Owner", phone="415 555 0101")
BASE = {"city": Agreed("a", "b"), "title": Agreed("c", "d"), "phone": Agreed("1", "2")}
LINK = Link(CONTACT.id, PERSON.id, BASE, version=1)
POLICY = Policy("m1", Direction.BOTH, fields=("city", "title", "phone"))
LATER = START + timedelta(hours=1)


def test_each_field_has_its_own_rule_and_one_that_is_off_is_not_merged() -> None:
    rules = {"title": FieldRule.MARKETING_WINS, "phone": FieldRule.OFF}

    found = merge_fields(CONTACT, PERSON, LINK, replace(POLICY, rules=rules))

    assert {name: merged.loser for name, (_, merged) in found.items()} == {
        "city": "marketing",
        "title": "crm",
    }


def test_a_field_that_may_not_travel_for_this_person_is_not_merged() -> None:
    person = replace(PERSON, hidden_fields=frozenset({"city"}))

    assert set(merge_fields(CONTACT, person, LINK, POLICY)) == {"title", "phone"}


@pytest.mark.parametrize(
    ("edited", "modified", "loser"),
    [
        ({"city": LATER}, START, "crm"),
        ({"city": START}, LATER, "marketing"),
        ({"title": LATER}, START, "marketing"),
        ({}, START, "marketing"),
    ],
    ids=["edited here later", "there later", "another field here later", "at once"],
)
def test_the_newest_edit_is_told_by_the_time_of_this_field(
    edited: dict[str, object], modified: object, loser: str
) -> None:
    contact = replace(CONTACT, edited_at=edited)
    person = replace(PERSON, modified_at=modified)
    policy = replace(POLICY, rules={"city": FieldRule.NEWEST})

    assert merge_fields(contact, person, LINK, policy)["city"][1].loser == loser


def test_a_field_nobody_is_known_to_have_edited_is_as_old_as_its_record() -> None:
    contact = replace(CONTACT, edited_at={}, updated_at=LATER)
    policy = replace(POLICY, rules={"city": FieldRule.NEWEST})

    assert merge_fields(contact, PERSON, LINK, policy)["city"][1].loser == "crm"


@pytest.mark.parametrize(
    ("flying", "base"),
    [
        (InFlight("right", "Oslo"), Agreed("Oslo", "Oslo")),
        (InFlight("left", "Rome"), Agreed("Rome", "Rome")),
        (InFlight("right", "OSLO!"), Agreed("OSLO!", "Oslo")),
        (InFlight("left", "rome"), Agreed("Rome", "rome")),
        (InFlight("right", "Rome"), BASE["city"]),
        (InFlight("left", "Oslo"), BASE["city"]),
        (InFlight("right", "Bonn"), BASE["city"]),
    ],
)
def test_a_value_in_flight_is_the_base_if_it_is_found_on_its_side(
    flying: InFlight, base: Agreed
) -> None:
    link = replace(LINK, in_flight={"city": flying})

    field, _ = merge_fields(CONTACT, PERSON, link, POLICY)["city"]

    assert (field.base, field.left, field.right) == (base, "Rome", "Oslo")


def test_a_number_in_flight_arrived_however_the_crm_writes_it() -> None:
    link = replace(LINK, in_flight={"phone": InFlight("right", "+1 415 555 0101")})

    field, merged = merge_fields(CONTACT, PERSON, link, POLICY)["phone"]

    assert field.base == Agreed("+1 415 555 0101", "415 555 0101")
    assert merged.loser is None


def test_a_field_that_never_agreed_has_no_base() -> None:
    field, _ = merge_fields(CONTACT, PERSON, replace(LINK, fields={}), POLICY)["city"]

    assert field.base is None


def test_a_field_that_is_back_is_no_clear() -> None:
    person = replace(PERSON, values={**PERSON.values, "city": ""})

    field, merged = merge_fields(
        CONTACT, person, LINK, replace(POLICY, returned=frozenset({"city"}))
    )["city"]

    assert field.base == Agreed("a", "")
    assert merged.to_right == "Rome"


@pytest.mark.parametrize(
    ("merged", "told"),
    [
        (Merged(), False),
        (Merged(agreed=Agreed("a", "a")), False),
        (Merged(to_left=""), True),
        (Merged(to_right=""), True),
        (Merged(loser="crm"), True),
    ],
)
def test_a_field_is_told_if_it_is_written_or_somebody_was_overruled(
    merged: Merged, *, told: bool
) -> None:
    assert moves(merged) is told
