"""Every route by every kind of stranger: nothing leaks, and nothing of a stranger's is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from crmsync.domain.connection import Connection
from crmsync.domain.terms import TERMS_VERSION
from crmsync.routes.api import make_api

from tests.fakes.builders import a_review
from tests.fakes.world import World
from tests.unit.functions.api.people import Api, User

WRITES_OF_OWNERS = ("/api/connections", "/api/runs", "/api/reviews")
BODIES: dict[str, Any] = {
    "edit_connection": {"sync_by_visibility": True},
    "save_automation": {"mappings": []},
    "finalize_automation": {"terms_version": TERMS_VERSION},
    "start_preview": {"mappings": []},
    "start_run": {"mappings": [], "terms_version": TERMS_VERSION},
    "decide_review": {"decision": "skip"},
    "create_group": {"name": "New"},
    "rename_group": {"name": "Renamed"},
    "create_contact": {"last_name": "New"},
    "edit_contact": {"last_name": "Changed"},
    "save_notification_settings": {"level": "never"},
}
ROUTES = [
    (method, path, operation["operationId"])
    for path, operations in json.loads(make_api().get_openapi_json_schema())["paths"].items()
    for method, operation in operations.items()
]
WITH_IDS = [route for route in ROUTES if "{" in route[1]]


@pytest.fixture
def ids(advisor: User, world: World, connection: Connection) -> dict[str, str]:
    """Something of the advisor's behind every path parameter."""
    campaign = world.org().add_campaign("N")
    group = advisor.post("groups", {"name": "Clients"}).body["id"]
    contact = advisor.post("contacts", {"last_name": "Ann"}).body["id"]
    row = {"campaign": {"id": campaign.id}, "group": {"id": group}, "direction": "both"}
    run = advisor.post(f"connections/{connection.id}/previews", {"mappings": [row]}).body["run_id"]
    subject = {"id": contact, "name": "Ann"}
    world.reviews.open([a_review("rev_1", connection_id=connection.id, subject=subject)])
    return {
        "connection_id": connection.id,
        "group_id": group,
        "contact_id": contact,
        "run_id": run,
        "review_id": "rev_1",
        "notification_id": "n_1",
    }


def sent(user: User, route: tuple[str, str, str], ids: dict[str, str]) -> Any:
    method, path, name = route
    return user.send(method.upper(), path.removeprefix("/api/").format(**ids), BODIES.get(name))


@pytest.mark.parametrize("route", WITH_IDS, ids=lambda route: route[2])
def test_another_tenants_ids_are_404_on_every_route(
    api: Api, world: World, ids: dict[str, str], route: tuple[str, str, str]
) -> None:
    before = world.io.count

    answer = sent(api.user("advisor-u1", "t2"), route, ids)

    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert not any(part in json.dumps(answer.body) for part in ("Ann", "Clients"))
    methods = {boundary.method for boundary in world.io.trace[before:]}
    assert not methods & {"put", "edit_contacts", "add_members", "remove_members", "rename_group"}


@pytest.mark.parametrize("route", WITH_IDS, ids=lambda route: route[2])
def test_another_advisors_connections_runs_and_reviews_are_404(
    api: Api, ids: dict[str, str], route: tuple[str, str, str]
) -> None:
    shared = "{group_id}" in route[1] or "{contact_id}" in route[1]

    answer = sent(api.user("advisor-u2"), route, ids)

    assert (answer.status == 404) is not shared, answer


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route[2])
def test_a_marketing_admin_reads_everything_and_writes_only_groups_and_contacts(
    admin: User, ids: dict[str, str], route: tuple[str, str, str]
) -> None:
    method, path, name = route

    answer = sent(admin, route, ids)

    if method != "get" and path.startswith(WRITES_OF_OWNERS):
        assert (answer.status, answer.code) == (403, "read_only_role")
    elif name in {"read_notification", "get_list_source"}:
        assert answer.status == 404
    else:
        assert answer.status in {200, 201, 204}, answer


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route[2])
@pytest.mark.parametrize(
    ("claims", "status", "code"),
    [
        ({}, 401, "not_signed_in"),
        ({"sub": "u", "cognito:groups": "advisor"}, 403, "no_tenant"),
        ({"sub": "u", "custom:tenant_id": "t1"}, 403, "no_role"),
    ],
)
def test_no_route_answers_somebody_without_token_tenant_or_role(
    api: Api,
    ids: dict[str, str],
    route: tuple[str, str, str],
    claims: dict[str, str],
    status: int,
    code: str,
) -> None:
    answer = sent(User(api, claims), route, ids)

    assert (answer.status, answer.code) == (status, code)


def test_a_tenant_in_the_body_or_path_changes_nothing(api: Api, world: World) -> None:
    stranger = api.user("advisor-u9", "t2")

    refused = stranger.post("contacts", {"last_name": "Ann", "tenant_id": "t1"})
    stranger.post("contacts?tenant_id=t1", {"last_name": "Ann"})

    assert refused.status == 422
    assert world.tenant("t1").by_id == {}
    assert len(world.tenant("t2").by_id) == 1
