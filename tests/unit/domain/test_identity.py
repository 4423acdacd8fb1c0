"""Name and address both have to be the same: neither alone makes two records one human."""

from __future__ import annotations

import pytest
from crmsync.domain.contact import Contact
from crmsync.domain.identity import (
    NO_DECISIONS,
    Decisions,
    Match,
    Verdict,
    match_contact,
    match_person,
)
from crmsync.domain.person import Person

from tests.fakes.builders import a_contact, a_person

HOME = {"first_name": "Ada", "last_name": "Byron", "email": "home@x.example"}


def contact(contact_id: str = "c1", **values: str) -> Contact:
    return a_contact(contact_id, **{**HOME, **values})


def person(person_id: str = "p1", **values: str) -> Person:
    return a_person(person_id, **{**HOME, **values})


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        ({}, Verdict.MATCH),
        ({"first_name": " ada", "last_name": "BYRON"}, Verdict.MATCH),
        ({"email": "HOME@x.example "}, Verdict.MATCH),
        ({"email": "work@x.example"}, Verdict.REVIEW),
        ({"first_name": "Max"}, Verdict.REVIEW),
        ({"last_name": "King"}, Verdict.REVIEW),
    ],
)
def test_only_the_same_name_at_the_same_address_is_the_same_human(
    other: dict[str, str], verdict: Verdict
) -> None:
    assert match_contact(person(), [contact(**other)], [], NO_DECISIONS).verdict is verdict
    assert match_person(contact(), [person(**other)], [], NO_DECISIONS).verdict is verdict


@pytest.mark.parametrize("rival", [{"first_name": "Max"}, {"last_name": "King"}])
def test_somebody_else_of_the_address_is_in_nobodys_way(rival: dict[str, str]) -> None:
    found = match_contact(person(), [contact()], [person("p2", **rival)], NO_DECISIONS)
    assert found == Match(Verdict.MATCH, "c1")
    found = match_person(contact(), [person()], [contact("c2", **rival)], NO_DECISIONS)
    assert found == Match(Verdict.MATCH, "p1")


def test_a_namesake_of_the_address_makes_it_a_question() -> None:
    found = match_contact(person(), [contact()], [person("p2")], NO_DECISIONS)
    assert found == Match(Verdict.REVIEW, candidates=("c1",))
    found = match_person(contact(), [person()], [contact("c2")], NO_DECISIONS)
    assert found == Match(Verdict.REVIEW, candidates=("p1",))


def test_whoever_is_a_rivals_by_name_is_no_candidate() -> None:
    spouse = {"first_name": "Max"}

    found = match_contact(
        person(), [contact("c2", **spouse)], [person("p2", **spouse)], NO_DECISIONS
    )
    assert found == Match(Verdict.NEW)
    found = match_person(
        contact(), [person("p2", **spouse)], [contact("c2", **spouse)], NO_DECISIONS
    )
    assert found == Match(Verdict.NEW)


def test_two_of_the_name_are_both_asked_about_in_one_order() -> None:
    found = match_person(contact(), [person("p2"), person("p1")], [], NO_DECISIONS)

    assert found == Match(Verdict.REVIEW, candidates=("p1", "p2"))


@pytest.mark.parametrize(
    ("decided", "found"),
    [
        (Decisions(same=frozenset({"p1"})), Match(Verdict.MATCH, "p1")),
        (Decisions(different=frozenset({"p1"})), Match(Verdict.NEW)),
        (Decisions(create=True), Match(Verdict.NEW)),
        (Decisions(skip=True), Match(Verdict.SKIP)),
    ],
)
def test_what_people_decided_is_not_asked_again(decided: Decisions, found: Match) -> None:
    assert match_person(contact(), [person(first_name="Max")], [], decided) == found


def test_whoever_has_no_address_is_nobody_to_match() -> None:
    assert match_contact(person(email=""), [], [], NO_DECISIONS) == Match(Verdict.NO_EMAIL)
    assert match_person(contact(email=""), [], [], NO_DECISIONS) == Match(Verdict.NO_EMAIL)
