from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from crmsync.domain.connection import Capability, Connection, ConnectionStatus
from crmsync.domain.errors import ConnectionStopped, Defer
from crmsync.domain.run import RunState
from crmsync.domain.terms import TERMS_VERSION

from tests.fakes.control import FakeAutomations
from tests.fakes.numbered import Boundary, Error
from tests.fakes.world import World
from tests.unit.functions.api.people import User

TERMS = {"terms_version": TERMS_VERSION}


@pytest.fixture
def row(advisor: User, world: World) -> dict[str, Any]:
    """A mapping that can run."""
    campaign = world.org().add_campaign("Newsletter")
    group = advisor.post("groups", {"name": "Clients"}).body["id"]
    return {"campaign": {"id": campaign.id}, "group": {"id": group}, "direction": "both"}


@pytest.fixture
def path(connection: Connection) -> str:
    return f"connections/{connection.id}/automation"


def finalized(user: User, path: str, row: dict[str, Any], **draft: Any) -> None:
    user.put(path, {"mappings": [row], **draft})
    answer = user.post(f"{path}/finalize", TERMS)
    assert answer.status == 200, answer.body


def test_an_automation_that_was_never_saved_is_empty(advisor: User, path: str) -> None:
    assert advisor.get(path).body == {
        "mappings": [],
        "cadence": {"every": "hour", "at": "06:00", "time_zone": "UTC"},
        "enabled": True,
        "live": None,
    }


def test_mappings_that_would_not_fit_into_an_item_are_refused(
    advisor: User, path: str, row: dict[str, Any], connection: Connection
) -> None:
    rules = {f"Field_{number}__c": "crm_wins" for number in range(200)}
    rows = {"mappings": [{**row, "rules": rules}] * 200}

    saved = advisor.put(path, rows)
    planned = advisor.post(f"connections/{connection.id}/previews", rows)

    assert (saved.status, saved.pointers) == (422, ["/mappings"])
    assert (planned.status, planned.pointers) == (422, ["/mappings"])
    assert "100000 fit" in saved.body["errors"][0]["detail"]


def test_what_is_read_can_be_sent_back_and_stays_the_same(
    advisor: User, path: str, row: dict[str, Any]
) -> None:
    daily = {"every": "day", "at": "07:30", "time_zone": "America/New_York"}
    new = {
        "campaign": row["campaign"],
        "group": {"create": True, "name": "New"},
        "direction": "both",
    }
    saved = advisor.put(path, {"mappings": [row, new], "cadence": daily}).body

    again = advisor.put(path, {name: saved[name] for name in ("mappings", "cadence", "enabled")})

    assert again.body == saved == advisor.get(path).body
    assert saved["cadence"] == daily


def test_everything_that_is_read_can_be_sent_back(
    advisor: User, path: str, row: dict[str, Any]
) -> None:
    finalized(advisor, path, row)
    read = advisor.get(path).body

    again = advisor.put(path, read)

    assert (again.status, again.body) == (200, read)
    assert read["live"] is not None


def test_an_optional_value_may_be_null(advisor: User, path: str) -> None:
    quarter = {"every": "15min", "at": None, "time_zone": None}

    saved = advisor.put(path, {"mappings": [], "cadence": quarter})

    assert saved.body["cadence"] == {"every": "15min", "at": "06:00", "time_zone": "UTC"}


def test_pausing_asks_nothing_of_the_crm(
    advisor: User, world: World, path: str, row: dict[str, Any]
) -> None:
    finalized(advisor, path, row)
    world.org().change_campaign(row["campaign"]["id"], active=False)

    paused = advisor.put(path, {"mappings": [row], "enabled": False})

    assert (paused.status, paused.body["enabled"]) == (200, False)
    assert advisor.put(path, {"mappings": [row], "enabled": True}).status == 422


@pytest.mark.parametrize("enabled", ["false", 0, "no"])
def test_the_switch_is_a_boolean(advisor: User, path: str, enabled: object) -> None:
    refused = advisor.put(path, {"mappings": [], "enabled": enabled})

    assert (refused.status, refused.pointers) == (422, ["/enabled"])


def test_a_row_keeps_its_id_while_its_ends_stay(
    advisor: User, path: str, row: dict[str, Any]
) -> None:
    first = advisor.put(path, {"mappings": [row]}).body["mappings"][0]["id"]
    other = {**row, "group": {"create": True, "name": "Other"}}

    changed = advisor.put(path, {"mappings": [other, {**row, "rules": {"title": "newest"}}]}).body

    assert [m["id"] == first for m in changed["mappings"]] == [False, True]


def test_a_draft_has_no_effect_on_either_side_and_not_on_the_schedule(
    advisor: User, world: World, path: str, row: dict[str, Any]
) -> None:
    advisor.put(path, {"mappings": [row]})

    assert world.queue.ready() == []
    assert world.control.due == {}
    assert {w.actor for w in world.org().history} == {"user"}


def test_saving_measures_whom_the_mapped_campaigns_reach(
    advisor: User, world: World, path: str, row: dict[str, Any], connection: Connection
) -> None:
    for owner in ("u1", "u1", "u2"):
        person = world.org().add_person(owner, last_name="P", email="p@firm.example")
        world.org().join(row["campaign"]["id"], person.id)

    advisor.put(path, {"mappings": [row]})

    scope = advisor.get(f"connections/{connection.id}").body["sync_by_visibility"]
    assert scope["counts"] == {"in_campaign": 3, "visible": 3, "owned": 2}


def test_a_crm_that_is_away_does_not_keep_a_draft_from_being_saved(
    advisor: User, world: World, path: str, row: dict[str, Any]
) -> None:
    away = Defer("crm_unavailable", "Down for maintenance.", seconds=60)
    world.io.strike("crm.reach", Error(away))

    assert advisor.put(path, {"mappings": [row]}).status == 200


# --- finalize -----------------------------------------------------------------------------------


def test_finalize_puts_the_draft_into_force_and_says_who_agreed(
    advisor: User, world: World, path: str, row: dict[str, Any], connection: Connection
) -> None:
    finalized(advisor, path, row, cadence={"every": "15min"})

    live = advisor.get(path).body["live"]
    assert live["mappings"][0]["group"]["id"] == row["group"]["id"]
    assert (live["terms_version"], live["agreed_by"]) == (TERMS_VERSION, "advisor-u1")
    health = advisor.get(f"connections/{connection.id}").body["health"]
    assert health["next_run_at"] == "2026-03-02T09:00:00Z"
    assert world.control.due["automation", "t1", connection.id] == world.clock.now()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "terms_required"),
        ({}, "terms_required"),
        ({"terms_version": "2019-01"}, "terms_outdated"),
    ],
)
def test_without_the_current_terms_nothing_comes_into_force(
    advisor: User, path: str, row: dict[str, Any], body: object, code: str
) -> None:
    advisor.put(path, {"mappings": [row]})

    refused = advisor.post(f"{path}/finalize", body)

    assert (refused.status, refused.code) == (409, code)
    assert advisor.get(path).body["live"] is None


def test_an_empty_draft_cannot_be_finalized(advisor: User, path: str) -> None:
    assert advisor.post(f"{path}/finalize", TERMS).code == "no_mappings"


def test_a_later_draft_does_not_change_what_runs(
    advisor: User, path: str, row: dict[str, Any]
) -> None:
    finalized(advisor, path, row)

    advisor.put(path, {"mappings": [{**row, "direction": "import"}], "cadence": {"every": "day"}})

    live = advisor.get(path).body["live"]
    assert live["mappings"][0]["direction"] == "both"
    assert live["cadence"]["every"] == "hour"


def test_pausing_takes_effect_at_once_and_resuming_does_not_catch_up(
    advisor: User, world: World, path: str, row: dict[str, Any], connection: Connection
) -> None:
    finalized(advisor, path, row)
    body = {"mappings": [row]}

    advisor.put(path, {**body, "enabled": False})
    paused = dict(world.control.due)
    world.clock.advance(by=timedelta(days=3))
    advisor.put(path, {**body, "enabled": True})

    assert paused == {}
    health = advisor.get(f"connections/{connection.id}").body["health"]
    assert health["next_run_at"] == "2026-03-05T10:00:00Z"


def test_a_paused_automation_stays_paused_when_it_is_finalized(
    advisor: User, world: World, path: str, row: dict[str, Any]
) -> None:
    finalized(advisor, path, row, enabled=False)

    assert world.control.due == {}


def test_terms_can_cover_a_preview_of_exactly_the_draft(
    advisor: User, world: World, path: str, row: dict[str, Any], connection: Connection
) -> None:
    preview = previewed(advisor, world, connection, row)
    advisor.put(path, {"mappings": [row]})

    assert advisor.post(f"{path}/finalize", {**TERMS, "preview_id": preview}).status == 200


def test_a_preview_of_other_mappings_does_not_count(
    advisor: User, world: World, path: str, row: dict[str, Any], connection: Connection
) -> None:
    preview = previewed(advisor, world, connection, row)
    advisor.put(path, {"mappings": [{**row, "direction": "import"}]})

    refused = advisor.post(f"{path}/finalize", {**TERMS, "preview_id": preview})

    assert (refused.status, refused.code) == (409, "preview_outdated")


def test_a_preview_that_is_not_ready_or_not_there_does_not_count(
    advisor: User, path: str, row: dict[str, Any], connection: Connection
) -> None:
    advisor.put(path, {"mappings": [row]})
    started = advisor.post(f"connections/{connection.id}/previews", {"mappings": [row]}).body

    early = advisor.post(f"{path}/finalize", {**TERMS, "preview_id": started["run_id"]})
    unknown = advisor.post(f"{path}/finalize", {**TERMS, "preview_id": "run_nope"})

    assert early.code == "preview_not_ready"
    assert (unknown.status, unknown.code) == (404, "no_such_preview")


def previewed(user: User, world: World, connection: Connection, row: dict[str, Any]) -> str:
    started = user.post(f"connections/{connection.id}/previews", {"mappings": [row]}).body
    run = world.runs.get("t1", started["run_id"])
    assert run is not None
    world.runs.save(replace(run, state=RunState.PLANNED), due_at=None)
    return str(run.id)


def test_a_draft_saved_while_it_is_finalized_is_not_agreed_to(
    advisor: User, world: World, path: str, row: dict[str, Any]
) -> None:
    advisor.put(path, {"mappings": [row]})
    other = {"mappings": [{**row, "direction": "import"}]}
    world.io.once("automations.put", lambda: advisor.put(path, other))

    refused = advisor.post(f"{path}/finalize", TERMS)

    assert (refused.status, refused.code) == (409, "draft_changed")


def test_a_connection_that_cannot_be_used_keeps_its_draft_but_is_not_finalized(
    advisor: User, world: World, path: str, row: dict[str, Any], connection: Connection
) -> None:
    world.connections.put(replace(connection, status=ConnectionStatus.NEEDS_REAUTH))

    assert advisor.put(path, {"mappings": [row]}).status == 200
    assert advisor.post(f"{path}/finalize", TERMS).code == "needs_reauth"


def test_an_automation_that_is_written_again_and_again_is_a_409_and_not_a_hang(
    advisor: User, world: World, path: str, row: dict[str, Any], connection: Connection
) -> None:
    def always(boundary: Boundary) -> None:
        if boundary.name == "automations.put":
            held = FakeAutomations(world.control)
            held.put("t1", replace(held.get("t1", connection.id), next_run_at=world.clock.now()))

    world.io.every = always

    refused = advisor.put(path, {"mappings": [row]})

    assert (refused.status, refused.code) == (409, "stale")


def test_a_draft_is_saved_although_the_login_has_just_ended(
    advisor: User, world: World, path: str, row: dict[str, Any]
) -> None:
    def strike(boundary: Boundary) -> None:
        if boundary.port == "crm":
            raise ConnectionStopped("token_refused", "Sign in again.")

    world.io.every = strike

    assert advisor.put(path, {"mappings": [row]}).status == 200


# --- rows that cannot run -----------------------------------------------------------------------


def test_each_offending_row_is_named(advisor: User, path: str, row: dict[str, Any]) -> None:
    rows = [
        row,
        row,
        {**row, "group": {"create": True}, "direction": "import"},
        {**row, "group": {"id": "g_nope"}},
        {**row, "campaign": {"id": "701nope"}, "group": {"create": True, "name": "x"}},
        {**row, "group": {"create": True, "name": "y"}, "rules": {"shoe_size": "newest"}},
    ]

    refused = advisor.put(path, {"mappings": rows})

    assert (refused.status, refused.code) == (422, "mappings_invalid")
    found = {(e["pointer"], e["code"]) for e in refused.body["errors"]}
    assert {
        ("/mappings/1", "duplicate_pair"),
        ("/mappings/2/direction", "conflicting_directions"),
        ("/mappings/3/group", "no_such_group"),
        ("/mappings/4/campaign", "no_such_campaign"),
        ("/mappings/5/rules/shoe_size", "no_such_field"),
    } <= found
    assert not any(pointer.startswith("/mappings/0") for pointer, _ in found)
    assert advisor.get(path).body["mappings"] == []


def test_inactive_deleted_and_ambiguous_campaigns_are_refused(
    advisor: User, world: World, path: str, row: dict[str, Any]
) -> None:
    org = world.org()
    inactive, deleted = org.add_campaign("Old", active=False), org.add_campaign("Gone")
    org.delete_campaign(deleted.id)
    for _ in range(2):
        org.add_campaign("Twins")
    group = row["group"]
    ends: list[dict[str, Any]] = [
        {"id": inactive.id},
        {"id": deleted.id},
        {"create": True, "name": "old"},
        {"create": True, "name": "Twins"},
        {"create": True, "name": "Newsletter"},
        {"create": True},
    ]

    codes = []
    for end in ends:
        answer = advisor.put(path, {"mappings": [{**row, "campaign": end, "group": group}]})
        codes.append(answer.body["errors"][0]["code"] if answer.status == 422 else answer.status)

    assert codes == [
        "campaign_inactive",
        "no_such_campaign",
        "campaign_name_inactive",
        "campaign_name_ambiguous",
        200,
        200,
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"campaign": {"create": True}, "group": {"create": True}}, "both_sides_new"),
        ({"campaign": {"create": True}, "direction": "import"}, "create_against_direction"),
        ({"group": {"create": True}, "direction": "export"}, "create_against_direction"),
        ({"campaign": {}}, "id_or_create"),
        ({"campaign": {"id": "x", "create": True}}, "id_or_create"),
        ({"direction": "sideways"}, "enum"),
        ({"rules": {"title": "guess"}}, "enum"),
        ({"surprise": 1}, "extra_forbidden"),
    ],
)
def test_a_row_must_make_sense(
    advisor: User, path: str, row: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    refused = advisor.put(path, {"mappings": [{**row, **change}]})

    assert refused.status == 422
    assert code in [error["code"] for error in refused.body["errors"]]


def test_creating_a_campaign_needs_the_capability(
    advisor: User, world: World, path: str, row: dict[str, Any], connection: Connection
) -> None:
    lacking = Capability(
        "create_campaigns",
        available=False,
        reason="Ask for the Marketing User licence.",
        code="not_marketing_user",
    )
    world.connections.put(replace(connection, capabilities=(lacking,)))

    refused = advisor.put(path, {"mappings": [{**row, "campaign": {"create": True}}]})

    problem = refused.body["errors"][0]
    assert (problem["pointer"], problem["code"]) == ("/mappings/0/campaign", "not_marketing_user")
    assert problem["detail"] == "Ask for the Marketing User licence."


@pytest.mark.parametrize(
    ("cadence", "pointer"),
    [
        ({"every": "minute"}, "/cadence/every"),
        ({"every": "day", "at": "25:00"}, "/cadence/at"),
        ({"every": "day", "at": "06:00:30"}, "/cadence/at"),
        ({"every": "day", "time_zone": "Mars/Olympus"}, "/cadence/time_zone"),
        ({"every": "day", "time_zone": "../../etc/passwd"}, "/cadence/time_zone"),
    ],
)
def test_a_cadence_that_cannot_be_kept_is_refused(
    advisor: User, path: str, cadence: object, pointer: str
) -> None:
    refused = advisor.put(path, {"mappings": [], "cadence": cadence})

    assert (refused.status, refused.pointers) == (422, [pointer])


def test_a_campaign_may_be_named_by_15_characters_and_is_kept_with_its_18(
    advisor: User, path: str, row: dict[str, Any], connection: Connection
) -> None:
    full = row["campaign"]["id"]
    short = {**row, "campaign": {"id": full[:15]}}

    saved = advisor.put(path, {"mappings": [short]})
    again = advisor.put(path, {"mappings": [row]})
    twice = advisor.put(path, {"mappings": [row, short]})
    inactive = advisor.patch(f"connections/{connection.id}", {"inactive_campaign_id": full[:15]})

    assert saved.status == 200, saved.body
    assert saved.body["mappings"][0]["campaign"]["id"] == full
    assert again.body["mappings"] == saved.body["mappings"]
    assert [error["code"] for error in twice.body["errors"]] == ["duplicate_pair"]
    assert inactive.code == "campaign_is_mapped"


def test_a_campaign_is_mapped_or_the_inactive_one_but_not_both(
    advisor: User, path: str, row: dict[str, Any], connection: Connection
) -> None:
    choice = {"inactive_campaign_id": row["campaign"]["id"]}
    advisor.put(path, {"mappings": [row]})
    mapped = advisor.patch(f"connections/{connection.id}", choice)
    advisor.put(path, {"mappings": []})
    chosen = advisor.patch(f"connections/{connection.id}", choice)
    inactive = advisor.put(path, {"mappings": [row]})

    assert (mapped.status, mapped.code) == (422, "campaign_is_mapped")
    assert chosen.status == 200
    assert inactive.body["errors"][0]["code"] == "campaign_is_the_inactive_one"
    assert inactive.body["errors"][0]["pointer"] == "/mappings/0/campaign"
