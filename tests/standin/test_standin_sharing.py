"""Who sees and may change what."""

from __future__ import annotations

from typing import Any

import pytest


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


def last_names(client: Any) -> set[str]:
    return {row["LastName"] for row in client.rows("SELECT LastName FROM Contact")}


def test_a_user_sees_what_they_own_and_what_they_were_granted(avery: Any, iris: Any) -> None:
    assert last_names(avery) == {"Okafor", "Lindqvist", "Reyes", "Holt", "Sandoval"}
    found = avery.rows("SELECT FirstName FROM Contact WHERE LastName = 'Sandoval'")
    assert [row["FirstName"] for row in found] == ["Marco"]
    assert len(iris.rows("SELECT Id FROM Contact")) == 7


def test_an_invisible_record_does_not_exist_for_reading(avery: Any, iris: Any) -> None:
    lucia = iris.one("SELECT Id FROM Contact WHERE FirstName = 'Lucia'")["Id"]
    assert code(avery.get(f"/sobjects/Contact/{lucia}")) == (404, "NOT_FOUND")
    read = avery.post("/composite/sobjects/Contact", {"ids": [lucia], "fields": ["Id"]})
    assert read.json() == [None]


def test_an_invisible_record_cannot_be_written_or_referred_to(avery: Any, iris: Any) -> None:
    lucia = iris.one("SELECT Id FROM Contact WHERE FirstName = 'Lucia'")["Id"]
    refused = (403, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY")
    assert code(avery.patch(f"/sobjects/Contact/{lucia}", {"Title": "x"})) == refused
    member = {"CampaignId": avery.campaign("Client Newsletter"), "ContactId": lucia}
    assert code(avery.post("/sobjects/CampaignMember", member)) == refused


def test_a_read_grant_does_not_allow_edits(avery: Any, iris: Any, admin: Any) -> None:
    lucia = iris.one("SELECT Id FROM Contact WHERE FirstName = 'Lucia'")["Id"]
    grant = {"id": lucia, "username": "avery.advisor@salesforce.example", "level": "read"}
    admin.post("/grant", grant)
    assert avery.get(f"/sobjects/Contact/{lucia}").status_code == 200
    answer = avery.patch(f"/sobjects/Contact/{lucia}", {"Title": "x"})
    assert code(answer) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    admin.post("/grant", {**grant, "level": "edit"})
    assert avery.patch(f"/sobjects/Contact/{lucia}", {"Title": "x"}).status_code == 204
    admin.post("/grant", {**grant, "level": None})
    assert avery.get(f"/sobjects/Contact/{lucia}").status_code == 404


def test_giving_a_record_away_hides_it(avery: Any, blake: Any, iris: Any) -> None:
    pia = avery.contact("Lindqvist")
    iris.patch(f"/sobjects/Contact/{pia}", {"OwnerId": blake.user_id})
    assert avery.get(f"/sobjects/Contact/{pia}").status_code == 404
    assert blake.get(f"/sobjects/Contact/{pia}").status_code == 200


def test_a_member_row_hides_with_its_person_while_the_count_stays(
    avery: Any, blake: Any, iris: Any
) -> None:
    campaign = avery.campaign("Client Newsletter")
    rows = f"SELECT Id FROM CampaignMember WHERE CampaignId = '{campaign}'"
    assert len(avery.rows(rows)) == 6
    iris.patch(f"/sobjects/Contact/{avery.contact('Holt')}", {"OwnerId": blake.user_id})
    assert len(avery.rows(rows)) == 5
    counts = avery.one(f"SELECT NumberOfContacts FROM Campaign WHERE Id = '{campaign}'")
    assert counts["NumberOfContacts"] == 5


def test_members_can_be_shared_by_campaign_instead(avery: Any, admin: Any) -> None:
    seminar = avery.campaign("Retirement Seminar")
    rows = f"SELECT Id FROM CampaignMember WHERE CampaignId = '{seminar}'"
    assert len(avery.rows(rows)) == 1
    admin.put("/sharing", {"CampaignMember": "campaign"})
    assert len(avery.rows(rows)) == 2


def test_public_contacts_show_except_private_ones_without_account(blake: Any, admin: Any) -> None:
    admin.put("/sharing", {"Contact": "read"})
    seen = last_names(blake)
    assert "Lindqvist" in seen
    assert "Holt" not in seen
    admin.knob(private_contacts=False)
    assert "Holt" in last_names(blake)


def test_a_hidden_field_is_absent_everywhere(avery: Any, admin: Any) -> None:
    hidden = {"hidden_fields": ["Contact.HasOptedOutOfEmail"]}
    admin.patch("/users/avery.advisor@salesforce.example", hidden)
    fields = avery.get("/sobjects/Contact/describe").json()["fields"]
    assert "HasOptedOutOfEmail" not in {item["name"] for item in fields}
    assert code(avery.soql("SELECT HasOptedOutOfEmail FROM Contact")) == (400, "INVALID_FIELD")
    holt = avery.contact("Holt")
    assert "HasOptedOutOfEmail" not in avery.get(f"/sobjects/Contact/{holt}").json()
    write = avery.patch(f"/sobjects/Contact/{holt}", {"HasOptedOutOfEmail": True})
    assert code(write) == (400, "INVALID_FIELD")


def test_a_read_only_field_shows_but_refuses_writes(avery: Any, admin: Any) -> None:
    readonly = {"readonly_fields": ["Contact.Email"]}
    admin.patch("/users/avery.advisor@salesforce.example", readonly)
    fields = avery.get("/sobjects/Contact/describe").json()["fields"]
    email = next(item for item in fields if item["name"] == "Email")
    assert (email["createable"], email["updateable"]) == (False, False)
    answer = avery.patch(f"/sobjects/Contact/{avery.contact('Holt')}", {"Email": "a@b.example"})
    assert code(answer) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert answer.json()[0]["fields"] == ["Email"]


def test_a_user_without_the_marketing_feature_cannot_create_campaigns(
    sign_in: Any, salesforce: Any
) -> None:
    nico = sign_in(salesforce, "nico")
    answer = nico.post("/sobjects/Campaign", {"Name": "Not mine"})
    assert code(answer) == (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
    described = nico.get("/sobjects/Campaign/describe").json()
    assert (described["createable"], described["updateable"]) == (False, False)
    assert nico.rows("SELECT Id FROM Campaign")


def test_a_user_can_lose_an_object(avery: Any, admin: Any) -> None:
    hidden = {"hidden_objects": ["Campaign", "CampaignMember"]}
    admin.patch("/users/avery.advisor@salesforce.example", hidden)
    assert code(avery.soql("SELECT Id FROM Campaign")) == (400, "INVALID_TYPE")
    assert avery.get("/sobjects/Campaign/describe").status_code == 404


@pytest.mark.parametrize(
    ("change", "error"),
    [("user", "API_CURRENTLY_DISABLED"), ("org", "API_DISABLED_FOR_ORG")],
)
def test_the_api_can_be_off(avery: Any, admin: Any, change: str, error: str) -> None:
    if change == "user":
        admin.patch("/users/avery.advisor@salesforce.example", {"api_enabled": False})
    else:
        admin.knob(api_enabled=False)
    assert code(avery.get("/limits")) == (403, error)


def test_the_external_id_field_can_be_absent_from_the_org(avery: Any, admin: Any) -> None:
    admin.knob(absent_fields=["Contact.CrmSync_Id__c"])
    assert code(avery.soql("SELECT CrmSync_Id__c FROM Contact")) == (400, "INVALID_FIELD")
    answer = avery.patch("/sobjects/Contact/CrmSync_Id__c/x", {"LastName": "y"})
    assert answer.status_code == 404
