from __future__ import annotations

import pytest
from crmsync.domain.errors import RequestError
from crmsync.routes.paging import opened, sealed
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(st.characters(codec="utf-8"))


@given(TEXT, TEXT)
def test_a_cursor_comes_back_as_it_was_for_its_own_list(scope: str, cursor: str) -> None:
    token = sealed(scope, cursor)

    assert token is not None
    assert token.isascii()
    assert opened(scope, token) == cursor


@given(TEXT, TEXT, TEXT)
def test_a_cursor_of_another_list_is_refused(scope: str, other: str, cursor: str) -> None:
    token = sealed(scope, cursor)
    if scope != other:
        with pytest.raises(RequestError, match="bad_cursor"):
            opened(other, token)


@given(TEXT, st.text())
def test_anything_else_is_refused_and_never_an_accident(scope: str, token: str) -> None:
    with pytest.raises(RequestError, match="bad_cursor"):
        opened(scope, token)


def test_the_first_page_has_no_cursor_and_the_last_one_gives_none() -> None:
    assert opened("groups", None) is None
    assert sealed("groups", None) is None
