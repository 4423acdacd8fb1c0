"""Whoever sets something up leaves a line that says what it was before."""

from __future__ import annotations

from typing import Any

import pytest
from crmsync.domain.connection import Connection
from crmsync.domain.terms import TERMS_VERSION
from crmsync.services.run_slice import RunSlice

from tests.fakes.world import World
from tests.unit.functions.api.people import Api, User


@pytest.fixture
def row(world: World) -> dict[str, Any]:
    campaign, group = world.org().add_campaign("C"), world.tenant().create_group("g1", "G")
    return {"campaign": {"id": campaign.id}, "group": {"id": group.id}, "direction": "both"}


def lines(user: User, connection: Connection, query: str = "") -> list[dict[str, Any]]:
    answer = user.get(f"connections/{connection.id}/audit{query}")
    assert answer.status == 200, answer.body
    return list(answer.body["items"])


def test_a_choice_is_kept_with_what_it_was_before(
    advisor: User, world: World, connection: Connection
) -> None:
    world.clock.advance(60)

    advisor.patch(f"connections/{connection.id}", {"settings": {"new_people": "hold"}})

    [line] = lines(advisor, connection)
    assert (line["user_id"], line["what"]) == ("advisor-u1", "connection")
    assert line["at"] == world.clock.now().isoformat().replace("+00:00", "Z")
    assert set(line["before"]) == set(line["after"]) == {"settings"}
    assert line["before"]["settings"]["new_people"] == "create"
    assert line["after"]["settings"]["new_people"] == "hold"


def test_what_changes_nothing_or_is_refused_leaves_no_line(
    advisor: User, admin: User, connection: Connection
) -> None:
    path = f"connections/{connection.id}"

    advisor.patch(path, {"settings": {"new_people": "create"}})
    refused = advisor.patch(path, {"inactive_campaign_id": "nope"})
    forbidden = admin.patch(path, {"settings": {"new_people": "hold"}})

    assert (refused.status, forbidden.status) == (422, 403)
    assert lines(advisor, connection) == []


def test_the_life_of_an_automation_is_read_newest_first(
    advisor: User, connection: Connection, row: dict[str, Any]
) -> None:
    path = f"connections/{connection.id}/automation"
    advisor.put(path, {"mappings": [row]})
    advisor.post(f"{path}/finalize", {"terms_version": TERMS_VERSION})
    advisor.put(path, {"mappings": [row], "enabled": False})

    paused, finalized, drafted = lines(advisor, connection)

    assert {line["what"] for line in (paused, finalized, drafted)} == {"automation"}
    assert (drafted["before"]["mappings"], len(drafted["after"]["mappings"])) == ([], 1)
    assert finalized["before"]["live_mappings"] == []
    assert finalized["after"]["live_mappings"] == drafted["after"]["mappings"]
    assert finalized["after"]["terms_version"] == TERMS_VERSION
    assert (paused["before"], paused["after"]) == ({"enabled": True}, {"enabled": False})


def test_lines_are_read_page_by_page(advisor: User, world: World, connection: Connection) -> None:
    for number in range(5):
        world.clock.advance(1)
        choice = "hold" if number % 2 == 0 else "create"
        advisor.patch(f"connections/{connection.id}", {"settings": {"new_people": choice}})

    path = f"connections/{connection.id}/audit?limit=3"
    first = advisor.get(path).body
    second = advisor.get(f"{path}&cursor={first['cursor']}").body

    read = [line["id"] for line in first["items"] + second["items"]]
    assert (len(first["items"]), second["cursor"], len(set(read))) == (3, None, 5)


def test_what_a_run_notes_on_the_connection_is_nobodys_choice(
    advisor: User, world: World, connection: Connection, row: dict[str, Any]
) -> None:
    body = {"mappings": [row], "terms_version": TERMS_VERSION}
    advisor.post(f"connections/{connection.id}/runs", body)

    world.drain(RunSlice(world.ports).handle)

    stored = world.connections.get("t1", connection.id)
    assert stored is not None
    assert stored.last_good_run_at is not None
    assert lines(advisor, connection) == []


def test_the_admin_reads_it_and_strangers_know_of_nothing(
    api: Api, advisor: User, admin: User, connection: Connection
) -> None:
    advisor.patch(f"connections/{connection.id}", {"settings": {"new_people": "hold"}})

    assert lines(admin, connection) == lines(advisor, connection)
    for stranger in (api.user("advisor-u2"), api.user("advisor-u1", "t2")):
        assert stranger.get(f"connections/{connection.id}/audit").status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nobody_writes_or_deletes_a_line(
    advisor: User, connection: Connection, method: str
) -> None:
    answer = advisor.send(method, f"connections/{connection.id}/audit", {})

    assert answer.code == "no_such_route"
