"""Campaigns and their members."""

from __future__ import annotations

from typing import Any


def counts(client: Any, campaign: str) -> tuple[int, int]:
    row = client.one(
        f"SELECT NumberOfContacts, NumberOfLeads FROM Campaign WHERE Id = '{campaign}'"
    )
    return row["NumberOfContacts"], row["NumberOfLeads"]


def test_a_new_campaign_is_inactive_and_planned(avery: Any) -> None:
    made = avery.create("Campaign", Name="Fresh")
    row = avery.one(f"SELECT IsActive, Status, OwnerId FROM Campaign WHERE Id = '{made}'")
    assert (row["IsActive"], row["Status"], row["OwnerId"]) == (False, "Planned", avery.user_id)


def test_a_second_membership_is_a_duplicate_value_and_changes_nothing(avery: Any) -> None:
    campaign, pia = avery.campaign("Client Newsletter"), avery.contact("Lindqvist")
    before = counts(avery, campaign)
    answer = avery.post("/sobjects/CampaignMember", {"CampaignId": campaign, "ContactId": pia})
    assert answer.status_code == 400
    assert answer.json() == [
        {"message": "Already a campaign member.", "errorCode": "DUPLICATE_VALUE", "fields": []}
    ]
    assert counts(avery, campaign) == before


def test_the_same_person_twice_in_one_collection_is_caught(avery: Any) -> None:
    campaign = avery.create("Campaign", Name="Fresh", IsActive=True)
    member = {
        "attributes": {"type": "CampaignMember"},
        "CampaignId": campaign,
        "ContactId": avery.contact("Lindqvist"),
    }
    results = avery.post("/composite/sobjects", {"records": [member, member]}).json()
    assert [result["success"] for result in results] == [True, False]
    assert results[1]["errors"][0]["statusCode"] == "DUPLICATE_VALUE"


def test_counts_follow_members_in_and_out(avery: Any) -> None:
    campaign = avery.create("Campaign", Name="Fresh", IsActive=True)
    lead = avery.one("SELECT Id FROM Lead")["Id"]
    member = avery.create(
        "CampaignMember", CampaignId=campaign, ContactId=avery.contact("Lindqvist")
    )
    avery.create("CampaignMember", CampaignId=campaign, LeadId=lead)
    assert counts(avery, campaign) == (1, 1)
    avery.delete(f"/sobjects/CampaignMember/{member}")
    assert counts(avery, campaign) == (0, 1)


def test_counting_members_does_not_touch_the_stamp_unless_told(avery: Any, admin: Any) -> None:
    campaign = avery.campaign("Client Newsletter")
    stamp = f"SELECT SystemModstamp FROM Campaign WHERE Id = '{campaign}'"
    before = avery.one(stamp)["SystemModstamp"]
    person = avery.contact("Sandoval")
    member = avery.create("CampaignMember", CampaignId=campaign, ContactId=person)
    assert avery.one(stamp)["SystemModstamp"] == before
    admin.knob(campaign_counts_touch_stamp=True)
    avery.delete(f"/sobjects/CampaignMember/{member}")
    assert avery.one(stamp)["SystemModstamp"] > before


def test_a_member_needs_exactly_one_person_and_a_campaign(avery: Any) -> None:
    campaign, lead = avery.campaign("Client Newsletter"), avery.one("SELECT Id FROM Lead")["Id"]
    neither = avery.post("/sobjects/CampaignMember", {"CampaignId": campaign})
    assert neither.json()[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    both = avery.post(
        "/sobjects/CampaignMember",
        {"CampaignId": campaign, "LeadId": lead, "ContactId": avery.contact("Holt")},
    )
    assert both.json()[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
    nowhere = avery.post("/sobjects/CampaignMember", {"LeadId": lead})
    assert nowhere.json()[0]["fields"] == ["CampaignId"]


def test_has_responded_follows_the_status_and_cannot_be_written(avery: Any) -> None:
    campaign = avery.campaign("Client Newsletter")
    member = avery.one(
        f"SELECT Id, HasResponded FROM CampaignMember WHERE CampaignId = '{campaign}' "
        "AND Contact.LastName = 'Holt'"
    )
    assert member["HasResponded"] is False
    path = f"/sobjects/CampaignMember/{member['Id']}"
    refused = avery.patch(path, {"HasResponded": True})
    assert refused.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert avery.patch(path, {"Status": "Responded"}).status_code == 204
    row = avery.get(path).json()
    assert (row["HasResponded"], row["Status"]) == (True, "Responded")
    assert row["FirstRespondedDate"] is not None


def test_a_status_the_campaign_does_not_list_becomes_its_default(avery: Any) -> None:
    campaign = avery.create("Campaign", Name="Fresh", IsActive=True)
    member = avery.create(
        "CampaignMember", CampaignId=campaign, ContactId=avery.contact("Holt"), Status="Dancing"
    )
    assert avery.get(f"/sobjects/CampaignMember/{member}").json()["Status"] == "Sent"


def test_a_campaign_can_have_statuses_of_its_own(avery: Any) -> None:
    campaign = avery.create("Campaign", Name="Fresh", IsActive=True)
    avery.create("CampaignMemberStatus", CampaignId=campaign, Label="Dancing", HasResponded=True)
    labels = avery.rows(
        f"SELECT Label FROM CampaignMemberStatus WHERE CampaignId = '{campaign}' ORDER BY Label"
    )
    assert [row["Label"] for row in labels] == ["Dancing", "Responded", "Sent"]
    member = avery.create(
        "CampaignMember", CampaignId=campaign, ContactId=avery.contact("Holt"), Status="Dancing"
    )
    assert avery.get(f"/sobjects/CampaignMember/{member}").json()["HasResponded"] is True


def test_the_person_of_a_member_cannot_be_changed(avery: Any) -> None:
    member = avery.rows("SELECT Id FROM CampaignMember WHERE ContactId != null")[0]["Id"]
    answer = avery.patch(f"/sobjects/CampaignMember/{member}", {"ContactId": avery.contact("Holt")})
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_deleting_a_campaign_deletes_its_members(avery: Any, iris: Any) -> None:
    campaign = avery.campaign("Client Newsletter")
    avery.delete(f"/sobjects/Campaign/{campaign}")
    where = f"WHERE CampaignId = '{campaign}'"
    assert iris.rows(f"SELECT Id FROM CampaignMember {where}") == []
    deleted = iris.rows(f"SELECT IsDeleted FROM CampaignMember {where}", "queryAll")
    assert len(deleted) == 6


def test_members_have_no_external_id_upsert(avery: Any) -> None:
    answer = avery.patch("/sobjects/CampaignMember/Status/Sent", {})
    assert answer.status_code == 404
