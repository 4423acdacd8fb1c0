"""What each role sees and changes."""

from __future__ import annotations

import pytest
from crmsync.domain.caller import Caller
from crmsync.domain.connection import Connection
from crmsync.domain.errors import Forbidden, NotFound

from tests.fakes.world import World

OWNER = Caller("t1", "advisor-u1", frozenset({"advisor"}))
COLLEAGUE = Caller("t1", "advisor-u2", frozenset({"advisor"}))
STRANGER = Caller("t2", "advisor-u1", frozenset({"advisor"}))
ADMIN = Caller("t1", "admin", frozenset({"marketing-admin"}))
FOREIGN_ADMIN = Caller("t2", "admin", frozenset({"marketing-admin"}))
BOTH = Caller("t1", "advisor-u1", frozenset({"advisor", "marketing-admin"}))
FORMER = Caller("t1", "advisor-u1", frozenset())


@pytest.fixture
def connection() -> Connection:
    return World().connect()


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (OWNER, "sees owns"),
        (COLLEAGUE, ""),
        (STRANGER, ""),
        (ADMIN, "sees"),
        (FOREIGN_ADMIN, ""),
        (BOTH, "sees owns"),
        (FORMER, ""),
    ],
)
def test_who_sees_and_who_owns_a_connection(
    caller: Caller, expected: str, connection: Connection
) -> None:
    rights = {"sees": caller.sees(connection), "owns": caller.owns(connection)}

    assert " ".join(right for right, held in rights.items() if held) == expected


@pytest.mark.parametrize("caller", [COLLEAGUE, STRANGER, FOREIGN_ADMIN, FORMER])
def test_what_cannot_be_seen_does_not_exist(caller: Caller, connection: Connection) -> None:
    for look in (caller.seen, caller.owned):
        with pytest.raises(NotFound, match="no_such_connection"):
            look(connection, connection.id)


def test_what_can_only_be_read_is_not_changed(connection: Connection) -> None:
    assert ADMIN.seen(connection, connection.id) == connection
    with pytest.raises(Forbidden, match="read_only_role"):
        ADMIN.owned(connection, connection.id)


def test_what_is_not_stored_does_not_exist_for_anybody() -> None:
    with pytest.raises(NotFound):
        OWNER.seen(None, "c_gone")


def test_only_an_advisor_is_let_write() -> None:
    OWNER.require_advisor()
    BOTH.require_advisor()
    with pytest.raises(Forbidden, match="read_only_role"):
        ADMIN.require_advisor()
