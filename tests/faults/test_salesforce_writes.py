"""S13 to S19, S25, S26: rows refused, half answered, there already, gone, raced for or lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.office import Office, counts
from tests.conformance.platforms import member_names
from tests.contract.salesforce.test_writing import records_sent

NEWSLETTER = "Client Newsletter"
NOBODY_NEW = {"considered", "unchanged", "skipped"}


def row_of(office: Office, *names: str, direction: str = "export") -> dict[str, Any]:
    """People of this side, to be sent to the seeded campaign."""
    group = office.group(*(office.contact(name, "Novak") for name in names))
    return office.row(office.site.find("Campaign", Name=NEWSLETTER), group, direction)


def both_ways(office: Office) -> dict[str, Any]:
    """The seeded campaign and a new group, synced once."""
    row = row_of(office, direction="both")
    office.sync(row)
    return row


def there(office: Office, name: str) -> dict[str, Any]:
    """The one person of that first name in the CRM."""
    return office.site.row(office.site.find("Contact", FirstName=name))


def here(office: Office, row: dict[str, Any], name: str) -> dict[str, Any]:
    """A contact of the group."""
    return dict(office.members(row["group"]["id"])[name])


def members(office: Office) -> set[str]:
    """First names in the seeded campaign."""
    return member_names(office.site, office.site.find("Campaign", Name=NEWSLETTER))


def unit(office: Office, run: dict[str, Any], contact_id: str) -> dict[str, Any]:
    """What became of one contact."""
    (found,) = [each for each in office.changes(run) if each["contact_id"] == contact_id]
    return dict(found)


def refuse(office: Office, code: str, match: str, times: int = 1) -> None:
    """The org refuses a row."""
    action = {"code": code, "message": "As Salesforce puts it", "match": match}
    office.site.fault("record_error", times=times, with_=action)


def test_s13_rows_of_a_batch_succeed_or_fail_alone_and_a_short_answer_is_no_answer(
    office: Office,
) -> None:
    row = row_of(office, "Ada", "Bob", "Cleo")
    refuse(office, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Bob")
    run = office.sync(row)
    assert (run["state"], counts(run)["created"], counts(run)["failed"]) == ("partial", 2, 1)
    assert {"Ada", "Cleo"} <= members(office)

    short = {"status": 200, "body": [{"id": there(office, "Ada")["Id"], "success": True}]}
    two = [office.contact(name, "Novak") for name in ("Dora", "Emil")]
    for contact in two:
        office.join(row["group"]["id"], contact)
    path = "composite/sobjects"
    office.site.fault("status", within="composite", method="POST", path=path, with_=short)
    office.later(row)
    office.later(row)
    last = office.later(row)

    for name in ("Ada", "Bob", "Cleo", "Dora", "Emil"):
        assert there(office, name)
    assert {"Ada", "Bob", "Cleo", "Dora", "Emil"} <= members(office)
    assert set(counts(last)) <= NOBODY_NEW


def test_s14_a_duplicate_alert_links_the_one_it_names_asks_about_several_and_is_never_bypassed(
    office: Office,
) -> None:
    org = office.site.running.org
    rule = {"object": "Contact", "name": "By name", "match": ["FirstName", "LastName"]}

    def known(name: str, email: str) -> str:
        values = {"FirstName": name, "LastName": "Novak", "Email": email}
        return office.site.create("Contact", by="avery.advisor", **values)

    one = known("Ada", "other@x.example")
    several = {known("Bob", f"b{number}@x.example") for number in range(2)}
    org.org_rules["duplicate_rules"] = [{**rule, "allow_save": True}]
    row = row_of(office, "Ada", "Bob")

    office.sync(row)
    office.later(row)

    assert there(office, "Ada")["Id"] == one
    assert "Ada" in members(office)
    (review,) = office.reviews()
    assert {each["id"] for each in review["candidates"]} == several
    assert len(org.store.find("Contact", "FirstName = 'Bob'", [])) == 2
    assert "allowSave" not in str(list(org.meter.log)).replace("allowSave=false", "")


def test_s15_somebody_who_is_a_member_already_counts_as_added(office: Office) -> None:
    row = row_of(office, "Ada")
    office.site.create(
        "Contact", by="avery.advisor", FirstName="Ada", LastName="Novak", Email="ada@novak.example"
    )
    key = {"CampaignId": row["campaign"]["id"], "ContactId": there(office, "Ada")["Id"]}

    def joins() -> None:
        office.site.create("CampaignMember", by="iris.integration", **key)

    office.firm.io.once("state.put_links", joins)
    run = office.sync(row)

    assert run["state"] == "succeeded"
    rows = office.site.running.org.store.find("CampaignMember", "ContactId = ?", [key["ContactId"]])
    assert len(rows) == 1
    assert key["ContactId"] in [sent.get("ContactId") for sent in records_sent(office.site)]
    office.undo(run["id"])
    assert "Ada" in members(office)


def test_s16_a_value_that_must_be_unique_belongs_to_somebody_who_is_found_and_linked(
    office: Office,
) -> None:
    row = row_of(office, "Ada")
    ours = here(office, row, "Ada")["id"]
    refuse(office, "DUPLICATE_VALUE", "Ada")

    def somebody_was_first() -> None:
        values = {"FirstName": "Ada", "LastName": "Novak", "CrmSync_Id__c": ours}
        office.site.create("Contact", by="avery.advisor", **values)

    office.firm.io.once("state.claim", somebody_was_first)
    office.sync(row)
    office.later(row)
    run = office.later(row)

    assert there(office, "Ada")["CrmSync_Id__c"] == ours
    assert "Ada" in members(office)
    assert set(counts(run)) <= NOBODY_NEW


def test_s17_a_sync_id_that_several_records_carry_parks_that_person_alone(office: Office) -> None:
    row = row_of(office, "Ada", "Bob")
    ours = here(office, row, "Ada")["id"]
    refuse(office, "DUPLICATE_EXTERNAL_ID", "Ada")

    run = office.sync(row)

    told = unit(office, run, ours)
    assert (told["outcome"], told["reason"]) == ("failed", "duplicate_external_id")
    assert counts(run)["created"] == 1
    assert "Bob" in members(office)
    with pytest.raises(AssertionError, match="0 Contact"):
        there(office, "Ada")


def test_s18_a_person_deleted_meanwhile_is_never_created_again(office: Office) -> None:
    row = both_ways(office)
    pia = here(office, row, "Pia")["id"]
    person = there(office, "Pia")["Id"]
    office.firm.pass_time(minutes=1)
    office.edit(pia, title="Potter")
    office.firm.io.once("state.put_links", lambda: office.site.delete("Contact", person))
    office.later(row)
    office.later(row)

    assert "Pia" not in office.members(row["group"]["id"])
    assert office.reads(pia)["first_name"] == "Pia"
    assert len(office.site.running.org.store.find("Contact", "FirstName = 'Pia'", [])) == 1

    vera = there(office, "Vera")["Id"]
    office.site.update("Contact", vera, OwnerId=office.site.user_id("blake.broker"))
    run = office.later(row)
    assert "removed" not in counts(run)
    assert "Vera" in office.members(row["group"]["id"])


REFUSED = {
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "refused_by_rule",
    "REQUIRED_FIELD_MISSING": "required_field_missing",
    "STRING_TOO_LONG": "value_too_long",
    "INVALID_EMAIL_ADDRESS": "invalid_email",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "value_not_in_list",
    "FIELD_FILTER_VALIDATION_EXCEPTION": "refused_by_rule",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "refused_by_automation",
}


def test_s19_a_refused_record_is_parked_with_its_reason_and_its_value_is_left_alone(
    office: Office,
) -> None:
    names = [f"P{number}" for number in range(len(REFUSED))]
    row = row_of(office, "Ada", *names)
    value = "Head of everything there is"
    for name, code in zip(names, REFUSED, strict=True):
        refuse(office, code, f'"{name}"', times=0)
        office.edit(here(office, row, name)["id"], title=value)

    run = office.sync(row)

    assert (run["state"], counts(run)["failed"]) == ("partial", len(REFUSED))
    assert counts(run)["created"] == 1
    for name, reason in zip(names, REFUSED.values(), strict=True):
        contact = here(office, row, name)
        told = unit(office, run, contact["id"])
        assert (told["outcome"], told["reason"]) == ("failed", reason)
        assert contact["title"] == value
    office.site.running.org.faults.clear()
    for name in names:
        office.edit(here(office, row, name)["id"], title="Short")
    office.later(row)
    assert set(names) <= members(office)


@pytest.mark.parametrize("has_our_id", [True, False])
def test_s25_a_write_whose_answer_was_lost_is_looked_for_and_never_made_twice(
    office: Office, *, has_our_id: bool
) -> None:
    if not has_our_id:
        absent = ["Contact.CrmSync_Id__c", "Lead.CrmSync_Id__c"]
        office.site.running.org.knobs.change({"absent_fields": absent})
    row = row_of(office, "Ada", "Bob", direction="both")
    save = '"referenceId":"save0"'
    office.site.fault("reset_after", method="POST", path="composite", body=save)
    office.sync(row)
    office.later(row)
    office.later(row)
    assert {"Ada", "Bob"} <= members(office)
    for name in ("Ada", "Bob"):
        assert there(office, name)

    office.edit(here(office, row, "Ada")["id"], city="Ys")
    office.site.fault("reset_after", method="POST", path="composite", body='"Ys"')
    office.later(row)
    office.later(row)
    assert there(office, "Ada")["MailingCity"] == "Ys"

    cleo = office.contact("Cleo", "Novak", email_opt_out=True)
    office.join(row["group"]["id"], cleo)
    office.site.fault("reset_after", method="POST", path="composite", body="CampaignId")
    office.later(row)
    office.later(row)
    assert "Cleo" in members(office)
    assert there(office, "Cleo")["HasOptedOutOfEmail"] == 1
    assert set(counts(office.later(row))) <= NOBODY_NEW
    falsy = [r for r in records_sent(office.site) if r.get("HasOptedOutOfEmail") is False]
    assert falsy == []


def test_s26_an_edit_in_the_crm_during_the_run_is_planned_anew_and_no_other_field_is_sent(
    office: Office,
) -> None:
    row = both_ways(office)
    pia, person = here(office, row, "Pia")["id"], there(office, "Pia")["Id"]
    office.firm.pass_time(minutes=30)
    office.edit(pia, title="Ours", city="Ours")

    def edited_while_planned() -> None:
        office.site.update("Contact", person, Title="Theirs", Department="Kiln")

    office.firm.io.once("artifacts.write_part", edited_while_planned)
    office.later(row)
    office.later(row)

    stored = there(office, "Pia")
    assert (stored["Title"], stored["Department"]) == ("Theirs", "Kiln")
    assert stored["MailingCity"] == "Ours"
    assert office.reads(pia)["title"] == "Theirs"
    sent = [record for record in records_sent(office.site) if record.get("id") == person]
    assert {name for record in sent for name in record} <= {"attributes", "id", "MailingCity"}
