"""The schedule syncs each platform by itself, in every direction."""

from __future__ import annotations

import pytest

from tests.conformance.office import Office, counts
from tests.conformance.platforms import Profile, member_names
from tests.contract.salesforce.standin_org import StandinOrg


@pytest.mark.parametrize("direction", ["both", "import", "export"])
def test_what_changes_on_the_source_arrives_with_the_next_scheduled_run(
    office: Office, site: StandinOrg, campaign: str, profile: Profile, direction: str
) -> None:
    office.settings(settings={"new_people": "create"})
    known = profile.newcomer(site, "Known", "Already", city="Porto")
    contact = office.contact("Known", "Already", city="Porto")
    site.create("CampaignMember", CampaignId=campaign, ContactId=known)
    group = office.group(contact)
    office.automate(office.row(campaign, group, direction))
    first = office.scheduled()

    office.join(group, office.contact("Nadia", "Novak"))
    newcomer = profile.newcomer(site, "Pat", "Person")
    site.create("CampaignMember", CampaignId=campaign, ContactId=newcomer)
    profile.edit(site, known, city="Lisbon")
    office.edit(contact, state="Norte")
    second = office.scheduled()
    third = office.scheduled()

    imports, exports = direction != "export", direction != "import"
    assert [run["state"] for run in (first, second, third)] == ["succeeded"] * 3
    assert office.reads(contact)["city"] == ("Lisbon" if imports else "Porto")
    assert profile.value(site, known, "state") == ("Norte" if exports else "")
    assert ("Pat" in office.members(group)) is imports
    assert ("Nadia" in member_names(site, campaign)) is exports
    assert set(counts(third)) <= {"considered", "unchanged", "skipped"}
