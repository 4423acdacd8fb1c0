"""Merges, the recycle bin, owners, campaigns: what the CRM does to records, on every platform."""

from __future__ import annotations

import pytest

from tests.conformance.office import AVERY, BLAKE, Office, counts
from tests.conformance.platforms import Profile
from tests.contract.salesforce.standin_org import StandinOrg

Json = dict[str, object]
QUIET = {"considered", "unchanged", "skipped"}


@pytest.fixture
def row(office: Office, campaign: str) -> Json:
    """The seeded campaign and a new group, synced once both ways."""
    made = office.row(campaign, office.group())
    office.sync(made)
    return made


def _group(row: Json) -> str:
    return str(dict(row["group"])["id"])


def _members(office: Office, profile: Profile, row: Json, *names: str) -> list[tuple[str, str]]:
    """Put new people into the campaign and sync; of each the person's id and the contact's."""
    people = [profile.newcomer(office.site, name, "Case") for name in names]
    campaign = dict(row["campaign"])["id"]
    for person in people:
        office.site.create("CampaignMember", CampaignId=campaign, ContactId=person)
    office.later(row)
    here = office.members(_group(row))
    return [(person, str(here[name]["id"])) for person, name in zip(people, names, strict=True)]


def _merge(site: StandinOrg, master: str, loser: str) -> None:
    """What a user does in the browser: person accounts are merged as accounts."""
    one, two = site.row(master), site.row(loser)
    if one.get("IsPersonAccount"):
        site.do("merge", master_id=one["AccountId"], loser_ids=[two["AccountId"]])
    else:
        site.do("merge", master_id=master, loser_ids=[loser])


def test_a_merged_person_keeps_its_contact_and_nobody_is_made_twice(
    office: Office, site: StandinOrg, profile: Profile, row: Json
) -> None:
    [(loser, mia)] = _members(office, profile, row, "Mia")
    master = profile.newcomer(site, "Mia", "Case", email="mia.new@case.example")

    _merge(site, master, loser)
    runs = [office.later(row), office.later(row)]
    profile.edit(site, master, title="Merged")
    office.later(row)

    assert office.reads(mia)["title"] == "Merged"
    assert set(office.members(_group(row))) == profile.brought | {"Mia"}
    assert all("created" not in counts(run) for run in runs)


def test_an_opt_out_of_a_record_merged_away_is_not_lost(
    office: Office, site: StandinOrg, profile: Profile, row: Json
) -> None:
    [(loser, mia)] = _members(office, profile, row, "Mia")
    assert office.reads(mia)["mailable"]
    profile.opt_out(site, loser)
    master = profile.newcomer(site, "Mia", "Case", email="mia.new@case.example")

    _merge(site, master, loser)
    office.later(row)

    assert not office.reads(mia)["mailable"]


def test_two_linked_people_merged_into_one_leave_two_contacts_and_one_link(
    office: Office, site: StandinOrg, profile: Profile, row: Json
) -> None:
    (master, ann), (loser, bea) = _members(office, profile, row, "Ann", "Bea")

    _merge(site, master, loser)
    office.later(row)
    run = office.later(row)

    assert {"Ann"} <= set(office.members(_group(row)))
    for contact in (ann, bea):
        assert office.reads(contact)["id"] == contact
    assert set(counts(run)) <= QUIET


def test_a_person_in_the_recycle_bin_leaves_the_group_and_comes_back_with_its_contact(
    office: Office, site: StandinOrg, profile: Profile, row: Json
) -> None:
    [(person, rio)] = _members(office, profile, row, "Rio")

    deleted = profile.delete(site, person)
    office.later(row)
    assert "Rio" not in office.members(_group(row))
    assert office.reads(rio)["first_name"] == "Rio"

    site.do("undelete", id=deleted)
    office.later(row)
    assert office.members(_group(row))["Rio"]["id"] == rio


def test_a_person_given_to_a_colleague_goes_out_of_scope_and_removes_nobody(
    office: Office, site: StandinOrg, profile: Profile, row: Json
) -> None:
    [(person, oda)] = _members(office, profile, row, "Oda")

    _give_to_blake(site, person)
    profile.edit(site, person, title="Theirs")
    run = office.later(row)
    assert "removed" not in counts(run)
    assert "Oda" in office.members(_group(row))
    assert office.reads(oda)["title"] == ""

    office.firm.pass_time(hours=1)
    _give_back(site, person)
    office.later(row)
    assert office.reads(oda)["title"] == "Theirs"


def _owned(site: StandinOrg, person: str) -> tuple[str, str]:
    row = site.row(person)
    return ("Account", str(row["AccountId"])) if row.get("IsPersonAccount") else ("Contact", person)


def _give_to_blake(site: StandinOrg, person: str) -> None:
    site.update(*_owned(site, person), OwnerId=site.user_id(BLAKE))


def _give_back(site: StandinOrg, person: str) -> None:
    site.update(*_owned(site, person), OwnerId=site.user_id(AVERY))


def test_a_deactivated_campaign_pauses_its_mapping_until_it_is_active_again(
    office: Office, site: StandinOrg, profile: Profile, campaign: str, row: Json
) -> None:
    ready = office.preview(row)
    site.update("Campaign", campaign, IsActive=False)
    refused = office.ask("runs", {"mappings": [row], "terms_version": "x"})
    run = office.execute(ready["id"])

    assert refused.status in (409, 422)
    assert (run["mappings"][0]["state"], run["mappings"][0]["reason"]) == (
        "paused",
        "campaign_inactive",
    )
    assert set(office.members(_group(row))) == profile.brought

    site.update("Campaign", campaign, IsActive=True)
    assert office.later(row)["state"] == "succeeded"


def test_a_renamed_campaign_stays_mapped(
    office: Office, site: StandinOrg, campaign: str, row: Json
) -> None:
    site.update("Campaign", campaign, Name="Called something else")

    run = office.later(row)

    assert run["state"] == "succeeded"
    assert run["mappings"][0]["campaign"]["name"] == "Called something else"
    assert site.find("Campaign", Name="Called something else") == campaign


def test_a_deleted_campaign_pauses_its_mapping_and_removes_nobody(
    office: Office, site: StandinOrg, profile: Profile, campaign: str, row: Json
) -> None:
    ready = office.preview(row)
    site.delete("Campaign", campaign)

    run = office.execute(ready["id"])

    assert run["mappings"][0]["reason"] == "campaign_gone"
    assert set(office.members(_group(row))) == profile.brought
