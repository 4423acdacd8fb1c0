"""Each platform on the deployed stack: connect, preview, sync both ways by hand, rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.advisor import Advisor, Refused
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


def test_practifi_without_promote_is_reached_by_its_own_host_and_told_what_is_missing(
    stack: Mapping[str, Any], advisor: Advisor
) -> None:
    """The second org of a platform has no login host of its own, so it is named by My Domain."""
    org = next(each for each in stack["orgs"] if each["name"] == "practifi_no_promote")

    connection = advisor.connect(org, "my_domain", urlsplit(org["https_url"]).netloc)

    able = {each["name"]: each for each in connection["capabilities"]}
    assert (connection["platform"], connection["status"]) == ("practifi", "connected")
    assert connection["org"]["id"] == org["org_id"]
    assert (able["campaigns"]["available"], able["campaigns"]["code"]) == (
        False,
        "promote_not_installed",
    )
    group = new_group(advisor, [new_contact(advisor)])
    path = f"/api/connections/{connection['id']}"
    with pytest.raises(Refused) as unlisted:
        advisor.get(f"{path}/campaigns")
    with pytest.raises(Refused) as unmapped:
        advisor.post(f"{path}/previews", {"mappings": [mapping({"create": True}, group)]})
    for refused in (unlisted.value, unmapped.value):
        told = [refused.problem, *refused.problem["errors"]]
        assert refused.status == 422
        assert able["campaigns"]["reason"] in {each["detail"] for each in told}
    assert len(advisor.everything(f"/api/groups/{group}/members")) == 1


def test_a_host_that_is_no_salesforce_org_is_refused(advisor: Advisor) -> None:
    place = {"platform": "practifi", "environment": "my_domain", "my_domain": "evil.example:443"}

    with pytest.raises(Refused) as refused:
        advisor.post("/api/connections", place)

    assert (refused.value.status, refused.value.problem["code"]) == (422, "my_domain_invalid")


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
