"""A field goes away under a running connection: it pauses, one notice tells, the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.standin.schema.model import Field
from tests.conformance.office import AVERY, Office, counts
from tests.conformance.platforms import Profile
from tests.contract.salesforce.standin_org import StandinOrg

Json = dict[str, Any]
TITLES = {"Contact": "Title", "Account": "PersonTitle"}
QUIET = {"considered", "unchanged", "skipped"}
DRIFTS = ("hidden", "removed", "retyped")


class Drift:
    """What an administrator does to the title of people, and takes back."""

    def __init__(self, site: StandinOrg) -> None:
        self.site = site
        schema = site.running.org.schema
        self.fields = {
            (kind, name.lower()): found
            for kind, name in TITLES.items()
            if (found := schema[kind].field(name)) is not None
        }
        self.names = [f"{kind}.{found.name}" for (kind, _), found in self.fields.items()]

    def hidden(self, *, back: bool) -> None:
        self.site.change_user(AVERY, hidden_fields=[] if back else self.names)

    def removed(self, *, back: bool) -> None:
        self.site.running.org.knobs.change({"absent_fields": [] if back else self.names})

    def retyped(self, *, back: bool) -> None:
        """Into a number: Salesforce blanks what is none, in silence."""
        org = self.site.running.org
        for (kind, name), found in self.fields.items():
            number = Field({**found.document, "type": "double"})
            with org.lock:
                org.schema[kind].fields[name] = found if back else number
                org.store.select(f"UPDATE {kind} SET {found.name} = NULL")


@pytest.fixture
def drift(site: StandinOrg) -> Iterator[Drift]:
    """The titles come back however the test ends."""
    drift = Drift(site)
    yield drift
    drift.retyped(back=True)


class Desk:
    """Dee is in the campaign, with a title, and came here by the first sync."""

    def __init__(self, office: Office, profile: Profile, campaign: str, direction: str) -> None:
        self.office, self.profile, self.site = office, profile, office.site
        self.dee = profile.newcomer(self.site, "Dee", "Drift", title="Chair", city="Porto")
        self.site.create("CampaignMember", CampaignId=campaign, ContactId=self.dee)
        self.row = office.row(campaign, office.group(), direction)
        office.sync(self.row)
        self.contact = office.members(self.row["group"]["id"])["Dee"]["id"]
        assert self.here("title") == "Chair"

    def here(self, name: str) -> str:
        return str(self.office.reads(self.contact)[name])

    def there(self, name: str) -> str:
        return self.profile.value(self.site, self.dee, name)

    def edit_there(self, **values: str) -> None:
        self.profile.edit(self.site, self.dee, **values)

    def paused(self) -> list[tuple[str, str]]:
        shown = self.office.user.get("connections/con1").body["paused_fields"]
        return [(field["name"], field["code"]) for field in shown]

    def told(self) -> list[str]:
        notices = self.office.notices()
        return [n["body"] for n in notices if "Not synced any more: title." in n["body"]]


@pytest.fixture(params=["both"])
def desk(request: pytest.FixtureRequest, office: Office, profile: Profile, campaign: str) -> Desk:
    return Desk(office, profile, campaign, request.param)


@pytest.mark.parametrize("kind", DRIFTS)
def test_a_field_that_goes_away_pauses_alone_with_one_notice(
    desk: Desk, drift: Drift, kind: str
) -> None:
    office = desk.office

    getattr(drift, kind)(back=False)
    desk.edit_there(city="Lisbon")
    office.edit(desk.contact, title="Vice", state="Norte")
    runs = [office.later(desk.row) for _ in range(3)]

    assert [run["state"] for run in runs] == ["succeeded"] * 3
    assert (desk.here("city"), desk.there("state")) == ("Lisbon", "Norte")
    assert desk.here("title") == "Vice"
    code = "field_retyped" if kind == "retyped" else "field_not_visible"
    assert desk.paused() == [("title", code)]
    assert len(desk.told()) == 1


@pytest.mark.parametrize("kind", DRIFTS)
def test_a_field_that_comes_back_resumes(desk: Desk, drift: Drift, kind: str) -> None:
    office = desk.office
    getattr(drift, kind)(back=False)
    desk.edit_there(city="Lisbon")
    office.later(desk.row)
    assert desk.paused()
    office.edit(desk.contact, title="Vice")

    getattr(drift, kind)(back=True)
    office.later(desk.row, hours=2)

    assert desk.paused() == []
    assert (desk.here("title"), desk.there("title")) == ("Vice", "Vice")
    desk.edit_there(title="Chair again")
    office.later(desk.row)
    assert desk.here("title") == "Chair again"
    assert set(counts(office.later(desk.row))) <= QUIET


@pytest.mark.parametrize("desk", ["both", "import"], indirect=True)
def test_a_field_that_comes_back_blank_clears_nothing(desk: Desk, drift: Drift) -> None:
    """A field that is made anew is blank on every record, and nobody cleared any of them."""
    office = desk.office
    drift.removed(back=False)
    desk.edit_there(city="Lisbon")
    office.later(desk.row)
    desk.site.do("raw", id=desk.dee, values={"Title": None})
    if desk.profile.person_accounts:
        account = desk.site.row(desk.dee)["AccountId"]
        desk.site.do("raw", id=account, values={"PersonTitle": None})

    drift.removed(back=True)
    runs = [office.later(desk.row, hours=2) for _ in range(3)]

    assert desk.here("title") == "Chair"
    assert all(set(counts(run)) <= QUIET for run in runs)
    desk.edit_there(title="Filled in again")
    office.later(desk.row)
    assert desk.here("title") == "Filled in again"
    desk.edit_there(title="")
    office.later(desk.row)
    assert desk.here("title") == ""


def test_a_field_refused_in_the_middle_of_a_run_is_left_out_from_then_on(desk: Desk) -> None:
    office = desk.office
    names = [f"{kind}.{name}" for kind, name in TITLES.items()]
    desk.site.change_user(AVERY, readonly_fields=names)
    office.edit(desk.contact, title="Vice", state="Norte")

    runs = [office.later(desk.row, minutes=5), office.later(desk.row, minutes=5)]

    assert [run["state"] for run in runs] == ["succeeded", "succeeded"]
    assert (desk.there("state"), desk.there("title")) == ("Norte", "Chair")


def test_consent_that_goes_away_mails_nobody_and_is_told_once(desk: Desk, site: StandinOrg) -> None:
    office = desk.office
    assert office.reads(desk.contact)["mailable"]

    fields = ["Contact.HasOptedOutOfEmail", "Account.PersonHasOptedOutOfEmail"]
    site.change_user(AVERY, hidden_fields=fields)
    desk.edit_there(city="Lisbon")
    runs = [office.later(desk.row) for _ in range(2)]

    assert [run["state"] for run in runs] == ["succeeded", "succeeded"]
    assert not office.reads(desk.contact)["mailable"]
    told = [n["body"] for n in office.notices() if "email opt out" in n["body"]]
    assert len(told) == 1
    capability = {c["name"]: c for c in office.user.get("connections/con1").body["capabilities"]}
    assert capability["consent"]["code"] == "consent_not_visible"


def test_a_campaign_field_that_goes_away_stops_nothing(desk: Desk, site: StandinOrg) -> None:
    names = ("StartDate", "EndDate", "Status", "OwnerId")
    site.change_user(AVERY, hidden_fields=[f"Campaign.{name}" for name in names])
    desk.edit_there(city="Lisbon")

    run = desk.office.later(desk.row)

    assert run["state"] == "succeeded"
    assert desk.here("city") == "Lisbon"
    assert desk.office.user.get("connections/con1/campaigns").status == 200


def test_a_new_workers_quiet_run_costs_one_call_too(
    office: Office, campaign: str, profile: Profile
) -> None:
    row = office.row(campaign, office.group())
    office.sync(row)
    office.later(row)

    office.cold()
    run = office.later(row, hours=20)

    assert run["state"] == "succeeded"
    assert run["crm_calls"] <= (3 if "out_of_scope" in profile.skipped else 1)


def test_a_field_named_only_in_a_mappings_own_rules_is_synced_by_that_mapping_alone(
    office: Office, site: StandinOrg, campaign: str
) -> None:
    nadia = site.create("Contact", LastName="Novak", FirstName="Nadia", Email="n@novak.example")
    site.update("Contact", nadia, Department="Glazing")
    site.create("CampaignMember", CampaignId=campaign, ContactId=nadia)
    plain = office.row(campaign, office.group(name="Plain"))
    ruled = {**office.row(campaign, office.group(name="Ruled")), "rules": {}}

    office.sync(plain)
    contact = office.members(plain["group"]["id"])["Nadia"]["id"]
    assert office.reads(contact)["custom"] == {}
    ruled["rules"] = {"Department": "crm_wins"}
    office.later(ruled)

    assert office.reads(contact)["custom"] == {"Department": "Glazing"}
    unknown = {**ruled, "rules": {"No_Such__c": "crm_wins"}}
    refused = office.user.put(
        "connections/con1/automation",
        {"mappings": [unknown], "cadence": {"every": "hour"}, "enabled": True},
    )
    assert (refused.status, refused.body["errors"][0]["code"]) == (422, "no_such_field")
