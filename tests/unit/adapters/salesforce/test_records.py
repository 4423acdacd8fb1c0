"""Records into people, members and campaigns: what is not shown is unknown, never blank."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from crmsync.adapters.salesforce.records import People, campaign, member, moment
from crmsync.domain.person import PersonKind

from tests.unit.adapters.salesforce.orgs import a_shape, descriptor_of

STAMP = "2026-03-02T09:00:00.000+0000"
NOON = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PLAIN = People(descriptor_of("salesforce"), a_shape())


def a_record(**values: Any) -> dict[str, Any]:
    return {
        "attributes": {"type": "Contact"},
        "Id": "0035f0000000001AAA",
        "OwnerId": "0055f0000000001AAA",
        "LastModifiedDate": STAMP,
        "IsDeleted": False,
        "MasterRecordId": None,
        **values,
    }


def test_a_contact_is_read_with_its_company_consent_and_our_id() -> None:
    record = a_record(
        FirstName="Ada",
        Email="ada@x.example",
        HasOptedOutOfEmail=True,
        CrmSync_Id__c="contact-1",
        AccountId="0015f0000000001AAA",
        Account={"attributes": {}, "Name": "Engines"},
    )

    person = PLAIN.contact(record)

    assert person.kind is PersonKind.CONTACT
    assert (person.value("first_name"), person.value("company")) == ("Ada", "Engines")
    assert (person.opted_out, person.external_id, person.modified_at) == (True, "contact-1", NOON)
    assert person.account_id == "0015f0000000001AAA"


def test_nothing_is_blank_text() -> None:
    person = PLAIN.contact(a_record(FirstName=None, Birthdate=None, Account=None))

    assert person.values["first_name"] == person.values["birthdate"] == ""
    assert person.value("company") == ""


def test_the_owner_of_a_person_account_is_the_owner_of_the_account() -> None:
    people = People(descriptor_of("practifi"), a_shape("practifi", person_accounts=True))
    account = {"Name": "Ada Byron", "OwnerId": "0055f0000000002AAA"}

    person = people.contact(a_record(IsPersonAccount=True, Account=account))

    assert (person.kind, person.owner_id) == (PersonKind.PERSON_ACCOUNT, "0055f0000000002AAA")
    assert "company" in person.hidden_fields
    assert "company" not in person.values


def test_a_lead_has_no_birthdate_and_names_what_it_became() -> None:
    record = a_record(
        Id="00Q5f0000000001EAA",
        Company="Engines",
        IsConverted=True,
        ConvertedContactId="0035f0000000001AAA",
    )

    person = PLAIN.lead(record)

    assert person.hidden_fields == {"birthdate"}
    assert (person.value("company"), person.converted_into) == ("Engines", "0035f0000000001AAA")


def test_a_lead_that_is_not_converted_became_nobody() -> None:
    assert PLAIN.lead(a_record(IsConverted=False, ConvertedContactId=None)).converted_into is None


@pytest.mark.parametrize("limit", ["hidden", "retyped"])
def test_a_field_that_cannot_be_read_as_text_is_hidden_and_not_asked_for(limit: str) -> None:
    people = People(
        descriptor_of("salesforce"), a_shape(**{limit: ["Title", "HasOptedOutOfEmail"]})
    )

    person = people.contact(a_record(Title=7, HasOptedOutOfEmail="x"))

    assert "title" in person.hidden_fields
    assert person.opted_out is None
    assert not {"Title", "HasOptedOutOfEmail"} & set(people.contact_columns())


def test_an_org_without_our_id_field_is_not_asked_for_it() -> None:
    people = People(descriptor_of("salesforce"), a_shape(hidden=["CrmSync_Id__c"]))

    assert "CrmSync_Id__c" not in people.contact_columns()
    assert "CrmSync_Id__c" not in people.lead_columns()


def test_an_org_without_person_accounts_is_not_asked_about_them() -> None:
    assert "IsPersonAccount" not in PLAIN.contact_columns()
    assert "AccountId" not in PLAIN.member_columns()


def test_people_of_members_are_reached_through_the_member() -> None:
    columns = PLAIN.member_columns_with_people()

    assert {"Id", "CampaignId", "Contact.Email", "Contact.Account.Name", "Lead.Company"} <= set(
        columns
    )
    assert len(columns) == len(set(columns))


def a_row(**values: Any) -> dict[str, Any]:
    return {
        "Id": "00v5f0000000001AAA",
        "CampaignId": "7015f0000000001AAA",
        "ContactId": None,
        "LeadId": None,
        "IsDeleted": False,
        "CreatedDate": STAMP,
        "SystemModstamp": STAMP,
        **values,
    }


def test_the_row_of_a_converted_lead_is_its_contacts() -> None:
    found = member(a_row(ContactId="0035f0000000001AAA", LeadId="00Q5f0000000001EAA"))

    assert (found.person_id, found.is_account) == ("0035f0000000001AAA", False)


def test_a_row_that_is_neither_contact_nor_lead_is_an_accounts() -> None:
    found = member(a_row(AccountId="0015f0000000001AAA"))

    assert (found.person_id, found.is_account) == ("0015f0000000001AAA", True)
    assert member(a_row()).is_account


def test_a_row_tells_when_it_came_and_changed() -> None:
    found = member(a_row(ContactId="0035f0000000001AAA", IsDeleted=True))

    assert (found.created_at, found.modified_at, found.deleted) == (NOON, NOON, True)


@pytest.mark.parametrize(
    "row",
    [
        a_row(ContactId="0035f0000000001AAA", Contact=None),
        a_row(ContactId="0035f0000000001AAA", Contact={"Id": None}),
        a_row(LeadId="00Q5f0000000001EAA"),
        a_row(),
    ],
)
def test_a_member_who_cannot_be_seen_is_nobody(row: dict[str, Any]) -> None:
    assert PLAIN.of_member(row) is None


def test_a_campaign_counts_contacts_and_leads() -> None:
    found = campaign(
        {
            "Id": "7015f0000000001AAA",
            "Name": "Spring",
            "IsActive": True,
            "IsDeleted": False,
            "NumberOfContacts": 3,
            "NumberOfLeads": 4,
            "StartDate": "2026-03-02",
            "EndDate": None,
            "Status": None,
            "Owner": None,
        }
    )

    assert (found.member_count, found.start_date, found.end_date) == (7, date(2026, 3, 2), None)
    assert (found.status, found.owner) == ("", "")


@pytest.mark.parametrize("text", [STAMP, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00.000+01:00"])
def test_moments_are_read_in_any_spelling_and_kept_in_utc(text: str) -> None:
    assert moment(text) == NOON
