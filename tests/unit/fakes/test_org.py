"""The knobs of the org in memory: what the CRM suite cannot ask of every implementation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from crmsync.domain.connection import Capability
from crmsync.domain.errors import ConnectionStopped, Defer
from crmsync.domain.person import Person, PersonKind
from crmsync.ports.crm import PersonWrite

from tests.fakes.crm import FakeCrm
from tests.fakes.org import FakeOrg
from tests.fakes.org_rules import Refusal, both, formats_phones, lowers_email


def update(crm: FakeCrm, person: Person, **values: str) -> Person:
    """The person as it comes back from a write."""
    (written,) = crm.write_people([PersonWrite("c1", values, person=person)])
    assert written.person is not None, written.error
    return written.person


class TestValues:
    def test_an_org_may_store_values_its_own_way(self, org: FakeOrg, crm: FakeCrm) -> None:
        org.normalise = both(formats_phones, lowers_email)
        ada = org.add_person("u1", last_name="Byron")

        after = update(crm, ada, phone="2125550100", email="Ada@X.example", title=" Countess ")

        assert after.value("phone") == "(212) 555-0100"
        assert after.value("email") == "ada@x.example"
        assert after.value("title") == "Countess"

    def test_automation_may_rewrite_a_record_right_after_a_write(
        self, org: FakeOrg, crm: FakeCrm
    ) -> None:
        def shout(person: Person) -> Mapping[str, str]:
            return {"city": person.value("city").upper()}

        org.automation = shout
        ada = org.add_person("u1", last_name="Byron")

        assert update(crm, ada, city="Rome").value("city") == "ROME"
        assert org.people[ada.id].value("city") == "ROME"

    def test_values_are_refused_and_never_cut(self, org: FakeOrg, crm: FakeCrm) -> None:
        ada = org.add_person("u1", last_name="Byron")
        bad = [{"city": "x" * 41}, {"email": "nowhere"}, {"birthdate": "30.2.1980"}]

        results = crm.write_people([PersonWrite("c1", values, person=ada) for values in bad])

        codes = ["value_too_long", "invalid_email", "invalid_value"]
        assert [result.error for result in results] == codes
        assert org.people[ada.id] == ada

    def test_a_validation_rule_sees_the_person_and_the_new_values(
        self, org: FakeOrg, crm: FakeCrm
    ) -> None:
        def rule(person: Person | None, values: Mapping[str, str]) -> Refusal | None:
            moved = person is not None and values.get("country", "") not in ("", "US")
            return ("refused_by_rule", "Only in the US.") if moved else None

        org.validation = rule
        ada = org.add_person("u1", last_name="Byron")

        (refused,) = crm.write_people([PersonWrite("c1", {"country": "IT"}, person=ada)])

        assert refused.error == "refused_by_rule"
        assert update(crm, ada, country="US").value("country") == "US"

    @pytest.mark.parametrize("key", ["c9", "id", "ada@x.example"])
    def test_a_poisoned_record_is_refused_until_it_is_cured(
        self, org: FakeOrg, crm: FakeCrm, key: str
    ) -> None:
        ada = org.add_person("u1", last_name="Byron", email="ada@x.example")
        bob = org.add_person("u1", last_name="Bell")
        key = ada.id if key == "id" else key
        org.poison(key)
        writes = [
            PersonWrite("c9", {"city": "Rome"}, person=ada),
            PersonWrite("c2", {"city": "Rome"}, person=bob),
        ]

        assert [w.error for w in crm.write_people(writes)] == ["refused_by_rule", None]
        org.cure(key)
        assert [w.error for w in crm.write_people(writes)] == [None, None]

    @pytest.mark.parametrize(
        ("rule", "first_name", "refused"),
        [("email", "Eve", True), ("email_name", "Eve", False), ("email_name", "ADA", True)],
    )
    def test_a_duplicate_rule_points_at_who_is_there(
        self, org: FakeOrg, crm: FakeCrm, rule: str, first_name: str, *, refused: bool
    ) -> None:
        org.duplicate_rule = rule
        ada = org.add_person("u1", first_name="Ada", last_name="Byron", email="us@x.example")
        new = {"first_name": first_name, "last_name": "Byron", "email": "US@x.example"}

        (written,) = crm.write_people([PersonWrite("c1", new)])

        expected = ("duplicate_rule", (ada.id,)) if refused else (None, ())
        assert (written.error, written.matches) == expected

    def test_an_org_may_not_answer_with_the_record(self, org: FakeOrg, crm: FakeCrm) -> None:
        org.reads_back = False
        ada = org.add_person("u1", last_name="Byron")

        (written,) = crm.write_people([PersonWrite("c1", {"city": "Rome"}, person=ada)])

        assert (written.id, written.person) == (ada.id, None)


class TestForbidden:
    def test_fields_that_do_not_exist_are_an_error_of_the_engine(
        self, org: FakeOrg, crm: FakeCrm
    ) -> None:
        ada = org.add_person("u1", last_name="Byron")

        with pytest.raises(AssertionError, match="HasOptedOutOfEmail"):
            crm.write_people([PersonWrite("c1", {"HasOptedOutOfEmail": "false"}, person=ada)])

    def test_fields_of_leads_are_never_written(self, org: FakeOrg, crm: FakeCrm) -> None:
        lead = org.add_person("u1", PersonKind.LEAD, last_name="Byron")

        with pytest.raises(AssertionError, match="leads"):
            crm.write_people([PersonWrite("c1", {"city": "Rome"}, person=lead)])

    def test_consent_that_is_not_a_truth_value_is_an_error(
        self, org: FakeOrg, crm: FakeCrm
    ) -> None:
        ada = org.add_person("u1", last_name="Byron")
        write = replace(PersonWrite("c1", person=ada), opt_out=None)

        with pytest.raises(AssertionError, match="consent"):
            crm.write_people([write])


class TestLimits:
    def test_a_spent_quota_answers_before_anything_happens(
        self, org: FakeOrg, crm: FakeCrm
    ) -> None:
        org.daily_max, org.daily_used = 100, 100

        with pytest.raises(Defer, match="api_quota_spent"):
            crm.write_people([PersonWrite("c1", {"last_name": "Byron"})])

        assert (org.people, crm.calls) == ({}, 0)
        assert (crm.budget.used, crm.budget.max) == (100, 100)

    def test_large_batches_cost_more_calls(self, crm: FakeCrm) -> None:
        writes = [PersonWrite(f"c{n}", {"last_name": "B"}) for n in range(1001)]

        crm.write_people(writes)

        assert crm.calls == 2

    def test_a_stopped_login_answers_nothing(self, org: FakeOrg, crm: FakeCrm) -> None:
        org.logins["u1"].stopped = ("inactive_user", "The user was deactivated.")

        with pytest.raises(ConnectionStopped, match="inactive_user"):
            crm.server_time()

    def test_an_org_without_campaigns_lists_none_and_stops_everything_else(
        self, org: FakeOrg, crm: FakeCrm
    ) -> None:
        missing = Capability("campaigns", available=False, code="promote_not_installed")
        org.capabilities = (missing,)

        assert crm.campaigns("", None).items == ()
        assert crm.schema().capabilities == (missing,)
        with pytest.raises(ConnectionStopped, match="promote_not_installed"):
            crm.member_ids("701A")

    def test_a_refreshed_sandbox_is_another_org(self, org: FakeOrg, crm: FakeCrm) -> None:
        campaign = org.add_campaign("A")
        org.org_id = "00D000000000009AAA"

        assert crm.identity().org_id == "00D000000000009AAA"
        with pytest.raises(ConnectionStopped, match="different_org"):
            crm.delta([campaign.id], org.now())

    def test_new_people_may_become_person_accounts(self, org: FakeOrg, crm: FakeCrm) -> None:
        org.person_accounts = org.creates_person_accounts = True

        (written,) = crm.write_people([PersonWrite("c1", {"last_name": "Byron"})])

        assert written.person is not None
        assert written.person.kind is PersonKind.PERSON_ACCOUNT
        assert "company" in written.person.hidden_fields


class TestHistory:
    def test_it_tells_who_did_what(self, org: FakeOrg, crm: FakeCrm) -> None:
        ada = org.add_person("u1", last_name="Byron")
        update(crm, ada, city="Rome")
        org.edit(ada.id, city="Paris")

        told = [(e.actor, e.verb, dict(e.before), dict(e.after)) for e in org.history[1:]]

        assert told == [
            ("api", "update", {"city": ""}, {"city": "Rome"}),
            ("user", "update", {"city": "Rome"}, {"city": "Paris"}),
        ]

    def test_whoever_opted_out_once_is_remembered(self, org: FakeOrg) -> None:
        ada = org.add_person("u1", last_name="Byron")
        org.opt_out(ada.id)
        org.user_clears_opt_out(ada.id)

        assert org.ever_opted_out == {ada.id: True}
        assert org.people[ada.id].opted_out is False
