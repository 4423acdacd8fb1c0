"""Capabilities from describe: descriptor and probe, each reason in plain words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from crmsync.adapters.salesforce.capabilities import REASONS, Probe, schema, without_api
from crmsync.adapters.salesforce.describe import ObjectShape, OrgShape, object_shape, org_shape
from crmsync.adapters.salesforce.further_fields import extended, offered
from crmsync.domain.connection import Capability
from crmsync.domain.fields import FIELD_NAMES
from crmsync.domain.person import PersonKind
from crmsync.domain.platforms import EVERYWHERE, PLATFORMS, effective, platform

from tests.unit.adapters.salesforce.orgs import a_probe, a_shape, an_object, descriptor_of

BLIND = ObjectShape()


def able(name: str) -> Capability:
    return Capability(name, available=True)


def unable(name: str, code: str) -> Capability:
    return Capability(name, available=False, reason="Because.", code=code)


def codes(probe: Probe) -> dict[str, str | None]:
    return {each.name: each.code for each in probe.capabilities() if not each.available}


@pytest.mark.parametrize(
    ("name", "changes", "missing"),
    [
        ("salesforce", {}, {"person_accounts": "person_accounts_off"}),
        (
            "salesforce",
            {"campaign": BLIND},
            {
                "campaigns": "campaigns_not_readable",
                "create_campaigns": "campaigns_not_readable",
                "person_accounts": "person_accounts_off",
            },
        ),
        (
            "practifi",
            {"member": BLIND},
            {
                "campaigns": "promote_not_installed",
                "create_campaigns": "promote_not_installed",
                "person_accounts": "person_accounts_off",
            },
        ),
        (
            "salesforce",
            {"campaign": an_object("Name", createable=False)},
            {"create_campaigns": "not_marketing_user", "person_accounts": "person_accounts_off"},
        ),
        (
            "salesforce",
            {"marketing_user": False},
            {"create_campaigns": "not_marketing_user", "person_accounts": "person_accounts_off"},
        ),
        ("salesforce", {"marketing_user": None}, {"person_accounts": "person_accounts_off"}),
    ],
)
def test_what_is_missing_is_named(
    name: str, changes: dict[str, object], missing: dict[str, str]
) -> None:
    shape = replace(a_shape(name), **changes)

    assert codes(a_probe(name, shape)) == missing


@pytest.mark.parametrize(
    ("flag", "name", "code"),
    [
        ("createable", "create_people", "people_not_creatable"),
        ("updateable", "edit_people", "people_not_editable"),
    ],
)
def test_contacts_that_may_not_be_written_are_named(flag: str, name: str, code: str) -> None:
    shape = a_shape()
    contact = replace(shape.contact, **{flag: False})

    assert codes(a_probe(shape=replace(shape, contact=contact)))[name] == code


@pytest.mark.parametrize("limit", ["hidden", "retyped"])
def test_consent_that_cannot_be_read_is_named(limit: str) -> None:
    probe = a_probe(shape=a_shape(**{limit: ["HasOptedOutOfEmail"]}))
    found = schema(probe, ())

    assert codes(probe)["consent"] == "consent_not_visible"
    assert (found.consent_readable, found.consent_writable) == (False, False)


def test_an_encrypted_address_cannot_be_searched() -> None:
    shape = a_shape()
    email = replace(shape.contact.fields["Email"], filterable=False)
    contact = replace(shape.contact, fields={**shape.contact.fields, "Email": email})

    assert codes(a_probe(shape=replace(shape, contact=contact)))["email"] == "email_not_searchable"


def test_practifi_prefers_person_accounts_and_takes_contacts_where_there_are_none() -> None:
    with_accounts = a_probe("practifi", a_shape("practifi", person_accounts=True))

    assert with_accounts.creates is PersonKind.PERSON_ACCOUNT
    assert a_probe("practifi").creates is PersonKind.CONTACT


@pytest.mark.parametrize("code", sorted(REASONS))
def test_every_reason_says_what_helps(code: str) -> None:
    assert REASONS[code].count(". ") >= 1
    assert REASONS[code].endswith(".")


def test_a_capability_needs_the_descriptor_and_the_probe() -> None:
    described = (able("a"), unable("b", "no_b"), able("c"))
    probed = (unable("a", "no_a"), able("b"), able("d"))

    found = {each.name: (each.available, each.code) for each in effective(described, probed)}

    nothing = (True, None)
    assert found == {"a": (False, "no_a"), "b": (False, "no_b"), "c": nothing, "d": nothing}


def test_without_the_api_nothing_works_and_the_reason_is_one() -> None:
    found = without_api(EVERYWHERE)

    assert {each.code for each in found.capabilities} == {"api_disabled"}
    assert found.hidden == set(FIELD_NAMES)


def test_new_people_of_practifi_and_salentica_wait_for_a_review() -> None:
    holding = {each.name for each in PLATFORMS if each.settings().new_people.value == "hold"}

    assert holding == {"practifi", "salentica"}


def test_platforms_are_found_by_name() -> None:
    assert platform("practifi") in PLATFORMS
    assert platform("dynamics") is None


class TestDescribe:
    def test_an_object_nobody_shows_has_nothing(self) -> None:
        assert object_shape(None, ["Name"]) == BLIND

    @pytest.mark.parametrize(
        ("kind", "length", "text"),
        [
            ("string", 80, True),
            ("picklist", 255, True),
            ("textarea", 1000, True),
            ("textarea", 1001, False),
            ("multipicklist", 255, False),
            ("boolean", 0, False),
            ("double", 0, False),
            ("reference", 18, False),
        ],
    )
    def test_only_short_text_can_be_synced(self, kind: str, length: int, *, text: bool) -> None:
        field = {"name": "F__c", "type": kind, "length": length}
        document = {"fields": [{**field, "createable": True, "updateable": True}]}

        assert object_shape(document, ["F__c"]).fields["F__c"].is_text is text

    def test_only_record_types_for_people_that_the_user_has_can_be_used(self) -> None:
        infos = [
            {"recordTypeId": "0121", "available": True, "active": True},
            {"recordTypeId": "0122", "available": False, "active": True},
            {"recordTypeId": "0123", "available": True, "active": True},
        ]
        account = {"queryable": True, "createable": True, "fields": [], "recordTypeInfos": infos}

        found = org_shape(
            descriptor_of("practifi"),
            {"Account": account},
            person_types=["0121", "0122"],
            marketing_user=True,
        )

        assert found.person_types == ("0121",)

    def test_an_empty_org_has_no_person_accounts(self) -> None:
        assert not OrgShape().person_accounts


class TestFurtherFields:
    SHAPE = a_shape(person_accounts=True, further=["Tier__c", "Department"])

    def test_fields_of_the_map_are_not_offered_again(self) -> None:
        assert offered(descriptor_of("salesforce"), self.SHAPE) == ("Department", "Tier__c")

    def test_they_carry_another_name_on_accounts(self) -> None:
        account = {**self.SHAPE.account.fields}
        account |= dict.fromkeys(("Tier__pc", "PersonDepartment"), account["FirstName"])
        shape = replace(self.SHAPE, account=replace(self.SHAPE.account, fields=account))

        found = extended(descriptor_of("salesforce"), shape, ["Tier__c", "Department", "Gone__c"])

        assert found.contact.fields["Tier__c"] == "Tier__c"
        assert found.account.fields["Tier__c"] == "Tier__pc"
        assert found.account.fields["Department"] == "PersonDepartment"
        assert "Tier__c" not in found.lead.fields
        assert "Gone__c" not in found.contact.fields

    def test_a_descriptor_nobody_extends_is_the_same(self) -> None:
        descriptor = descriptor_of("salesforce")

        assert extended(descriptor, self.SHAPE, ["email", "Gone__c"]) is descriptor
