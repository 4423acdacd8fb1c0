"""When two values of a field count as the same."""

from __future__ import annotations

import pytest
from crmsync.domain.fields import comparable, loosely_same, same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+1 (555) 010-1234", "555.010.1234"),
        ("15550101234", "5550101234"),
        (" ext ", "ext"),
    ],
)
def test_phones_are_compared_by_their_digits_without_a_leading_one(one: str, other: str) -> None:
    assert same("phone", one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1555010123", "555010123"),
        ("25550101234", "5550101234"),
        ("115550101234", "15550101234"),
    ],
)
def test_a_leading_one_counts_unless_ten_digits_follow_it(one: str, other: str) -> None:
    assert not same("phone", one, other)


def test_spaces_count_between_words_and_how_many_does_not() -> None:
    assert comparable("city", "  New \u00a0 York\n") == "New York"
    assert not same("city", "New York", "NewYork")


def test_case_counts_except_in_addresses() -> None:
    assert same("email", "Ada@X.example", "ada@x.EXAMPLE")
    assert not same("city", "Rome", "ROME")


def test_what_a_crm_tidies_up_is_loosely_the_same() -> None:
    assert loosely_same("(555) 010-1234", "5550101234")
    assert loosely_same("new york", "New-York")
    assert not loosely_same("New York", "New Yorks")
