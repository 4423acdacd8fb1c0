"""What a login cannot do: one code, one sentence, a refusal by the API, and the rest works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from crmsync.domain.connection import NewPeople
from crmsync.domain.errors import ConnectionStopped

from local.standin.schema.model import Field
from tests.conformance.office import AVERY, Office, counts, new_office
from tests.conformance.platforms import Profile
from tests.contract.salesforce.providers import org
from tests.contract.salesforce.standin_org import StandinOrg

Break = Callable[[StandinOrg], None]


def _user(**flags: Any) -> Break:
    return lambda site: site.change_user(AVERY, **flags)


def _people(operation: str) -> Break:
    """The profile of every user lacks this right on whatever people are kept as."""

    def change(site: StandinOrg) -> None:
        for kind in ("Contact", "Account"):
            site.running.org.schema[kind].document[operation] = False

    return change


@pytest.fixture(autouse=True)
def _rights_come_back(site: StandinOrg) -> Any:
    schema = site.running.org.schema
    before = {item.name: (dict(item.document), dict(item.fields)) for item in schema}
    yield
    for item in schema:
        document, fields = before[item.name]
        item.document.update(document)
        item.fields.update(fields)


def _unsearchable(site: StandinOrg) -> None:
    """E-mail addresses are encrypted so that nobody can search them."""
    for kind, name in (("Contact", "email"), ("Account", "personemail")):
        found = site.running.org.schema[kind].fields.get(name)
        if found is not None:
            hard = Field({**found.document, "filterable": False})
            site.running.org.schema[kind].fields[name] = hard


def _without_our_id(site: StandinOrg) -> None:
    names = ("Contact.CrmSync_Id__c", "Lead.CrmSync_Id__c", "Account.CrmSync_Id__pc")
    site.running.org.knobs.change({"absent_fields": [*names]})


def _without_person_types(site: StandinOrg) -> None:
    with site.running.org.lock:
        site.running.org.store.select("UPDATE RecordType SET IsActive = 0 WHERE IsPersonType = 1")


MISSING: dict[str, tuple[str, Break]] = {
    "campaigns_not_readable": (
        "campaigns",
        _user(hidden_objects=["Campaign", "CampaignMember"]),
    ),
    "not_marketing_user": ("create_campaigns", _user(marketing_user=False)),
    "people_not_creatable": ("create_people", _people("createable")),
    "people_not_editable": ("edit_people", _people("updateable")),
    "consent_not_visible": (
        "consent",
        _user(hidden_fields=["Contact.HasOptedOutOfEmail", "Account.PersonHasOptedOutOfEmail"]),
    ),
    "consent_not_writable": (
        "consent",
        _user(readonly_fields=["Contact.HasOptedOutOfEmail", "Account.PersonHasOptedOutOfEmail"]),
    ),
    "email_not_visible": ("email", _user(hidden_fields=["Contact.Email", "Account.PersonEmail"])),
    "email_not_searchable": ("email", _unsearchable),
    "external_id_missing": ("external_id", _without_our_id),
}


def _code(profile: Profile, code: str) -> str:
    """Practifi's campaigns come with an add-on, so there it is the add-on that is missing."""
    promote = code == "campaigns_not_readable" and profile.name == "practifi"
    return "promote_not_installed" if promote else code


@pytest.mark.parametrize("code", sorted(MISSING))
def test_what_a_login_cannot_do_has_its_code_sentence_and_remedy_and_the_rest_works(
    site: StandinOrg, campaign: str, profile: Profile, code: str
) -> None:
    name, happens = MISSING[code]
    happens(site)

    office = new_office(site)

    shown = office.user.get("connections/con1").body
    missing = {each["name"]: each for each in shown["capabilities"] if not each["available"]}
    assert missing[name]["code"] == _code(profile, code)
    what, remedy = missing[name]["reason"].split(". ", 1)
    assert what
    assert remedy
    assert "administrator" in remedy or "Promote" in remedy
    assert shown["status"] == "connected"
    assert office.user.get("groups").status == 200
    if name != "campaigns":
        run = office.sync(office.row(campaign, office.group(), "import"))
        assert run["state"] == "succeeded"
        assert counts(run)["considered"] >= len(profile.brought)


@pytest.mark.parametrize(
    ("code", "method", "path", "body"),
    [
        (
            "campaigns_not_readable",
            "post",
            "connections/con1/previews",
            {"mappings": [{"campaign": {"id": "x"}, "group": {"id": "g"}, "direction": "both"}]},
        ),
        (
            "not_marketing_user",
            "post",
            "connections/con1/previews",
            {
                "mappings": [
                    {"campaign": {"create": True}, "group": {"id": "g"}, "direction": "both"}
                ]
            },
        ),
        (
            "people_not_creatable",
            "patch",
            "connections/con1",
            {"settings": {"new_people": "create"}},
        ),
    ],
)
def test_an_option_that_needs_it_is_refused_with_the_same_sentence(
    site: StandinOrg, profile: Profile, code: str, method: str, path: str, body: dict[str, Any]
) -> None:
    name, happens = MISSING[code]
    happens(site)
    office = new_office(site)
    for row in body.get("mappings", ()):
        row["group"] = {"id": office.group()}

    refused = getattr(office.user, method)(path, body)

    told = office.connection.capability(name)
    problems = {(each["code"], each["detail"]) for each in refused.body["errors"]}
    assert refused.status == 422
    assert (told.code, told.reason) in problems
    assert told.code == _code(profile, code)


@pytest.mark.parametrize("code", ["people_not_creatable", "people_not_editable"])
def test_who_cannot_be_written_fails_alone_with_that_sentence(
    site: StandinOrg, campaign: str, profile: Profile, code: str
) -> None:
    known = profile.newcomer(site, "Known", "Already")
    site.create("CampaignMember", CampaignId=campaign, ContactId=known)
    office = new_office(site)
    row = office.row(campaign, office.group())
    office.sync(row)
    MISSING[code][1](site)
    office.cold()
    office.log_in()
    if code == "people_not_editable":
        office.edit(office.members(row["group"]["id"])["Known"]["id"], title="Engineer")
    else:
        held = office.connection
        settings = replace(held.settings, new_people=NewPeople.CREATE)
        office.firm.connections.put(replace(held, settings=settings))
        office.join(row["group"]["id"], office.contact("Nadia", "Novak"))
    site.create("CampaignMember", CampaignId=campaign, ContactId=_another(site, profile))

    run = office.later(row)

    (failed,) = [c for c in office.changes(run) if c["outcome"] == "failed"]
    assert failed["reason"] == code
    assert "Also" in office.members(row["group"]["id"])


def _another(site: StandinOrg, profile: Profile) -> str:
    """Somebody who came to the CRM meanwhile, entered by a user who may."""
    org = site.running.org
    before = {kind: dict(org.schema[kind].document) for kind in ("Contact", "Account")}
    for kind in before:
        org.schema[kind].document.update(createable=True, updateable=True)
    made = profile.newcomer(site, "Also", "New")
    for kind, document in before.items():
        org.schema[kind].document.update(document)
    return made


def test_a_login_without_api_access_is_refused_with_the_remedy(site: StandinOrg) -> None:
    site.change_user(AVERY, api_enabled=False)

    with pytest.raises(ConnectionStopped, match=r"api_disabled.*administrator"):
        new_office(site)


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
    _without_person_types(site)

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
