from __future__ import annotations

import pytest
from crmsync.domain.ids import full_crm_id


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("701000000000001", "701000000000001AAA"),
        ("00D4x000000XyZb", "00D4x000000XyZbEAK"),
        ("701Ea00000ABCDE", "701Ea00000ABCDEIA5"),
    ],
)
def test_a_crm_id_of_15_characters_gets_the_three_that_say_its_capitals(
    short: str, full: str
) -> None:
    assert full_crm_id(short) == full


@pytest.mark.parametrize(
    "text", ["", "701", "701000000000001AAA", "g_0000000000000", "Spring Dinner 2"]
)
def test_what_is_no_id_of_15_characters_stays_as_it_is(text: str) -> None:
    assert full_crm_id(text) == text
