from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from crmsync.domain.connection import (
    ApiBudget,
    Capability,
    Connection,
    ConnectionStatus,
    Reach,
)

from tests.fakes.control import FakeConnections
from tests.fakes.numbered import Boundary
from tests.fakes.world import World
from tests.unit.functions.api.people import Api, User

NO_VISIBILITY = Capability(
    "sync_by_visibility", available=False, reason="This org shares nothing.", code="private_org"
)


def changed(world: World, connection: Connection, **choices: object) -> Connection:
    current = world.connections.get(connection.tenant_id, connection.id)
    assert current is not None
    return world.connections.put(replace(current, **choices))


def test_a_connection_says_where_it_leads_and_what_it_can(
    advisor: User, world: World, connection: Connection
) -> None:
    changed(world, connection, capabilities=(NO_VISIBILITY,), reach=Reach(312, 200, 45))

    body = advisor.get(f"connections/{connection.id}").body

    assert body["status"] == "connected"
    assert body["org"]["id"] == connection.org.org_id
    assert body["crm_user"] == {"id": "u1", "name": "u1"}
    assert body["capabilities"][0]["reason"] == "This org shares nothing."
    assert body["sync_by_visibility"] == {
        "value": False,
        "can_edit": False,
        "reason": "This org shares nothing.",
        "counts": {"in_campaign": 312, "visible": 200, "owned": 45},
    }


def test_a_connection_that_stopped_says_why_and_what_helps(
    advisor: User, world: World, connection: Connection
) -> None:
    path = f"connections/{connection.id}"
    assert advisor.get(path).body["stopped_detail"] is None
    stopped = ConnectionStatus.NEEDS_REAUTH
    changed(world, connection, status=stopped, stopped_reason="app_blocked")

    body = advisor.get(path).body

    assert body["stopped_reason"] == "app_blocked"
    assert body["stopped_detail"].startswith("The CRM's administrator has blocked this app. Ask ")


def test_health_tells_the_lag_the_next_run_and_the_calls_used(
    advisor: User, world: World, connection: Connection
) -> None:
    now = world.clock.now()
    changed(
        world,
        connection,
        last_good_run_at=now - timedelta(minutes=5),
        api_budget=ApiBudget(used=120, max=15_000, share=0.5),
    )

    health = advisor.get(f"connections/{connection.id}").body["health"]

    assert health["lag_seconds"] == 300
    assert health["next_run_at"] is None
    assert health["api_budget"] == {"used": 120, "share": 0.5, "max": 15_000}


def test_an_advisor_sees_their_own_connections_and_nobody_elses(
    api: Api, world: World, connection: Connection
) -> None:
    colleague = api.user("advisor-u2")
    other = world.connect(user_id="u2")

    assert [c["id"] for c in colleague.get("connections").body["items"]] == [other.id]
    assert colleague.get(f"connections/{connection.id}").code == "no_such_connection"
    assert colleague.patch(f"connections/{connection.id}", {}).status == 404


def test_a_marketing_admin_reads_all_of_the_tenant_and_changes_none(
    admin: User, world: World, connection: Connection
) -> None:
    world.connect("t2", "2")

    assert [c["id"] for c in admin.get("connections").body["items"]] == [connection.id]
    scope = admin.get(f"connections/{connection.id}").body["sync_by_visibility"]
    assert (scope["can_edit"], bool(scope["reason"])) == (False, True)
    assert admin.patch(f"connections/{connection.id}", {"sync_by_visibility": True}).status == 403


def test_the_owner_changes_what_they_name_and_keeps_the_rest(
    advisor: User, world: World, connection: Connection
) -> None:
    path = f"connections/{connection.id}"
    campaign = world.org().add_campaign("Former clients")

    advisor.patch(path, {"settings": {"new_people": "hold", "field_rules": {"title": "off"}}})
    advisor.patch(path, {"inactive_campaign_id": campaign.id, "sync_by_visibility": True})
    body = advisor.patch(path, {"settings": {"remove_members_in_crm": True}}).body

    assert body["inactive_campaign_id"] == campaign.id
    assert body["sync_by_visibility"]["value"] is True
    assert body["settings"] == {
        "field_rules": {"title": "off"},
        "new_people": "hold",
        "remove_members_in_crm": True,
    }
    assert advisor.patch(path, {"inactive_campaign_id": None}).body["inactive_campaign_id"] is None


def test_a_change_survives_a_run_that_writes_the_connection_meanwhile(
    advisor: User, world: World, connection: Connection
) -> None:
    reach = Reach(3, 2, 1)
    world.io.once("connections.put", lambda: changed(world, connection, reach=reach))

    body = advisor.patch(f"connections/{connection.id}", {"sync_by_visibility": True}).body

    assert body["sync_by_visibility"]["value"] is True
    assert body["sync_by_visibility"]["counts"]["in_campaign"] == 3


def test_a_connection_that_is_written_again_and_again_is_a_409_and_not_a_hang(
    advisor: User, world: World, connection: Connection
) -> None:
    def always(boundary: Boundary) -> None:
        if boundary.name == "connections.put":
            held = FakeConnections(world.control)
            current = held.get("t1", connection.id)
            assert current is not None
            held.put(replace(current, reach=Reach(boundary.index, 0, 0)))

    world.io.every = always

    refused = advisor.patch(f"connections/{connection.id}", {"sync_by_visibility": True})

    assert (refused.status, refused.code) == (409, "stale")


def test_a_patch_that_changes_nothing_writes_nothing(
    advisor: User, world: World, connection: Connection
) -> None:
    advisor.patch(f"connections/{connection.id}", {"sync_by_visibility": False})

    assert "connections.put" not in world.io.names()


@pytest.mark.parametrize(
    ("capability", "body", "pointer"),
    [
        ("sync_by_visibility", {"sync_by_visibility": True}, "/sync_by_visibility"),
        (
            "remove_members",
            {"settings": {"remove_members_in_crm": True}},
            "/settings/remove_members_in_crm",
        ),
        ("inactive_campaign", {"inactive_campaign_id": "701A"}, "/inactive_campaign_id"),
    ],
)
def test_what_the_platform_lacks_is_a_422_with_its_reason(
    advisor: User, world: World, connection: Connection, capability: str, body: object, pointer: str
) -> None:
    lacking = Capability(capability, available=False, reason="Not in this edition.", code="lacking")
    changed(world, connection, capabilities=(lacking,))

    refused = advisor.patch(f"connections/{connection.id}", body)

    assert (refused.status, refused.code, refused.pointers) == (422, "lacking", [pointer])
    assert refused.body["detail"] == "Not in this edition."


def test_switching_off_needs_no_capability(
    advisor: User, world: World, connection: Connection
) -> None:
    changed(world, connection, capabilities=(NO_VISIBILITY,), sync_by_visibility=True)

    answer = advisor.patch(f"connections/{connection.id}", {"sync_by_visibility": False})

    assert answer.body["sync_by_visibility"]["value"] is False


def test_a_rule_for_a_field_the_crm_lacks_is_named(advisor: User, connection: Connection) -> None:
    rules = {"title": "newest", "Shoe_Size__c": "crm_wins"}

    refused = advisor.patch(f"connections/{connection.id}", {"settings": {"field_rules": rules}})

    assert refused.pointers == ["/settings/field_rules/Shoe_Size__c"]


def test_an_unknown_inactive_campaign_is_refused(advisor: User, connection: Connection) -> None:
    refused = advisor.patch(f"connections/{connection.id}", {"inactive_campaign_id": "701nope"})

    assert refused.code == "no_such_campaign"


# --- campaigns ----------------------------------------------------------------------------------


def test_only_active_campaigns_are_offered_and_the_hidden_ones_counted(
    advisor: User, world: World, connection: Connection
) -> None:
    active = world.org().add_campaign("News 2026")
    world.org().add_campaign("News 2019", active=False)
    world.org().add_campaign("Golf")

    body = advisor.get(f"connections/{connection.id}/campaigns?search=news").body

    assert [c["id"] for c in body["items"]] == [active.id]
    assert body["hidden_inactive_count"] == 1
    assert body["items"][0].keys() == {
        "id",
        "name",
        "member_count",
        "owner",
        "start_date",
        "end_date",
        "status",
    }


def test_an_org_without_campaigns_says_so(
    advisor: User, world: World, connection: Connection
) -> None:
    reason = "Practifi needs the Promote add-on for campaigns."
    lacking = Capability("campaigns", available=False, reason=reason, code="promote_not_installed")
    changed(world, connection, capabilities=(lacking,))

    refused = advisor.get(f"connections/{connection.id}/campaigns")

    assert (refused.status, refused.code) == (422, "promote_not_installed")
    assert refused.body["detail"] == reason


@pytest.mark.parametrize("status", [ConnectionStatus.NEEDS_REAUTH, ConnectionStatus.DISCONNECTED])
def test_campaigns_of_a_connection_that_cannot_be_used_are_a_409(
    advisor: User, world: World, connection: Connection, status: ConnectionStatus
) -> None:
    changed(world, connection, status=status)

    refused = advisor.get(f"connections/{connection.id}/campaigns")

    assert (refused.status, refused.code) == (409, status.value)


# --- platforms ----------------------------------------------------------------------------------


def test_each_platform_has_a_card_with_the_callers_own_connection(
    api: Api, advisor: User, world: World, connection: Connection
) -> None:
    old = changed(world, connection, status=ConnectionStatus.DISCONNECTED)
    new = world.connect()

    body = advisor.get("platforms").body

    assert body["terms_version"]
    cards = {card["platform"]: card["connection"] for card in body["items"]}
    assert list(cards) == ["salesforce", "practifi", "salentica"]
    assert cards["salesforce"]["id"] == new.id != old.id
    assert cards["practifi"] is None
    assert api.admin().get("platforms").body["items"][0]["connection"] is None
