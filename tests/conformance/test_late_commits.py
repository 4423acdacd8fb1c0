"""What becomes visible in the CRM later than it was stamped, up to ten minutes, is not missed."""

from __future__ import annotations

import pytest

from tests.conformance.office import Json, Office, counts
from tests.conformance.platforms import Profile
from tests.contract.salesforce.standin_org import StandinOrg

LATE = 595
"""Seconds; an ordinary run looks back ten minutes before the last one."""


def a_synced_member(
    office: Office, site: StandinOrg, campaign: str, profile: Profile
) -> tuple[Json, str, str]:
    """A mapping, a person of it and their contact, synced and out of sight of the next delta."""
    group = office.group()
    row = office.row(campaign, group)
    person = profile.newcomer(site, "Lea", "Ver")
    site.create("CampaignMember", CampaignId=campaign, ContactId=person)
    office.sync(row)
    office.later(row)
    return row, person, str(office.members(group)["Lea"]["id"])


@pytest.mark.parametrize("ago", [0, LATE])
def test_an_edit_committed_late_arrives(
    office: Office, site: StandinOrg, campaign: str, profile: Profile, ago: int
) -> None:
    row, person, contact = a_synced_member(office, site, campaign, profile)

    profile.edit_late(site, person, ago, title="Late Partner")
    run = office.later(row, seconds=1)

    assert counts(run)["updated"] == 1
    assert office.reads(contact)["title"] == "Late Partner"
    assert not run["mappings"][0]["full"]


@pytest.mark.parametrize("ago", [0, LATE])
@pytest.mark.parametrize("visible", [True, False], ids=["deleted_rows_seen", "deleted_rows_unseen"])
def test_a_member_who_joins_and_leaves_late_joins_and_leaves(
    office: Office,
    site: StandinOrg,
    campaign: str,
    profile: Profile,
    ago: int,
    *,
    visible: bool,
) -> None:
    site.running.org.knobs.change({"deleted_members_visible": visible})
    group = office.group()
    row = office.row(campaign, group)
    newcomer = profile.newcomer(site, "Lea", "Ver")
    office.sync(row)
    office.later(row)

    made = site.do(
        "late-commit",
        object="CampaignMember",
        values={"CampaignId": campaign, "ContactId": newcomer},
        seconds_ago=ago,
    )
    office.later(row, seconds=1)
    joined = "Lea" in office.members(group)
    office.later(row)
    site.do("late-commit", id=made["Id"], delete=True, seconds_ago=ago)
    office.later(row, seconds=1)

    assert joined
    assert "Lea" not in office.members(group)


def test_what_was_committed_too_late_is_found_by_a_full_run_and_told_as_drift(
    office: Office, site: StandinOrg, campaign: str, profile: Profile
) -> None:
    row, person, contact = a_synced_member(office, site, campaign, profile)
    profile.edit_late(site, person, 3 * LATE, title="Partner")

    missed = office.later(row, seconds=1)
    before = office.reads(contact)["title"]
    found = office.sync(row, full=True)

    assert not missed["mappings"][0]["full"]
    assert before != "Partner"
    assert office.reads(contact)["title"] == "Partner"
    assert (found["mappings"][0]["full"], found["mappings"][0]["drift"]) == (True, 1)
