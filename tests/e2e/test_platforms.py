"""Each platform on the deployed stack: connect, preview, sync both ways by hand, rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from local.advisor import Advisor
from local.crm_user import CrmUser
from tests.e2e.scenery import (
    campaign_emails,
    mapping,
    member_emails,
    new_campaign,
    new_contact,
    new_group,
    tag,
    totals,
)

Json = dict[str, Any]


@pytest.fixture(params=["salesforce", "practifi", "salentica"])
def org(stack: Mapping[str, Any], request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """Each platform's first org, instead of the plain one."""
    found: Mapping[str, Any] = next(o for o in stack["orgs"] if o["platform"] == request.param)
    return found


def _newcomer(crm: CrmUser, platform: str) -> str:
    """Somebody entered in the CRM as this platform keeps people; the id of the member."""
    mark = tag()
    name = {"FirstName": "Pat", "LastName": f"Person {mark}"}
    email = f"pat.{mark}@example.com"
    if platform != "practifi":
        return crm.create("Contact", **name, Email=email)
    account = crm.create("Account", **name, PersonEmail=email)
    row = crm.query(f"SELECT PersonContactId FROM Account WHERE Id = '{account}'")
    return str(row[0]["PersonContactId"])


def test_a_platform_is_connected_previewed_and_synced_both_ways_by_hand(
    advisor: Advisor, crm: CrmUser, connection: Json, org: Mapping[str, Any]
) -> None:
    holds = org["platform"] != "salesforce"
    campaign = new_campaign(crm, [_newcomer(crm, org["platform"])])
    group = new_group(advisor, [new_contact(advisor)])
    row = mapping(campaign, group)

    preview = advisor.preview(connection["id"], [row])
    assert campaign_emails(crm, campaign) != member_emails(advisor, group)
    first = advisor.execute(connection["id"], preview["id"])

    assert (connection["platform"], connection["status"]) == (org["platform"], "connected")
    assert first["state"] == "succeeded"
    reviews = advisor.everything(f"/api/connections/{connection['id']}/reviews")
    assert [review["kind"] for review in reviews] == ["new_person"] * holds
    for review in reviews:
        advisor.post(f"/api/reviews/{review['id']}", {"decision": "create"})
    advisor.sync(connection["id"], [row])

    assert member_emails(advisor, group) == campaign_emails(crm, campaign)
    assert len(member_emails(advisor, group)) == 2
    quiet = advisor.sync(connection["id"], [row])
    assert set(totals(quiet)) <= {"considered", "unchanged"}
