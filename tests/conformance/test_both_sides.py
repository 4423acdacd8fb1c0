"""The job itself, on every platform: connect, list, preview, sync, rest, create, remove, undo."""

from __future__ import annotations

import pytest

from tests.conformance.office import Office, counts
from tests.conformance.platforms import ALL, PEOPLE, Profile, member_names, records
from tests.contract.salesforce.standin_org import StandinOrg

NEEDED = ("campaigns", "create_campaigns", "create_people", "edit_people", "consent", "email")


def test_a_login_finds_the_org_its_user_and_what_they_may_do(
    office: Office, site: StandinOrg, profile: Profile
) -> None:
    shown = office.user.get("connections/con1").body

    assert shown["status"] == "connected"
    assert shown["org"]["name"] == site.running.org.settings["org"]["name"]
    assert shown["crm_user"] == {"id": site.user_id("avery.advisor"), "name": "Avery Advisor"}
    assert shown["settings"]["new_people"] == ("hold" if profile.holds_new_people else "create")
    able = {each["name"] for each in shown["capabilities"] if each["available"]}
    assert able >= set(NEEDED)
    assert ("person_accounts" in able) is profile.person_accounts


def test_the_campaigns_offered_are_the_active_ones(
    office: Office, campaign: str, profile: Profile
) -> None:
    answer = office.user.get(f"connections/con1/campaigns?search={profile.campaign[:5]}").body
    everything = office.user.get("connections/con1/campaigns").body

    assert [(each["id"], each["name"]) for each in answer["items"]] == [
        (campaign, profile.campaign)
    ]
    assert everything["hidden_inactive_count"] == 1


def test_a_preview_tells_all_and_writes_nothing(
    office: Office, site: StandinOrg, campaign: str, profile: Profile
) -> None:
    group = office.group(office.contact("Nadia", "Novak"))
    before = records(site, *ALL)

    preview = office.preview(office.row(campaign, group))

    told = {c["first_name"] for c in office.changes(preview) if c["action"] == "create"}
    assert told >= profile.brought
    assert ("Nadia" in told) is not profile.holds_new_people
    assert records(site, *ALL) == before
    assert set(office.members(group)) == {"Nadia"}


def test_a_preview_is_carried_out_as_shown(office: Office, campaign: str, profile: Profile) -> None:
    group = office.group()
    preview = office.preview(office.row(campaign, group, "import"))

    run = office.execute(preview["id"])

    assert counts(run) == counts(preview)
    assert set(office.members(group)) == profile.brought


def test_an_import_brings_everybody_in_scope_and_writes_nothing_there(
    office: Office, site: StandinOrg, campaign: str, profile: Profile
) -> None:
    group = office.group(office.contact("Nadia", "Novak"))
    before = records(site, *ALL)

    run = office.sync(office.row(campaign, group, "import"))

    reasons = {c["reason"] for c in office.changes(run) if c["outcome"] == "skipped"}
    assert run["state"] == "succeeded"
    assert set(office.members(group)) == profile.brought | {"Nadia"}
    assert reasons == profile.skipped | {"not_in_campaign"}
    assert records(site, *ALL) == before


def test_an_export_brings_the_group_there_and_changes_nothing_here(
    office: Office, site: StandinOrg, campaign: str, profile: Profile
) -> None:
    office.settings(settings={"new_people": "create"})
    known = profile.newcomer(site, "Known", "Already")
    nadia = office.contact("Nadia", "Novak", title="Engineer")
    group = office.group(nadia, office.contact("Known", "Already"))

    run = office.sync(office.row(campaign, group, "export"))

    assert run["state"] == "succeeded"
    assert member_names(site, campaign) >= {"Nadia", "Known"}
    assert set(office.members(group)) == {"Nadia", "Known"}
    made = site.person_id("nadia@novak.example")
    assert profile.value(site, made, "title") == "Engineer"
    assert bool(site.row(made).get("IsPersonAccount")) is profile.person_accounts
    assert site.find("Contact", Email="known@already.example") == known


def test_edits_of_both_sides_reach_the_other_and_a_conflict_goes_to_the_crm(
    office: Office, site: StandinOrg, campaign: str, profile: Profile
) -> None:
    office.settings(settings={"new_people": "create"})
    nadia = office.contact("Nadia", "Novak")
    row = office.row(campaign, office.group(nadia))
    office.sync(row)
    person = site.person_id("nadia@novak.example")

    profile.edit(site, person, city="Porto", title="Director")
    office.edit(nadia, state="Norte", title="Engineer")
    run = office.later(row)

    here = office.reads(nadia)
    assert (here["city"], here["state"], here["title"]) == ("Porto", "Norte", "Director")
    assert profile.value(site, person, "state") == "Norte"
    assert profile.value(site, person, "title") == "Director"
    (lost,) = [f for c in office.changes(run) for f in c["fields"] if f["loser"]]
    assert (lost["name"], lost["loser"], lost["before"]) == ("title", "marketing", "Engineer")


def test_a_quiet_run_writes_nothing_and_costs_one_call(
    office: Office, site: StandinOrg, campaign: str
) -> None:
    office.settings(settings={"new_people": "create"})
    row = office.row(campaign, office.group(office.contact("Nadia", "Novak")))
    office.sync(row)
    office.later(row)
    before = records(site, *ALL)

    # Out of the ten minutes that a delta looks back, nothing of ours is seen again.
    run = office.later(row)

    assert run["state"] == "succeeded"
    assert set(counts(run)) <= {"considered", "unchanged", "skipped"}
    assert records(site, *ALL) == before
    assert run["crm_calls"] == 1


@pytest.mark.parametrize("visible", [True, False], ids=["deleted_rows_seen", "deleted_rows_unseen"])
def test_who_leaves_the_campaign_leaves_the_group(
    office: Office, site: StandinOrg, campaign: str, profile: Profile, *, visible: bool
) -> None:
    site.running.org.knobs.change({"deleted_members_visible": visible})
    row = office.row(campaign, office.group())
    office.sync(row)
    leaver = profile.newcomer(site, "Lea", "Ver")
    member = site.create("CampaignMember", CampaignId=campaign, ContactId=leaver)
    office.later(row)
    assert "Lea" in office.members(row["group"]["id"])

    site.delete("CampaignMember", member)
    run = office.later(row)

    assert counts(run)["removed"] == 1
    assert set(office.members(row["group"]["id"])) == profile.brought
    assert office.user.get("contacts?search=lea@ver.example").body["items"]


def test_who_leaves_the_group_stays_in_the_campaign_unless_the_owner_wants_otherwise(
    office: Office, site: StandinOrg, campaign: str, profile: Profile
) -> None:
    row = office.row(campaign, office.group())
    office.sync(row)
    first, second, *_ = sorted(profile.brought - {"Omar", "Kurt", "Rosa"})
    group = row["group"]["id"]

    office.leave(group, office.members(group)[first]["id"])
    office.later(row)
    assert first in member_names(site, campaign)

    office.settings(settings={"remove_members_in_crm": True})
    office.leave(group, office.members(group)[second]["id"])
    office.later(row)

    assert member_names(site, campaign) & {first, second} == {first}
    assert set(office.members(group)) == profile.brought - {first, second}


def test_undo_takes_back_memberships_and_fields_and_deletes_nobody(
    office: Office, site: StandinOrg, campaign: str, profile: Profile
) -> None:
    office.settings(settings={"new_people": "create"})
    known = profile.newcomer(site, "Known", "Already", city="Lisbon")
    contact = office.contact("Known", "Already", title="Engineer")
    people = member_names(site, campaign)
    row = office.row(campaign, office.group(contact))
    run = office.sync(row)
    assert (office.reads(contact)["city"], profile.value(site, known, "title")) == (
        "Lisbon",
        "Engineer",
    )

    office.firm.pass_time(minutes=5)
    undone = office.undo(run["id"])

    assert undone["state"] == "succeeded"
    assert member_names(site, campaign) == people
    assert (office.reads(contact)["city"], profile.value(site, known, "title")) == ("", "")
    assert set(office.members(row["group"]["id"])) == {"Known"}
    assert not site.row(known)["IsDeleted"]
    assert set(counts(office.later(row))) <= {"considered", "unchanged", "skipped"}


def test_automation_that_overrules_our_write_wins_once_and_causes_no_echo(
    office: Office, site: StandinOrg, campaign: str, profile: Profile
) -> None:
    """Right after each save the org puts its own title: ours gives way and nobody flips back."""
    kind, title = ("Account", "PersonTitle") if profile.person_accounts else ("Contact", "Title")
    person = profile.newcomer(site, "Otto", "Matic", title="Director")
    site.create("CampaignMember", CampaignId=campaign, ContactId=person)
    row = office.row(campaign, office.group())
    office.sync(row)
    otto = office.members(row["group"]["id"])["Otto"]["id"]
    site.running.org.org_rules["automations"].append(
        {"object": kind, "when": "LastName = 'Matic'", "set": {title: {"value": "Client"}}}
    )

    office.edit(otto, title="Engineer", city="Lisbon")
    office.later(row)
    settled = office.reads(otto)
    before = records(site, *PEOPLE)
    runs = [office.later(row, minutes=5) for _ in range(3)]

    assert (settled["title"], profile.value(site, person, "title")) == ("Client", "Client")
    assert profile.value(site, person, "city") == "Lisbon"
    assert all(set(counts(run)) <= {"considered", "unchanged", "skipped"} for run in runs)
    assert records(site, *PEOPLE) == before
    assert office.reads(otto)["version"] == settled["version"]


def test_a_missing_campaign_is_created_active_and_only_once(
    office: Office, site: StandinOrg
) -> None:
    office.settings(settings={"new_people": "create"})
    group = office.group(office.contact("Nadia", "Novak"))
    row = office.row({"create": True, "name": "Made by sync"}, group, "export")

    office.sync(row)
    office.later(row)

    made = site.find("Campaign", Name="Made by sync")
    assert site.row(made)["IsActive"]
    assert member_names(site, made) == {"Nadia"}


def test_a_missing_group_is_created_under_the_campaigns_name(
    office: Office, campaign: str, profile: Profile
) -> None:
    run = office.sync(office.row(campaign, {"create": True}, "import"))

    group = run["mappings"][0]["group"]
    assert group["name"] == profile.campaign
    assert set(office.members(group["id"])) == profile.brought


def test_an_opt_out_of_either_side_reaches_the_other_and_stays(
    office: Office, site: StandinOrg, campaign: str, profile: Profile
) -> None:
    office.settings(settings={"new_people": "create"})
    ann = profile.newcomer(site, "Ann", "Crm")
    site.create("CampaignMember", CampaignId=campaign, ContactId=ann)
    bob = office.contact("Bob", "Here")
    row = office.row(campaign, office.group(bob))
    office.sync(row)

    profile.opt_out(site, ann)
    office.edit(bob, email_opt_out=True)
    office.later(row)

    assert site.row(site.person_id("bob@here.example"))["HasOptedOutOfEmail"]
    assert office.members(row["group"]["id"])["Ann"]["mailable"] is False
    assert set(counts(office.later(row))) <= {"considered", "unchanged", "skipped"}
