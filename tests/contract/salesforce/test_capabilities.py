"""What each login is told it cannot do: a code, one sentence, and what to do about it."""

from __future__ import annotations

from typing import Any

import pytest
from crmsync.adapters.salesforce.login import login_url_of, open_crm
from crmsync.adapters.salesforce.settings import SalesforceSettings
from crmsync.domain.connection import Capability
from crmsync.domain.errors import ConnectionStopped, Invalid
from crmsync.domain.fields import FIELD_NAMES, FieldRule
from crmsync.domain.platforms import PLATFORMS

from tests.contract.salesforce.standin_org import START, StandinOrg


def capability(org: StandinOrg, name: str, user: str = "avery.advisor") -> Capability:
    found = {each.name: each for each in org.crm(user).schema().capabilities}
    return found[name]


@pytest.mark.parametrize(
    ("flags", "name", "code"),
    [
        ({"hidden_objects": ["Campaign", "CampaignMember"]}, "campaigns", "campaigns_not_readable"),
        ({"hidden_objects": ["CampaignMember"]}, "campaigns", "campaigns_not_readable"),
        ({"marketing_user": False}, "create_campaigns", "not_marketing_user"),
        ({"hidden_fields": ["Contact.HasOptedOutOfEmail"]}, "consent", "consent_not_visible"),
        ({"readonly_fields": ["Contact.HasOptedOutOfEmail"]}, "consent", "consent_not_writable"),
        ({"hidden_fields": ["Contact.Email"]}, "email", "email_not_visible"),
        ({"api_enabled": False}, "campaigns", "api_disabled"),
    ],
)
def test_each_missing_capability_has_a_code_a_sentence_and_a_remedy(
    salesforce: StandinOrg, flags: dict[str, Any], name: str, code: str
) -> None:
    salesforce.change_user("avery.advisor", **flags)

    found = capability(salesforce, name)

    assert (found.available, found.code) == (False, code)
    assert found.reason is not None
    assert "Ask your Salesforce administrator" in found.reason


def test_everything_else_goes_on_working(salesforce: StandinOrg) -> None:
    salesforce.change_user("avery.advisor", marketing_user=False)

    found = {each.name: each.available for each in salesforce.crm().schema().capabilities}

    missing = {name for name, available in found.items() if not available}
    assert missing == {"create_campaigns", "person_accounts"}


def test_promote_is_named_where_it_is_missing(practifi_no_promote: StandinOrg) -> None:
    campaigns = capability(practifi_no_promote, "campaigns")
    creating = capability(practifi_no_promote, "create_campaigns")

    assert campaigns.code == creating.code == "promote_not_installed"
    assert "Promote" in (campaigns.reason or "")


def test_practifi_with_promote_has_campaigns_and_person_accounts(practifi: StandinOrg) -> None:
    assert capability(practifi, "campaigns").available
    assert capability(practifi, "person_accounts").available
    assert capability(practifi, "create_people").available


def test_person_accounts_without_a_record_type_are_told(practifi: StandinOrg) -> None:
    record_type = practifi.find("RecordType", DeveloperName="PersonAccount")
    practifi.do("raw", id=record_type, values={"IsActive": False})

    assert capability(practifi, "person_accounts").code == "no_person_record_type"
    assert capability(practifi, "create_people").code == "no_person_record_type"


def test_salentica_says_that_engage_is_no_salesforce_org(salentica: StandinOrg) -> None:
    engage = capability(salentica, "engage")

    assert (engage.available, engage.code) == (False, "engage_not_supported")
    assert "Microsoft Dynamics" in (engage.reason or "")
    assert capability(salentica, "campaigns").available


def test_an_engage_address_is_refused_by_name() -> None:
    login_url = login_url_of(SalesforceSettings())

    with pytest.raises(Invalid, match="not_a_salesforce_org") as refused:
        login_url("salentica", "my_domain", "https://acme.crm.dynamics.com/main.aspx")

    assert "Salentica Elements can" in refused.value.detail
    assert refused.value.errors[0].pointer == "/my_domain"


@pytest.mark.parametrize("platform", [each.name for each in PLATFORMS])
def test_every_platform_of_the_product_can_be_logged_in_to(platform: str) -> None:
    login_url = login_url_of(SalesforceSettings())

    assert login_url(platform, "production", None) == "https://login.salesforce.com"
    assert login_url(platform, "sandbox", None) == "https://test.salesforce.com"


class TestFields:
    def test_a_hidden_field_is_unknown_and_not_blank(self, salesforce: StandinOrg) -> None:
        salesforce.change_user(
            "avery.advisor", hidden_fields=["Contact.Title", "Contact.Birthdate"]
        )
        crm = salesforce.crm()
        chidi = salesforce.find("Contact", FirstName="Chidi")

        person = crm.look([], [chidi]).people[chidi]

        assert crm.schema().hidden == {"title", "birthdate"}
        assert person.hidden_fields == {"title", "birthdate"}
        assert "title" not in person.values

    def test_consent_that_cannot_be_read_is_unknown(self, salesforce: StandinOrg) -> None:
        salesforce.change_user("avery.advisor", hidden_fields=["Contact.HasOptedOutOfEmail"])
        vera = salesforce.find("Contact", FirstName="Vera")
        crm = salesforce.crm()

        assert not crm.schema().consent_readable
        assert crm.look([], [vera]).people[vera].opted_out is None

    def test_a_field_that_goes_away_is_noticed_and_the_call_repeated_without_it(
        self, salesforce: StandinOrg
    ) -> None:
        chidi = salesforce.find("Contact", FirstName="Chidi")
        crm = salesforce.crm()
        assert "title" not in crm.schema().hidden
        salesforce.change_user("avery.advisor", hidden_fields=["Contact.Title"])

        person = crm.look([], [chidi]).people[chidi]

        assert person.hidden_fields == {"title"}
        assert crm.schema().hidden == {"title"}

    def test_a_read_only_field_is_not_writable(self, salesforce: StandinOrg) -> None:
        salesforce.change_user("avery.advisor", readonly_fields=["Contact.Title"])

        assert "title" not in salesforce.crm().schema().writable
        assert "company" not in salesforce.crm().schema().writable

    def test_text_fields_are_offered_to_rules_and_flags_are_not(
        self, salentica: StandinOrg
    ) -> None:
        offered = salentica.crm().schema().offered

        assert "Department" in offered
        assert not {"SalenticaLMNTS__Marketing_Opt_In__c", "HasOptedOutOfEmail", "Email"} & set(
            offered
        )

    def test_a_rule_brings_a_further_field_into_reading_and_writing(
        self, salesforce: StandinOrg
    ) -> None:
        tom = salesforce.find("Contact", FirstName="Tom")
        salesforce.update("Contact", tom, Department="Glazing")
        crm = salesforce.crm(
            rules={"Department": FieldRule.CRM_WINS, "Gone__c": FieldRule.CRM_WINS}
        )

        schema = crm.schema()
        person = crm.look([], [tom]).people[tom]

        assert schema.fields == (*FIELD_NAMES, "Department", "Gone__c")
        assert "Department" in schema.writable
        assert schema.hidden == {"Gone__c"}
        assert person.value("Department") == "Glazing"


def test_a_session_of_a_login_knows_its_user_without_being_told(practifi: StandinOrg) -> None:
    token = practifi.sign_in(practifi.username("blake.broker"))
    nameless = type(token)(token.token, token.instance_url, "", "")

    crm = open_crm(practifi.settings())("practifi", nameless)

    assert crm.identity().user_id == practifi.user_id("blake.broker")
    assert crm.schema().person_accounts


class TestOrgsWithLess:
    def test_without_leads_contacts_are_read_as_ever(self, salesforce: StandinOrg) -> None:
        salesforce.running.org.knobs.change({"absent_objects": ["Lead"]})
        newsletter = salesforce.find("Campaign", Name="Client Newsletter")
        chidi = salesforce.find("Contact", FirstName="Chidi")
        omar = salesforce.find("Lead", FirstName="Omar")
        crm = salesforce.crm()

        page = crm.members_page(newsletter, None)
        look = crm.look([newsletter], [chidi, omar])

        assert len(page.people) == 5
        assert set(look.people) == {chidi}
        assert crm.delta([newsletter], START).campaigns
        assert crm.predecessors([chidi]) == {}
        assert [p.id for p in crm.people_by_email(["pia@millbrook.example"])]

    def test_without_accounts_the_company_is_unknown(self, salesforce: StandinOrg) -> None:
        salesforce.change_user("avery.advisor", hidden_objects=["Account"])
        chidi = salesforce.find("Contact", FirstName="Chidi")
        crm = salesforce.crm()

        person = crm.look([], [chidi]).people[chidi]

        assert "company" in person.hidden_fields
        assert "company" in crm.schema().hidden

    def test_without_the_e_mail_field_nobody_is_matched_by_address(
        self, salesforce: StandinOrg
    ) -> None:
        salesforce.change_user("avery.advisor", hidden_fields=["Contact.Email"])

        assert salesforce.crm().people_by_email(["pia@millbrook.example"]) == ()

    def test_a_closed_api_is_told_and_not_raised_by_the_schema_alone(
        self, salesforce: StandinOrg
    ) -> None:
        crm = salesforce.crm()
        salesforce.change_user("avery.advisor", api_enabled=False)

        assert {each.code for each in crm.schema().capabilities} == {"api_disabled"}
        with pytest.raises(ConnectionStopped, match="api_disabled"):
            crm.campaigns("", None)

    def test_another_failure_of_describe_is_raised(self, salesforce: StandinOrg) -> None:
        crm = salesforce.crm()
        salesforce.fault("expired_session", times=0, path="composite")

        with pytest.raises(ConnectionStopped, match="session_refused"):
            crm.schema()

    def test_an_org_that_refuses_a_query_outright_stops_the_run(
        self, salesforce: StandinOrg
    ) -> None:
        crm = salesforce.crm()
        crm.schema()
        body = [{"errorCode": "MALFORMED_QUERY", "message": "unexpected token"}]
        refusal = {"status": 400, "body": body}
        salesforce.fault("status", within="composite", path="Campaign", with_=refusal)

        with pytest.raises(ConnectionStopped, match="crm_refused"):
            crm.campaigns("", None)

    def test_a_field_that_is_refused_even_after_describe_stops_the_run(
        self, salesforce: StandinOrg
    ) -> None:
        crm = salesforce.crm()
        crm.schema()
        body = [{"errorCode": "INVALID_FIELD", "message": "No such column"}]
        refusal = {"status": 400, "body": body}
        salesforce.fault(
            "status", within="composite", path="FROM%20Campaign", times=0, with_=refusal
        )

        with pytest.raises(ConnectionStopped, match="schema_changed"):
            crm.campaigns("", None)
