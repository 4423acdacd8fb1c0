"""What two sides agreed on once a write came through, and what a link remembers of it."""

from __future__ import annotations

import pytest
from crmsync.domain.base import Agreed, InFlight, Link, agreed_on

LINK = Link("c1", "p1", {"city": Agreed("Rome", "Rome")}, in_flight={"city": InFlight("left", "x")})


def test_what_the_crm_holds_is_agreed_on_if_it_only_wrote_our_value_in_its_own_way() -> None:
    sent = {"city": "new york", "phone": "415 555 0101"}
    held = {"city": "New York", "phone": "(415) 555-0101"}

    assert agreed_on(sent, held) == {
        "city": Agreed("new york", "New York"),
        "phone": Agreed("415 555 0101", "(415) 555-0101"),
    }


@pytest.mark.parametrize("held", [{"city": "Oslo"}, {}])
def test_anything_else_it_holds_is_an_edit_since(held: dict[str, str]) -> None:
    assert agreed_on({"city": "Rome"}, held) == {"city": Agreed("Rome", "Rome")}


def test_a_blank_that_was_sent_and_that_the_crm_does_not_tell_of_is_a_blank() -> None:
    assert agreed_on({"city": ""}, {}) == {"city": Agreed("", "")}


def test_what_settles_joins_the_base_and_nothing_stays_in_flight() -> None:
    assert LINK.advanced({"title": Agreed("a", "b")}, opted_out=False) == Link(
        "c1", "p1", {"city": Agreed("Rome", "Rome"), "title": Agreed("a", "b")}
    )


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [(False, False, False), (False, True, True), (True, False, True), (True, True, True)],
)
def test_an_opt_out_once_seen_stays_seen(*, before: bool, now: bool, after: bool) -> None:
    link = Link("c1", "p1", opted_out=before)

    assert link.advanced({}, opted_out=now).opted_out is after
