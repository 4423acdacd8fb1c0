"""What a login cannot do: one code, one sentence, a refusal by the API, and the rest works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from crmsync.domain.errors import ConnectionStopped

from tests.conformance.office import AVERY, Office, new_office
from tests.conformance.platforms import Profile
from tests.contract.salesforce.providers import org
from tests.contract.salesforce.standin_org import StandinOrg

Break = Callable[[StandinOrg], None]


def _user(**flags: Any) -> Break:
    return lambda site: site.change_user(AVERY, **flags)


def _forbid(name: str, *operations: str) -> Break:
    """The profile of every user lacks these rights on the object."""

    def change(site: StandinOrg) -> None:
        for operation in operations:
            site.running.org.schema[name].document[operation] = False

    return change


@pytest.fixture
def _rights_come_back(site: StandinOrg) -> Any:
    schema = site.running.org.schema
    before = {item.name: dict(item.document) for item in schema}
    yield
    for item in schema:
        item.document.update(before[item.name])


MISSING = {
    "not_marketing_user": ("create_campaigns", _user(marketing_user=False)),
    "consent_not_visible": (
        "consent",
        _user(hidden_fields=["Contact.HasOptedOutOfEmail", "Account.PersonHasOptedOutOfEmail"]),
    ),
    "consent_not_writable": (
        "consent",
        _user(readonly_fields=["Contact.HasOptedOutOfEmail", "Account.PersonHasOptedOutOfEmail"]),
    ),
    "email_not_visible": ("email", _user(hidden_fields=["Contact.Email", "Account.PersonEmail"])),
}


@pytest.mark.parametrize("code", sorted(MISSING))
def test_what_a_login_cannot_do_has_its_own_code_and_sentence(site: StandinOrg, code: str) -> None:
    name, happens = MISSING[code]
    happens(site)

    office = new_office(site)

    found = office.connection.capability(name)
    assert (found.available, found.code) == (False, code)
    assert found.reason is not None
    assert found.reason.count(". ") >= 1  # what it is, and what to do about it
    assert "administrator" in found.reason


def test_a_login_without_api_access_is_refused_with_the_remedy(site: StandinOrg) -> None:
    site.change_user(AVERY, api_enabled=False)

    with pytest.raises(ConnectionStopped, match=r"api_disabled.*administrator"):
        new_office(site)


def test_campaigns_that_cannot_be_read_are_told_per_platform(
    site: StandinOrg, profile: Profile
) -> None:
    site.change_user(AVERY, hidden_objects=["Campaign", "CampaignMember"])

    office = new_office(site)

    code = "promote_not_installed" if profile.name == "practifi" else "campaigns_not_readable"
    assert office.connection.capability("campaigns").code == code


@pytest.mark.usefixtures("_rights_come_back")
@pytest.mark.parametrize(
    ("operation", "name", "code"),
    [
        ("createable", "create_people", "people_not_creatable"),
        ("updateable", "edit_people", "people_not_editable"),
    ],
)
def test_people_that_cannot_be_written_are_told(
    site: StandinOrg, operation: str, name: str, code: str
) -> None:
    for kind in ("Contact", "Account"):
        _forbid(kind, operation)(site)

    assert new_office(site).connection.capability(name).code == code


def test_who_is_no_marketing_user_cannot_have_campaigns_created_but_can_sync(
    site: StandinOrg, campaign: str, profile: Profile
) -> None:
    site.change_user(AVERY, marketing_user=False)
    office = new_office(site)
    group = office.group()

    refused = office.ask("previews", {"mappings": [office.row({"create": True}, group, "export")]})
    run = office.sync(office.row(campaign, group, "import"))

    told = office.connection.capability("create_campaigns")
    (problem,) = refused.body["errors"]
    assert (refused.status, problem["pointer"]) == (422, "/mappings/0/campaign")
    assert (problem["code"], problem["detail"]) == (told.code, told.reason)
    assert run["state"] == "succeeded"
    assert set(office.members(group)) == profile.brought


def test_consent_that_cannot_be_seen_mails_nobody_and_syncs_the_rest(
    site: StandinOrg, campaign: str, profile: Profile
) -> None:
    MISSING["consent_not_visible"][1](site)
    office = new_office(site)
    group = office.group()

    run = office.sync(office.row(campaign, group))

    assert run["state"] == "succeeded"
    members = office.members(group)
    people = {n: m for n, m in members.items() if n not in {"Omar", "Kurt", "Rosa"}}
    assert set(members) == profile.brought
    assert {m["mailable"] for m in people.values()} == {False}


def test_practifi_without_promote_is_told_so_and_stays_connected() -> None:
    office = new_office(org("practifi_no_promote"))
    group = office.group()

    shown = office.user.get("connections/con1").body
    listed = office.user.get("connections/con1/campaigns")
    asked = office.ask("previews", {"mappings": [office.row({"create": True}, group, "export")]})

    (campaigns,) = [c for c in shown["capabilities"] if c["name"] == "campaigns"]
    assert shown["status"] == "connected"
    assert (campaigns["available"], campaigns["code"]) == (False, "promote_not_installed")
    assert "Promote" in campaigns["reason"]
    assert (listed.status, listed.code) == (422, "promote_not_installed")
    assert (asked.status, asked.body["errors"][0]["code"]) == (422, "promote_not_installed")


def test_person_accounts_without_a_record_type_are_told() -> None:
    site = org("practifi")
    with site.running.org.lock:
        site.running.org.store.select("UPDATE RecordType SET IsActive = 0 WHERE IsPersonType = 1")

    office = new_office(site)

    assert office.connection.capability("person_accounts").code == "no_person_record_type"
    assert office.connection.capability("create_people").code == "no_person_record_type"


def test_salentica_engage_is_said_to_be_something_else(salentica: Office) -> None:
    told = salentica.connection.capability("engage")
    assert (told.available, told.code) == (False, "engage_not_supported")
    assert "Dynamics" in (told.reason or "")


def test_an_option_the_platform_lacks_is_refused_with_its_sentence(salentica: Office) -> None:
    refused = salentica.user.patch("connections/con1", {"sync_by_visibility": True})

    told = salentica.connection.capability("sync_by_visibility")
    assert (refused.status, refused.code) == (422, told.code)
    assert refused.body["errors"][0]["detail"] == told.reason
