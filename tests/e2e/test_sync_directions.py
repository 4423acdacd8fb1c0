"""By hand, in every direction, with what is missing created: the job itself."""

from __future__ import annotations

from typing import Any

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
    new_person,
    tag,
    totals,
)

Json = dict[str, Any]


def test_a_login_through_the_orgs_own_page_ends_in_a_confirmed_connection(
    connection: Json, crm: CrmUser
) -> None:
    assert connection["status"] == "connected"
    assert connection["org"]["name"] == "Harbor Lane Wealth"
    assert connection["crm_user"]["id"] == crm.user_id


def test_both_ways_brings_everybody_to_both_sides_and_then_rests(
    advisor: Advisor, crm: CrmUser, connection: Json
) -> None:
    campaign = new_campaign(crm, [new_person(crm), new_person(crm)])
    group = new_group(advisor, [new_contact(advisor)])
    row = mapping(campaign, group)

    first = advisor.sync(connection["id"], [row])
    second = advisor.sync(connection["id"], [row])

    assert first["state"] == "succeeded"
    assert totals(first) == {"considered": 3, "created": 3}
    assert member_emails(advisor, group) == campaign_emails(crm, campaign)
    assert len(member_emails(advisor, group)) == 3
    assert set(totals(second)) <= {"considered", "unchanged"}


def test_two_edits_of_one_person_on_two_sides_both_survive(
    advisor: Advisor, crm: CrmUser, connection: Json
) -> None:
    person = new_person(crm, Title="Owner")
    row = mapping(new_campaign(crm, [person]), new_group(advisor))
    advisor.sync(connection["id"], [row])
    contact = advisor.everything(f"/api/groups/{row['group']['id']}/members")[0]

    crm.update("Contact", person, MailingCity="Porto")
    advisor.patch(f"/api/contacts/{contact['id']}", {"title": "Founder"})
    advisor.sync(connection["id"], [row])

    here = advisor.get(f"/api/contacts/{contact['id']}")
    there = crm.query(f"SELECT Title, MailingCity FROM Contact WHERE Id = '{person}'")[0]
    assert (here["title"], here["city"]) == ("Founder", "Porto")
    assert (there["Title"], there["MailingCity"]) == ("Founder", "Porto")


def test_an_import_writes_nothing_to_the_crm(
    advisor: Advisor, crm: CrmUser, connection: Json
) -> None:
    campaign = new_campaign(crm, [new_person(crm)])
    group = new_group(advisor, [new_contact(advisor)])
    before = campaign_emails(crm, campaign)

    run = advisor.sync(connection["id"], [mapping(campaign, group, "import")])

    assert totals(run) == {"considered": 2, "created": 1, "skipped": 1}
    assert campaign_emails(crm, campaign) == before
    assert before < member_emails(advisor, group)


def test_an_export_writes_nothing_to_marketing(
    advisor: Advisor, crm: CrmUser, connection: Json
) -> None:
    campaign = new_campaign(crm, [new_person(crm)])
    group = new_group(advisor, [new_contact(advisor)])
    before = member_emails(advisor, group)

    run = advisor.sync(connection["id"], [mapping(campaign, group, "export")])

    assert totals(run) == {"considered": 2, "created": 1, "skipped": 1}
    assert member_emails(advisor, group) == before
    assert before < campaign_emails(crm, campaign)


def test_a_missing_campaign_is_created_active_and_once(
    advisor: Advisor, crm: CrmUser, connection: Json
) -> None:
    group = new_group(advisor, [new_contact(advisor)])
    name = f"Made by sync {tag()}"
    row = mapping({"create": True, "name": name}, group, "export")

    advisor.sync(connection["id"], [row])
    advisor.sync(connection["id"], [row])

    made = crm.query(f"SELECT Id, IsActive FROM Campaign WHERE Name = '{name}'")
    offered = advisor.get(f"/api/connections/{connection['id']}/campaigns?search={name[-8:]}")
    assert [row["IsActive"] for row in made] == [True]
    assert [c["id"] for c in offered["items"]] == [made[0]["Id"]]
    assert campaign_emails(crm, made[0]["Id"]) == member_emails(advisor, group)


def test_a_missing_group_is_created_once_under_the_campaigns_name(
    advisor: Advisor, crm: CrmUser, connection: Json
) -> None:
    name = f"Clients {tag()}"
    campaign = new_campaign(crm, [new_person(crm)], Name=name)
    row = mapping(campaign, {"create": True}, "import")

    advisor.sync(connection["id"], [row])
    advisor.sync(connection["id"], [row])

    groups = [g for g in advisor.everything("/api/groups") if g["name"] == name]
    assert [g["member_count"] for g in groups] == [1]


def test_a_campaign_whose_creation_got_no_answer_is_not_created_twice(
    advisor: Advisor, crm: CrmUser, connection: Json
) -> None:
    group = new_group(advisor, [new_contact(advisor)])
    name = f"Lost answer {tag()}"
    crm.admin(
        "POST",
        "faults",
        {"method": "POST", "body": name, "path": "Campaign", "action": {"kind": "reset_after"}},
    )

    run = advisor.sync(connection["id"], [mapping({"create": True, "name": name}, group, "export")])

    assert run["state"] == "succeeded"
    assert len(crm.query(f"SELECT Id FROM Campaign WHERE Name = '{name}'")) == 1


def test_only_active_campaigns_are_offered(
    advisor: Advisor, crm: CrmUser, connection: Json
) -> None:
    mark = tag()
    active = new_campaign(crm, Name=f"Open {mark}")
    new_campaign(crm, Name=f"Closed {mark}", IsActive=False)

    offered = advisor.get(f"/api/connections/{connection['id']}/campaigns?search={mark}")

    assert [c["id"] for c in offered["items"]] == [active]
    assert offered["hidden_inactive_count"] == 1


def test_a_bad_row_is_refused_by_its_place(
    advisor: Advisor, crm: CrmUser, connection: Json
) -> None:
    campaign, group = new_campaign(crm), new_group(advisor)
    rows = [mapping(campaign, group), mapping(campaign, group)]

    with pytest.raises(Refused) as refused:
        advisor.put(
            f"/api/connections/{connection['id']}/automation",
            {"mappings": rows, "cadence": {"every": "hour"}, "enabled": True},
        )

    assert refused.value.status == 422
    assert [e["pointer"] for e in refused.value.problem["errors"]] == ["/mappings/1"]


def test_a_preview_writes_nothing_and_is_executed_once(
    advisor: Advisor, crm: CrmUser, connection: Json
) -> None:
    campaign = new_campaign(crm, [new_person(crm)])
    row = mapping(campaign, new_group(advisor, [new_contact(advisor)]))

    preview = advisor.preview(connection["id"], [row])
    changes = advisor.everything(f"/api/runs/{preview['id']}/changes")
    untouched = len(campaign_emails(crm, campaign))
    run = advisor.execute(connection["id"], preview["id"])

    assert preview["state"] == "planned"
    assert sorted(c["outcome"] for c in changes) == ["created", "created"]
    assert untouched == 1
    assert totals(run) == {"considered": 2, "created": 2}
    with pytest.raises(Refused) as refused:
        advisor.execute(connection["id"], preview["id"])
    assert (refused.value.status, refused.value.problem["code"]) == (409, "preview_used")


def test_undo_takes_a_run_back_and_the_next_sync_leaves_it_so(
    advisor: Advisor, crm: CrmUser, connection: Json
) -> None:
    person = new_person(crm, Title="Before")
    row = mapping(new_campaign(crm, [person]), new_group(advisor))
    advisor.sync(connection["id"], [row])
    contact = advisor.everything(f"/api/groups/{row['group']['id']}/members")[0]
    advisor.patch(f"/api/contacts/{contact['id']}", {"title": "After"})
    run = advisor.sync(connection["id"], [row])

    undo = advisor.post(f"/api/runs/{run['id']}/undo")
    advisor.run_to_end(undo["run_id"])
    undone = advisor.execute(connection["id"], undo["run_id"])
    advisor.sync(connection["id"], [row])

    assert undone["state"] == "succeeded"
    title = crm.query(f"SELECT Title FROM Contact WHERE Id = '{person}'")[0]["Title"]
    assert title == "Before"


def test_disconnecting_ends_what_is_under_way(
    advisor: Advisor, crm: CrmUser, connection: Json
) -> None:
    terms = advisor.get("/api/platforms")["terms_version"]
    row = mapping(new_campaign(crm), new_group(advisor))
    body = {"mappings": [row], "terms_version": terms}
    started = [advisor.post(f"/api/connections/{connection['id']}/runs", body) for _ in range(2)]

    advisor.delete(f"/api/connections/{connection['id']}")

    assert advisor.get(f"/api/connections/{connection['id']}")["status"] == "disconnected"
    ends = [advisor.run_to_end(each["run_id"]) for each in started]
    assert {run["state"] for run in ends} <= {"cancelled", "succeeded"}
    assert all(run["error"]["code"] == "disconnected" for run in ends if run["error"])


def test_disconnecting_revokes_and_stops(advisor: Advisor, crm: CrmUser, connection: Json) -> None:
    row = mapping(new_campaign(crm), new_group(advisor))

    ended = advisor.delete(f"/api/connections/{connection['id']}")

    assert (ended["id"], ended["status"]) == (connection["id"], "disconnected")
    assert advisor.get(f"/api/connections/{connection['id']}")["status"] == "disconnected"
    last, first = advisor.get(f"/api/connections/{connection['id']}/audit")["items"]
    assert (first["after"]["status"], last["after"]["status"]) == ("connected", "disconnected")
    with pytest.raises(Refused) as refused:
        advisor.sync(connection["id"], [row])
    assert refused.value.status in {409, 422}
