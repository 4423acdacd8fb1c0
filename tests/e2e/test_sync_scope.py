"""Whose people are synced, and who may decide that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from local.advisor import Advisor, Refused
from local.crm_user import CrmUser
from tests.browser.firms import new_firm
from tests.e2e.scenery import (
    mapping,
    member_emails,
    new_campaign,
    new_group,
    new_person,
    tag,
    totals,
)

Json = dict[str, Any]


def test_by_default_only_owned_people_are_synced_and_visibility_widens_it(
    advisor: Advisor, crm: CrmUser, org: Mapping[str, Any], connection: Json
) -> None:
    other = next(u["id"] for u in org["users"] if u["username"].startswith("blake"))
    mine, theirs = f"mine.{tag()}@example.com", f"theirs.{tag()}@example.com"
    own = new_person(crm, Email=mine)
    foreign = new_person(crm, Email=theirs)
    group = new_group(advisor)
    row = mapping(new_campaign(crm, [own, foreign]), group, "import")
    crm.update("Contact", foreign, OwnerId=other)
    crm.admin("POST", "grant", {"id": foreign, "username": org["username"], "level": "read"})

    narrow = advisor.sync(connection["id"], [row])
    seen_narrow = member_emails(advisor, group)
    advisor.patch(f"/api/connections/{connection['id']}", {"sync_by_visibility": True})
    advisor.sync(connection["id"], [row])
    seen_wide = member_emails(advisor, group)
    advisor.patch(f"/api/connections/{connection['id']}", {"sync_by_visibility": False})
    advisor.sync(connection["id"], [row])

    assert totals(narrow) == {"considered": 2, "created": 1, "skipped": 1}
    assert seen_narrow == {mine}
    assert seen_wide == {mine, theirs}
    assert member_emails(advisor, group) == {mine, theirs}, "a smaller scope removes nobody"


def test_a_marketing_admin_reads_the_toggle_and_may_not_turn_it(
    marketing_admin: Advisor, connection: Json
) -> None:
    path = f"/api/connections/{connection['id']}"

    shown = marketing_admin.get(path)["sync_by_visibility"]
    with pytest.raises(Refused) as refused:
        marketing_admin.patch(path, {"sync_by_visibility": True})

    assert shown["value"] is False
    assert shown["can_edit"] is False
    assert shown["reason"]
    assert refused.value.status == 403


def test_a_platform_without_the_toggle_says_why(advisor: Advisor, stack: Mapping[str, Any]) -> None:
    cards = advisor.get("/api/platforms")["items"]
    lacking = [
        card["platform"]
        for card in cards
        for c in card["capabilities"]
        if c["name"] == "sync_by_visibility" and not c["available"]
    ]
    assert lacking, "no platform lacks it, so this test has nothing to show"
    connection = advisor.connect(next(o for o in stack["orgs"] if o["platform"] == lacking[0]))

    with pytest.raises(Refused) as refused:
        advisor.patch(f"/api/connections/{connection['id']}", {"sync_by_visibility": True})

    assert refused.value.status == 422
    assert refused.value.problem["detail"] or refused.value.problem["errors"]


def test_a_second_firm_sees_nothing_of_the_first(
    advisor: Advisor, stack: Mapping[str, Any], crm: CrmUser, connection: Json
) -> None:
    group = new_group(advisor)
    run = advisor.sync(connection["id"], [mapping(new_campaign(crm, [new_person(crm)]), group)])
    contact = advisor.everything(f"/api/groups/{group}/members")[0]
    stranger = Advisor(stack, new_firm(stack).advisor)

    for path in (
        f"/api/connections/{connection['id']}",
        f"/api/connections/{connection['id']}/automation",
        f"/api/connections/{connection['id']}/runs",
        f"/api/runs/{run['id']}",
        f"/api/runs/{run['id']}/changes",
        f"/api/runs/{run['id']}/report.csv",
        f"/api/groups/{group}/members",
        f"/api/contacts/{contact['id']}",
        f"/api/contacts/{contact['id']}/timeline",
    ):
        with pytest.raises(Refused) as refused:
            stranger.get(path)
        assert refused.value.status == 404, path
    assert stranger.get("/api/groups")["items"] == []
    assert stranger.get("/api/contacts")["items"] == []
    assert stranger.get("/api/notifications")["items"] == []


def test_somebody_else_cannot_finish_a_login(
    advisor: Advisor, stack: Mapping[str, Any], org: Mapping[str, Any]
) -> None:
    stranger = Advisor(stack, new_firm(stack).advisor)
    started = advisor.post(
        "/api/connections", {"platform": "salesforce", "environment": "production"}
    )
    back = advisor.log_in(started["authorize_url"], org)

    with pytest.raises(Refused):
        stranger.post("/api/connections/finish", back)
    with pytest.raises(Refused):
        advisor.post("/api/connections/finish", back)

    assert stranger.get("/api/connections")["items"] == []
