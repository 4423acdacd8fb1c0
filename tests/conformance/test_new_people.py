"""People who are new to the CRM: held for a yes where the platform says so, and duplicates."""

from __future__ import annotations

import pytest

from tests.conformance.office import AVERY, BLAKE, Office, counts
from tests.conformance.platforms import Profile, member_names
from tests.contract.salesforce.standin_org import StandinOrg

RULE = "Standard_Contact_Duplicate_Rule"


@pytest.fixture
def nadia(office: Office) -> str:
    """Somebody the CRM does not know."""
    return office.contact("Nadia", "Novak", title="Engineer")


def test_they_wait_for_a_review_and_are_created_after_a_yes(
    office: Office, site: StandinOrg, campaign: str, profile: Profile, nadia: str
) -> None:
    row = office.row(campaign, office.group(nadia))
    run = office.sync(row)
    if not profile.holds_new_people:
        assert "Nadia" in member_names(site, campaign)
        assert office.reviews() == []
        return
    waiting = [c for c in office.changes(run) if c["reason"] == "new_person_review"]
    assert [c["contact_id"] for c in waiting] == [nadia]
    assert "Nadia" not in member_names(site, campaign)

    (review,) = [each for each in office.reviews() if each["kind"] == "new_person"]
    assert review["subject"]["email"] == "nadia@novak.example"
    office.decide(review, "create")
    again = office.later(row)

    assert counts(again)["created"] == 1
    assert "Nadia" in member_names(site, campaign)
    assert [each for each in office.reviews() if each["kind"] == "new_person"] == []


def test_a_no_is_remembered(
    office: Office, site: StandinOrg, campaign: str, profile: Profile, nadia: str
) -> None:
    if not profile.holds_new_people:
        pytest.skip("this platform creates new people without asking")
    row = office.row(campaign, office.group(nadia))
    office.sync(row)
    (review,) = [each for each in office.reviews() if each["kind"] == "new_person"]

    office.decide(review, "skip")
    for _ in range(2):
        office.later(row)

    assert "Nadia" not in member_names(site, campaign)
    assert [each for each in office.reviews() if each["kind"] == "new_person"] == []


class TestDuplicateRules:
    """The rule matches by name only, so it finds people that our own search does not."""

    @pytest.fixture
    def strict(self, salesforce: Office) -> Office:
        """A sales org that lets nobody of the same name in twice."""
        salesforce.site.running.org.org_rules["duplicate_rules"] = [
            {"object": "Contact", "name": RULE, "match": ["FirstName", "LastName"]}
        ]
        return salesforce

    def _row(self, office: Office) -> dict[str, object]:
        letter = office.site.find("Campaign", Name="Client Newsletter")
        return office.row(letter, office.group(office.contact("Nadia", "Novak")), "export")

    def _known(self, office: Office, email: str, by: str = AVERY) -> str:
        values = {"FirstName": "Nadia", "LastName": "Novak", "Email": email}
        return office.site.create("Contact", by=by, **values)

    def test_one_visible_match_becomes_the_link(self, strict: Office) -> None:
        known = self._known(strict, "other@address.example")
        row = self._row(strict)

        strict.sync(row)
        strict.later(row)
        run = strict.later(row)

        letter = strict.site.find("Campaign", Name="Client Newsletter")
        assert strict.site.find("Contact", FirstName="Nadia") == known
        assert "Nadia" in member_names(strict.site, letter)
        assert set(counts(run)) <= {"considered", "unchanged", "skipped"}

    def test_several_matches_become_a_review(self, strict: Office) -> None:
        rules = strict.site.running.org.org_rules["duplicate_rules"]
        rules[0]["active"] = False
        known = {self._known(strict, f"nadia{n}@address.example") for n in range(2)}
        rules[0]["active"] = True
        row = self._row(strict)

        strict.sync(row)
        (review,) = strict.reviews()
        assert {each["id"] for each in review["candidates"]} == known
        chosen = min(known)
        strict.decide(review, "same", chosen)
        strict.later(row)
        strict.later(row)

        letter = strict.site.find("Campaign", Name="Client Newsletter")
        assert strict.site.find("CampaignMember", CampaignId=letter, ContactId=chosen)
        assert strict.reviews() == []

    def test_the_alert_is_never_bypassed(self, strict: Office) -> None:
        strict.site.running.org.org_rules["duplicate_rules"][0]["allow_save"] = True
        known = self._known(strict, "other@address.example")

        strict.sync(self._row(strict))

        assert strict.site.find("Contact", FirstName="Nadia") == known
        log = strict.site.running.org.meter.log
        assert "allowSave=true" not in str(list(log)).replace(" ", "")

    def test_a_match_nobody_may_see_fails_that_person_alone(self, strict: Office) -> None:
        self._known(strict, "hidden@address.example", by=BLAKE)
        row = self._row(strict)
        strict.join(str(row["group"]["id"]), strict.contact("Otto", "Other"))

        run = strict.sync(row)

        letter = strict.site.find("Campaign", Name="Client Newsletter")
        assert "Otto" in member_names(strict.site, letter)
        assert run["state"] in ("succeeded", "partial")
