"""A connection is synced by hand once a minute on average; all else goes on as it likes."""

from __future__ import annotations

from typing import Any

import pytest
from crmsync.domain.connection import Connection
from crmsync.domain.terms import TERMS_VERSION

from tests.fakes.world import World
from tests.unit.functions.api.people import Answer, Api, User

TERMS = {"terms_version": TERMS_VERSION}


@pytest.fixture
def user(world: World) -> User:
    return Api(world, rate_limit_scale=1).user()


@pytest.fixture
def row(world: World) -> dict[str, Any]:
    campaign, group = world.org().add_campaign("C"), world.tenant().create_group("g1", "G")
    return {"campaign": {"id": campaign.id}, "group": {"id": group.id}, "direction": "both"}


def sync(user: User, connection: Connection, row: dict[str, Any], key: str | None = None) -> Answer:
    path = f"connections/{connection.id}/runs"
    return user.post(path, {"mappings": [row], **TERMS}, key=key)


def test_the_eleventh_sync_by_hand_in_ten_minutes_is_told_when_to_come_back(
    user: User, world: World, connection: Connection, row: dict[str, Any]
) -> None:
    allowed = [sync(user, connection, row) for _ in range(10)]
    refused = sync(user, connection, row)
    seconds = int(refused.headers["Retry-After"])
    world.clock.advance(seconds)
    later = sync(user, connection, row)

    assert {answer.status for answer in (*allowed, later)} == {202}
    assert (refused.code, refused.body["status"]) == ("too_many_runs", 429)
    assert 0 < seconds <= 600
    assert len(world.control.runs) == 11


def test_the_same_request_again_is_no_second_sync(
    user: User, connection: Connection, row: dict[str, Any]
) -> None:
    first, again = (sync(user, connection, row, key="k1") for _ in range(2))

    assert first.body == again.body


def test_what_was_refused_does_not_count(
    user: User, connection: Connection, row: dict[str, Any]
) -> None:
    refused = sync(user, connection, {**row, "group": {"id": "nope"}})

    assert (refused.status, sync(user, connection, row).status) == (422, 202)


def test_previews_and_other_connections_are_not_limited(
    user: User, world: World, connection: Connection, row: dict[str, Any]
) -> None:
    other = world.connect()
    sync(user, connection, row)

    previews = [
        user.post(f"connections/{connection.id}/previews", {"mappings": [row]}) for _ in range(3)
    ]

    assert [each.status for each in previews] == [202] * 3
    assert sync(user, other, row).status == 202
