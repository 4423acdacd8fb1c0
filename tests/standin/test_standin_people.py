"""Person accounts, lead conversion and merges."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def dana(practifi: Any, sign_in: Any) -> Any:
    """Avery in the Practifi org, with Dana's account at hand."""
    client = sign_in(practifi, "avery")
    client.account = client.one(
        "SELECT Id, PersonContactId FROM Account WHERE Name = 'Dana Abernathy'"
    )
    return client


@pytest.fixture
def practifi_admin(practifi: Any, admin_of: Any) -> Any:
    return admin_of(practifi)


def test_a_person_account_shows_as_a_contact_too(dana: Any) -> None:
    row = dana.one(
        "SELECT Id, IsPersonAccount, Email, Title, MailingCity, Account.IsPersonAccount, "
        "Account.RecordType.IsPersonType FROM Contact WHERE Name = 'Dana Abernathy'"
    )
    assert row["Id"] == dana.account["PersonContactId"]
    assert (row["IsPersonAccount"], row["Email"]) == (True, "abernathy.home@mail.example")
    assert (row["Title"], row["MailingCity"]) == ("Architect", "Denver")
    assert row["Account"]["IsPersonAccount"] is True
    assert row["Account"]["RecordType"]["IsPersonType"] is True


def test_creating_a_person_account_brings_its_contact(dana: Any) -> None:
    account = dana.create(
        "Account", FirstName="Nia", LastName="Bell", PersonEmail="nia@mail.example"
    )
    row = dana.get(f"/sobjects/Account/{account}").json()
    assert (row["Name"], row["IsPersonAccount"]) == ("Nia Bell", True)
    contact = dana.get(f"/sobjects/Contact/{row['PersonContactId']}").json()
    assert (contact["Email"], contact["AccountId"]) == ("nia@mail.example", account)


def test_changing_the_account_changes_the_contact_with_the_same_stamp(
    dana: Any, practifi_admin: Any
) -> None:
    practifi_admin.post("/clock/advance", {"seconds": 60})
    path = f"/sobjects/Account/{dana.account['Id']}"
    values = {"LastName": "Abbott", "practifi__Preferred_Email__pc": "Work"}
    assert dana.patch(path, values).status_code == 204
    account = dana.get(path).json()
    contact = dana.get(f"/sobjects/Contact/{dana.account['PersonContactId']}").json()
    assert (account["Name"], contact["Name"]) == ("Dana Abbott", "Dana Abbott")
    assert contact["practifi__Preferred_Email__c"] == "Work"
    assert account["SystemModstamp"] == contact["SystemModstamp"]


@pytest.mark.parametrize("values", [{"LastName": "X"}, {"Email": "x@mail.example"}])
def test_name_and_address_cannot_be_written_through_the_contact(
    dana: Any, values: dict[str, str]
) -> None:
    answer = dana.patch(f"/sobjects/Contact/{dana.account['PersonContactId']}", values)
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert answer.json()[0]["fields"] == list(values)


def test_other_fields_written_to_the_contact_reach_the_account(dana: Any) -> None:
    path = f"/sobjects/Contact/{dana.account['PersonContactId']}"
    assert dana.patch(path, {"Title": "Planner"}).status_code == 204
    account = dana.get(f"/sobjects/Account/{dana.account['Id']}").json()
    assert account["PersonTitle"] == "Planner"
    assert account["SystemModstamp"] == dana.get(path).json()["SystemModstamp"]


def test_the_name_of_a_person_account_is_made_of_its_parts(dana: Any) -> None:
    answer = dana.patch(f"/sobjects/Account/{dana.account['Id']}", {"Name": "X"})
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_a_business_account_takes_no_person_fields(dana: Any) -> None:
    answer = dana.post("/sobjects/Account", {"Name": "Firm", "PersonEmail": "a@b.example"})
    assert answer.json()[0]["fields"] == ["PersonEmail"]


def test_the_record_type_says_whether_an_account_is_a_person(dana: Any) -> None:
    types = {
        row["DeveloperName"]: row["Id"]
        for row in dana.rows("SELECT Id, DeveloperName FROM RecordType")
    }
    nameless = dana.post("/sobjects/Account", {"RecordTypeId": types["PersonAccount"]})
    assert nameless.json()[0]["fields"] == ["LastName"]
    business = {"RecordTypeId": types["Household"], "Name": "Firm", "LastName": "X"}
    assert dana.post("/sobjects/Account", business).json()[0]["fields"] == ["LastName"]
    firm = dana.create("Account", Name="Firm")
    account = dana.get(f"/sobjects/Account/{firm}").json()
    assert (account["RecordTypeId"], account["IsPersonAccount"]) == (types["Household"], False)


def test_a_person_account_has_no_second_contact_and_its_contact_cannot_be_deleted(
    dana: Any,
) -> None:
    second = dana.post("/sobjects/Contact", {"LastName": "X", "AccountId": dana.account["Id"]})
    assert second.json()[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
    gone = dana.delete(f"/sobjects/Contact/{dana.account['PersonContactId']}")
    assert gone.json()[0]["errorCode"] == "DELETE_FAILED"


def test_deleting_the_account_deletes_the_contact_and_its_memberships(dana: Any) -> None:
    assert dana.delete(f"/sobjects/Account/{dana.account['Id']}").status_code == 204
    contact = dana.account["PersonContactId"]
    assert dana.get(f"/sobjects/Contact/{contact}").status_code == 404
    members = f"SELECT Id FROM CampaignMember WHERE ContactId = '{contact}'"
    assert dana.rows(members) == []


def test_the_package_rewrites_what_was_just_written(dana: Any) -> None:
    path = f"/sobjects/Account/{dana.account['Id']}"
    dana.patch(path, {"Phone": "303.555.0199", "PersonEmail": "Dana@Mail.Example"})
    account = dana.get(path).json()
    assert (account["Phone"], account["PersonEmail"]) == ("(303) 555-0199", "dana@mail.example")
    assert account["LastModifiedById"] != dana.user_id
    contact = dana.get(f"/sobjects/Contact/{dana.account['PersonContactId']}").json()
    assert (contact["Phone"], contact["Email"]) == ("(303) 555-0199", "dana@mail.example")


def test_merging_person_accounts_merges_their_contacts(dana: Any, practifi_admin: Any) -> None:
    loser = dana.one("SELECT Id, PersonContactId FROM Account WHERE Name = 'Evan Abernathy'")
    practifi_admin.post("/merge", {"master_id": dana.account["Id"], "loser_ids": [loser["Id"]]})
    row = dana.one(
        f"SELECT IsDeleted, MasterRecordId FROM Contact WHERE Id = '{loser['PersonContactId']}'",
        "queryAll",
    )
    assert (row["IsDeleted"], row["MasterRecordId"]) == (True, dana.account["PersonContactId"])


def test_a_merge_names_the_master_and_moves_memberships(avery: Any, admin: Any) -> None:
    master, loser = avery.contact("Sandoval"), avery.contact("Holt")
    campaign = avery.campaign("Client Newsletter")
    member = f"SELECT Id, ContactId FROM CampaignMember WHERE CampaignId = '{campaign}'"
    row_before = avery.one(f"{member} AND ContactId = '{loser}'")
    admin.post("/clock/advance", {"seconds": 60})
    admin.post("/merge", {"master_id": master, "loser_ids": [loser], "values": {"Title": "M"}})
    gone = avery.one(
        f"SELECT IsDeleted, MasterRecordId FROM Contact WHERE Id = '{loser}'", "queryAll"
    )
    assert (gone["IsDeleted"], gone["MasterRecordId"]) == (True, master)
    assert avery.one(f"{member} AND ContactId = '{master}'")["Id"] == row_before["Id"]
    assert avery.get(f"/sobjects/Contact/{master}").json()["Title"] == "M"


def test_a_merge_into_a_member_drops_the_second_row_and_the_count(avery: Any, admin: Any) -> None:
    master, loser = avery.contact("Lindqvist"), avery.contact("Holt")
    campaign = avery.campaign("Client Newsletter")
    admin.post("/merge", {"master_id": master, "loser_ids": [loser]})
    rows = avery.rows(f"SELECT ContactId FROM CampaignMember WHERE CampaignId = '{campaign}'")
    assert [row["ContactId"] for row in rows].count(master) == 1
    count = avery.one(f"SELECT NumberOfContacts FROM Campaign WHERE Id = '{campaign}'")
    assert count["NumberOfContacts"] == 4


def test_converting_a_lead_links_its_membership_to_the_contact(avery: Any, admin: Any) -> None:
    lead = avery.one("SELECT Id FROM Lead")["Id"]
    made = admin.post("/convert-lead", {"lead_id": lead})
    row = avery.get(f"/sobjects/Lead/{lead}").json()
    assert row["IsConverted"] is True
    assert row["ConvertedContactId"] == made["contact_id"]
    contact = avery.get(f"/sobjects/Contact/{made['contact_id']}").json()
    assert (contact["Email"], contact["AccountId"]) == ("omar@nasser.example", made["account_id"])
    member = avery.one(f"SELECT ContactId, Type FROM CampaignMember WHERE LeadId = '{lead}'")
    assert (member["ContactId"], member["Type"]) == (made["contact_id"], "Contact")
    answer = avery.patch(f"/sobjects/Lead/{lead}", {"Title": "x"})
    assert answer.json()[0]["errorCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"


def test_a_lead_converts_to_a_person_account_where_there_are_such(
    dana: Any, practifi_admin: Any
) -> None:
    lead = dana.one("SELECT Id FROM Lead")["Id"]
    made = practifi_admin.post("/convert-lead", {"lead_id": lead})
    account = dana.get(f"/sobjects/Account/{made['account_id']}").json()
    assert (account["IsPersonAccount"], account["PersonEmail"]) == (True, "kurt@weiss.example")
    assert account["PersonContactId"] == made["contact_id"]
