"""What the adapter writes, what it makes of each row's answer, and what that costs in calls."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from crmsync.domain.errors import ConnectionStopped, Defer
from crmsync.domain.person import Member, Person
from crmsync.ports.crm import PersonWrite

from tests.contract.salesforce.standin_org import StandinOrg

NEWSLETTER = "Client Newsletter"


def look(org: StandinOrg, *person_ids: str) -> list[Person]:
    people = org.crm("iris.integration").look([], person_ids).people
    return [people[person_id] for person_id in person_ids]


def named(org: StandinOrg, first_name: str) -> Person:
    return look(org, org.find("Contact", FirstName=first_name))[0]


def a_new(contact_id: str, **values: str) -> PersonWrite:
    return PersonWrite(contact_id, {"last_name": contact_id, **values})


def records_sent(org: StandinOrg) -> list[dict[str, Any]]:
    """Every record the org was sent, in whatever kind of call."""
    texts = [entry["body"] for entry in org.running.org.meter.log if entry.get("body")]
    subs = [
        sub.get("body") or {}
        for text in texts
        if text.startswith("{")
        for sub in json.loads(text).get("compositeRequest", [json.loads(text)])
    ]
    return [record for body in subs for record in body.get("records", [body])]


class TestChangingPeople:
    def test_only_the_changed_fields_are_sent(self, salesforce: StandinOrg) -> None:
        tom = named(salesforce, "Tom")
        salesforce.update("Contact", tom.id, Department="Glazing")

        written = salesforce.crm().write_people(
            [PersonWrite("k1", {"title": "Potter"}, person=tom)]
        )

        stored = salesforce.row(tom.id)
        assert (stored["Title"], stored["Department"]) == ("Potter", "Glazing")
        assert written[0].id == tom.id
        assert written[0].error is None

    def test_the_record_comes_back_as_the_crm_keeps_it(self, practifi: StandinOrg) -> None:
        june = named(practifi, "June")

        written = practifi.crm().write_people(
            [
                PersonWrite(
                    "k1", {"phone": "303 555 0199", "email": "June@Quarry.EXAMPLE"}, person=june
                )
            ]
        )

        assert written[0].person is not None
        assert written[0].person.value("phone") == practifi.row(june.id)["Phone"]
        assert written[0].person.value("email") == "june@quarry.example"

    def test_an_empty_value_clears_the_field(self, salesforce: StandinOrg) -> None:
        chidi = named(salesforce, "Chidi")

        written = salesforce.crm().write_people(
            [PersonWrite("k1", {"title": "", "birthdate": ""}, person=chidi)]
        )

        assert salesforce.row(chidi.id)["Title"] is None
        assert salesforce.row(chidi.id)["Birthdate"] is None
        assert written[0].person is not None
        assert written[0].person.value("title") == ""

    def test_a_thousand_updates_take_two_calls_and_are_all_read_back(
        self, salesforce: StandinOrg
    ) -> None:
        campaign_id = str(
            salesforce.do(
                "seed", count=1_000, campaign="All", owner=salesforce.username("avery.advisor")
            )["campaign_id"]
        )
        crm = salesforce.crm()
        people = crm.members_page(campaign_id, None).people.values()
        before = crm.calls

        written = crm.write_people(
            [
                PersonWrite(f"k{n}", {"title": f"No. {n}"}, person=person)
                for n, person in enumerate(people)
            ]
        )

        assert crm.calls - before == 2
        titles = [result.person.value("title") for result in written if result.person]
        assert titles == [f"No. {n}" for n in range(1_000)]

    def test_a_lead_is_written_as_a_lead(self, salesforce: StandinOrg) -> None:
        omar = look(salesforce, salesforce.find("Lead", FirstName="Omar"))[0]

        written = salesforce.crm().write_people([PersonWrite("k1", opt_out=True, person=omar)])

        assert salesforce.row(omar.id)["HasOptedOutOfEmail"]
        assert written[0].person is not None
        assert written[0].person.opted_out is True

    def test_one_bad_record_never_blocks_another(self, salesforce: StandinOrg) -> None:
        tom, pia = named(salesforce, "Tom"), named(salesforce, "Pia")

        written = salesforce.crm().write_people(
            [
                PersonWrite("k1", {"email": "not an address"}, person=tom),
                PersonWrite("k2", {"title": "x" * 200}, person=pia),
                PersonWrite("k3", {"city": "Leeds"}, person=tom),
            ]
        )

        assert [result.error for result in written] == ["invalid_email", "value_too_long", None]
        assert "Correct the address." in written[0].detail
        assert salesforce.row(tom.id)["MailingCity"] == "Leeds"

    def test_a_value_that_looks_like_a_reference_is_written_as_it_is(
        self, salesforce: StandinOrg
    ) -> None:
        """Composite would put another request's answer in its place."""
        tom, pia = named(salesforce, "Tom"), named(salesforce, "Pia")

        written = salesforce.crm().write_people(
            [
                PersonWrite("k1", {"title": "@{save0[0].id}"}, person=tom),
                PersonWrite("k2", {"title": "Potter"}, person=pia),
            ]
        )

        assert salesforce.row(tom.id)["Title"] == "@{save0[0].id}"
        assert salesforce.row(pia.id)["Title"] == "Potter"
        assert [result.person.value("title") for result in written if result.person] == [
            "@{save0[0].id}",
            "Potter",
        ]

    def test_a_deleted_person_is_said_to_be_gone(self, salesforce: StandinOrg) -> None:
        tom = named(salesforce, "Tom")
        salesforce.delete("Contact", tom.id)

        written = salesforce.crm().write_people([PersonWrite("k1", {"title": "x"}, person=tom)])

        assert written[0].error == "gone"

    def test_a_person_the_user_may_only_see_is_refused_with_what_helps(
        self, salesforce: StandinOrg
    ) -> None:
        lucia = named(salesforce, "Lucia")
        salesforce.do(
            "grant", id=lucia.id, username=salesforce.username("avery.advisor"), level="read"
        )

        written = salesforce.crm().write_people([PersonWrite("k1", {"title": "x"}, person=lucia)])

        assert written[0].error == "no_access"
        assert "Ask your Salesforce administrator" in written[0].detail


class TestFieldsThatWentAway:
    """Between describe and the write a field is hidden or locked: the others are not held up."""

    @pytest.mark.parametrize("flag", ["hidden_fields", "readonly_fields"])
    def test_who_named_it_is_told_apart_and_the_others_are_written(
        self, salesforce: StandinOrg, flag: str
    ) -> None:
        tom, pia = named(salesforce, "Tom"), named(salesforce, "Pia")
        crm = salesforce.crm("iris.integration")
        assert "title" in crm.schema().writable
        salesforce.change_user("iris.integration", **{flag: ["Contact.Title"]})

        first, second, third = crm.write_people(
            [
                PersonWrite("k1", {"title": "Potter", "city": "Porto"}, person=tom),
                PersonWrite("k2", {"city": "Porto"}, person=pia),
                a_new("k3", title="Potter"),
            ]
        )

        assert (first.error, third.error) == ("schema_changed", "schema_changed")
        assert second.id == pia.id
        assert salesforce.row(pia.id)["MailingCity"] == "Porto"
        assert salesforce.row(tom.id)["MailingCity"] != "Porto"
        assert "title" not in crm.schema().writable

    def test_a_refusal_of_the_whole_request_writes_the_others_and_nobody_twice(
        self, salesforce: StandinOrg
    ) -> None:
        crm = salesforce.crm()
        crm.schema()
        salesforce.change_user("avery.advisor", hidden_fields=["Contact.Title"])
        body = [{"errorCode": "INVALID_FIELD", "message": "No such column 'Title' on sobject"}]
        salesforce.fault(
            "status",
            within="composite",
            method="PATCH",
            path="composite/sobjects",
            with_={"status": 400, "body": body},
        )

        one, two = crm.write_people([a_new("k1", title="Potter"), a_new("k2", city="Porto")])

        assert one.error == "schema_changed"
        assert two.id == salesforce.find("Contact", LastName="k2")
        with pytest.raises(AssertionError, match="0 Contact"):
            salesforce.find("Contact", LastName="k1")

    def test_a_refusal_that_describe_does_not_explain_is_that_of_the_record(
        self, salesforce: StandinOrg
    ) -> None:
        tom = named(salesforce, "Tom")
        refusal = {"code": "INVALID_FIELD_FOR_INSERT_UPDATE", "message": "Unable to update: Title"}
        salesforce.fault("record_error", with_=refusal, times=0)

        (written,) = salesforce.crm().write_people([PersonWrite("k1", {"title": "P"}, person=tom)])

        assert written.error == "field_not_writable"


class TestCreatingPeople:
    def test_a_new_person_carries_our_id_and_comes_back_in_the_same_call(
        self, salesforce: StandinOrg
    ) -> None:
        crm = salesforce.crm()
        crm.schema()
        before = crm.calls

        written = crm.write_people([a_new("contact-1", first_name="New", email="new@x.example")])

        assert crm.calls - before == 1
        assert written[0].person is not None
        assert written[0].person.external_id == "contact-1"
        assert written[0].person.owner_id == salesforce.user_id("avery.advisor")
        assert salesforce.row(str(written[0].id))["Email"] == "new@x.example"

    def test_a_repeat_finds_the_first_one(self, salesforce: StandinOrg) -> None:
        crm = salesforce.crm()

        first, again = (crm.write_people([a_new("contact-1")])[0] for _ in range(2))

        assert first.id == again.id
        assert (first.existed, again.existed) == (False, True)

    def test_without_our_id_field_the_person_is_created_and_read_in_a_second_call(
        self, salesforce: StandinOrg
    ) -> None:
        salesforce.running.org.knobs.change({"absent_fields": ["Contact.CrmSync_Id__c"]})
        crm = salesforce.crm()
        assert not crm.schema().external_id
        before = crm.calls

        written = crm.write_people([a_new("contact-1", email="new@x.example")])

        assert crm.calls - before == 2
        assert written[0].person is not None
        assert written[0].person.value("email") == "new@x.example"

    def test_an_opt_out_is_created_with_the_person(self, salesforce: StandinOrg) -> None:
        written = salesforce.crm().write_people(
            [PersonWrite("contact-1", {"last_name": "New"}, opt_out=True)]
        )

        assert salesforce.row(str(written[0].id))["HasOptedOutOfEmail"]

    def test_results_come_in_the_order_asked(self, salesforce: StandinOrg) -> None:
        tom, omar = named(salesforce, "Tom"), salesforce.find("Lead", FirstName="Omar")
        lead = look(salesforce, omar)[0]

        written = salesforce.crm().write_people(
            [
                PersonWrite("k1", opt_out=True, person=lead),
                a_new("k2"),
                PersonWrite("k3", {"city": "Leeds"}, person=tom),
                PersonWrite("k4", {"company": "Ltd"}, person=tom),
                a_new("k5"),
            ]
        )

        assert [r.person.value("last_name") if r.person else r.error for r in written] == [
            "Nasser",
            "k2",
            "Reyes",
            "field_not_writable",
            "k5",
        ]

    def test_a_duplicate_alert_is_never_bypassed_and_names_its_matches(
        self, salesforce: StandinOrg
    ) -> None:
        rule = {"object": "Contact", "name": "Standard", "match": ["Email"], "action": "block"}
        salesforce.running.org.org_rules["duplicate_rules"].append(rule)
        pia = salesforce.find("Contact", FirstName="Pia")

        written = salesforce.crm().write_people([a_new("k1", email="pia@millbrook.example")])

        assert (written[0].error, written[0].matches) == ("duplicate_rule", (pia,))


class TestPersonAccounts:
    def test_one_is_created_through_its_account(self, practifi: StandinOrg) -> None:
        written = practifi.crm().write_people(
            [a_new("contact-1", first_name="New", email="new@x.example", city="Boulder")]
        )

        person = written[0].person
        assert person is not None
        assert (person.id, person.kind.value) == (written[0].id, "person_account")
        account = practifi.row(str(person.account_id))
        assert account["PersonEmail"] == "new@x.example"
        assert account["PersonMailingCity"] == "Boulder"

    def test_one_is_changed_through_its_account(self, practifi: StandinOrg) -> None:
        dana = named(practifi, "Dana")

        written = practifi.crm().write_people(
            [PersonWrite("k1", {"title": "Sculptor", "birthdate": ""}, opt_out=True, person=dana)]
        )

        account = practifi.row(str(dana.account_id))
        assert (account["PersonTitle"], account["PersonBirthdate"]) == ("Sculptor", None)
        assert account["PersonHasOptedOutOfEmail"]
        assert written[0].id == dana.id
        kinds = {sent["attributes"]["type"] for sent in records_sent(practifi) if sent}
        assert kinds == {"Account"}

    def test_contacts_and_person_accounts_are_written_side_by_side(
        self, practifi: StandinOrg
    ) -> None:
        dana, june = named(practifi, "Dana"), named(practifi, "June")

        written = practifi.crm().write_people(
            [
                PersonWrite("k1", {"city": "Vail"}, person=june),
                PersonWrite("k2", {"city": "Aspen"}, person=dana),
            ]
        )

        assert [result.id for result in written] == [june.id, dana.id]
        assert [r.person.value("city") for r in written if r.person] == ["Vail", "Aspen"]

    def test_the_contact_of_a_new_one_is_found_by_its_account(self, practifi: StandinOrg) -> None:
        written = practifi.crm().write_people([a_new("contact-1", email="new@x.example")])

        assert str(written[0].id).startswith("003")
        assert written[0].person is not None

    def test_their_company_is_unknown_and_not_blank(self, practifi: StandinOrg) -> None:
        dana, june = named(practifi, "Dana"), named(practifi, "June")

        assert "company" in dana.hidden_fields
        assert june.value("company") == "Quarry Stoneworks"


class TestConsent:
    def test_nothing_falsy_is_ever_sent(self, salesforce: StandinOrg) -> None:
        vera, tom = named(salesforce, "Vera"), named(salesforce, "Tom")

        salesforce.crm().write_people(
            [
                PersonWrite("k1", {"title": "x"}, opt_out=False, person=vera),
                PersonWrite("k2", {"title": "x"}, opt_out=True, person=tom),
                a_new("k3"),
            ]
        )

        assert salesforce.row(vera.id)["HasOptedOutOfEmail"]
        flags = [
            record["HasOptedOutOfEmail"]
            for record in records_sent(salesforce)
            if "HasOptedOutOfEmail" in record
        ]
        assert flags == [True]

    def test_an_opt_out_that_cannot_be_written_is_refused_and_nothing_else_of_it_is_written(
        self, salesforce: StandinOrg
    ) -> None:
        salesforce.change_user("avery.advisor", readonly_fields=["Contact.HasOptedOutOfEmail"])

        written = salesforce.crm().write_people(
            [PersonWrite("k1", {"last_name": "New"}, opt_out=True)]
        )

        assert written[0].error == "field_not_writable"


class TestMembers:
    def test_contacts_and_leads_are_added_and_a_repeat_names_the_same_rows(
        self, salesforce: StandinOrg
    ) -> None:
        seminar = salesforce.find("Campaign", Name="Retirement Seminar")
        people = look(
            salesforce,
            salesforce.find("Lead", FirstName="Omar"),
            salesforce.find("Contact", FirstName="Tom"),
        )
        crm = salesforce.crm()

        first = crm.add_members(seminar, people)
        again = crm.add_members(seminar, people)

        assert [result.id for result in first] == [result.id for result in again]
        assert all(result.existed for result in again)
        assert all(result.id and not result.error for result in first)
        assert {row.id for row in crm.look([seminar], [p.id for p in people]).members} == {
            result.id for result in first
        }

    def test_a_thousand_are_added_in_one_call(self, salesforce: StandinOrg) -> None:
        source = str(salesforce.do("seed", count=1_000, campaign="All")["campaign_id"])
        target = salesforce.create("Campaign", Name="Target", IsActive=True)
        crm = salesforce.crm("iris.integration")
        people = list(crm.members_page(source, None).people.values())
        before = crm.calls

        added = crm.add_members(target, people)

        assert crm.calls - before == 1
        assert crm.campaigns_by_id([target])[target].member_count == 1_000
        assert len({result.id for result in added}) == 1_000

    def test_rows_are_sent_in_order_of_person(self, salesforce: StandinOrg) -> None:
        target = salesforce.create("Campaign", Name="Target", IsActive=True)
        people = [named(salesforce, name) for name in ("Tom", "Chidi", "Pia")]

        added = salesforce.crm().add_members(target, people)

        by_row = sorted(zip((r.id for r in added), (p.id for p in people), strict=True))
        assert [person_id for _, person_id in by_row] == sorted(p.id for p in people)

    def test_rows_are_removed_and_who_is_gone_counts_as_removed(
        self, salesforce: StandinOrg
    ) -> None:
        newsletter = salesforce.find("Campaign", Name=NEWSLETTER)
        crm = salesforce.crm()
        rows = crm.member_ids(newsletter)[:2]

        first = crm.remove_members(rows)
        again = crm.remove_members(rows)

        assert [result.id for result in (*first, *again)] == [row.id for row in (*rows, *rows)]
        assert salesforce.row(rows[0].person_id)["IsDeleted"] == 0
        assert len(crm.member_ids(newsletter)) == 4

    @pytest.mark.parametrize("kind", ["Contact", "Lead", "Campaign"])
    def test_nothing_but_a_membership_row_is_ever_deleted(
        self, salesforce: StandinOrg, kind: str
    ) -> None:
        record_id = salesforce.find(
            kind,
            **{"Name": NEWSLETTER}
            if kind == "Campaign"
            else {"FirstName": "Pia" if kind == "Contact" else "Omar"},
        )
        row = Member(record_id, "c", "p")

        with pytest.raises(ValueError, match="not a membership row"):
            salesforce.crm().remove_members([row])

        assert salesforce.row(record_id)["IsDeleted"] == 0


class TestCampaigns:
    def test_a_new_one_is_active_and_has_the_name(self, salesforce: StandinOrg) -> None:
        created = salesforce.crm().create_campaign("Spring @{letter} & Co")

        stored = salesforce.row(str(created.id))
        assert (stored["Name"], stored["IsActive"]) == ("Spring @{letter} & Co", 1)

    def test_who_is_no_marketing_user_is_refused(self, salesforce: StandinOrg) -> None:
        created = salesforce.crm("nico.novice").create_campaign("Spring")

        assert created.id is None
        assert created.error == "not_marketing_user"

    def test_a_name_the_crm_refuses_is_refused_with_its_reason(
        self, salesforce: StandinOrg
    ) -> None:
        created = salesforce.crm().create_campaign("x" * 81)

        assert (created.id, created.error) == (None, "value_too_long")

    def test_a_lost_answer_is_unknown_and_is_not_sent_again(self, salesforce: StandinOrg) -> None:
        salesforce.fault("reset_after", path="composite/sobjects")

        created = salesforce.crm().create_campaign("Spring")

        assert created.unknown
        assert salesforce.find("Campaign", Name="Spring")


class TestLocks:
    def test_only_the_locked_rows_are_sent_again(self, salesforce: StandinOrg) -> None:
        tom, pia = named(salesforce, "Tom"), named(salesforce, "Pia")
        salesforce.fault("lock_row", times=2, with_={"match": tom.id})
        crm = salesforce.crm()
        crm.schema()
        before = crm.calls

        written = crm.write_people(
            [PersonWrite(p.id, {"city": "Leeds"}, person=p) for p in (tom, pia)]
        )

        assert [result.error for result in written] == [None, None]
        assert crm.calls - before == 3
        assert len(salesforce.slept) == 2
        assert salesforce.slept[1] > 0.5

    def test_a_row_that_stays_locked_fails_alone(self, salesforce: StandinOrg) -> None:
        tom, pia = named(salesforce, "Tom"), named(salesforce, "Pia")
        salesforce.fault("lock_row", times=0, with_={"match": tom.id})

        written = salesforce.crm().write_people(
            [PersonWrite(p.id, {"city": "Leeds"}, person=p) for p in (tom, pia)]
        )

        assert [result.error for result in written] == ["row_locked", None]
        assert len(salesforce.slept) == 4


class TestLostAnswers:
    def test_a_write_whose_answer_was_lost_is_unknown_and_not_repeated(
        self, salesforce: StandinOrg
    ) -> None:
        tom = named(salesforce, "Tom")
        salesforce.fault("reset_after", path="composite", body="Leeds")
        crm = salesforce.crm()
        crm.schema()
        before = crm.calls

        written = crm.write_people([PersonWrite("k1", {"city": "Leeds"}, person=tom)])

        assert written[0].unknown
        assert (written[0].id, written[0].error) == (None, None)
        assert crm.calls - before == 1
        assert salesforce.row(tom.id)["MailingCity"] == "Leeds"

    @pytest.mark.parametrize("status", [500, 502, 504])
    def test_a_server_error_on_a_write_leaves_it_unknown(
        self, salesforce: StandinOrg, status: int
    ) -> None:
        tom = named(salesforce, "Tom")
        salesforce.fault("html", body="Leeds", with_={"status": status, "body": "<html>no</html>"})

        written = salesforce.crm().write_people([PersonWrite("k1", {"city": "Leeds"}, person=tom)])

        assert written[0].unknown

    def test_rows_written_before_a_failure_keep_their_results(self, salesforce: StandinOrg) -> None:
        campaign_id = str(
            salesforce.do(
                "seed", count=900, campaign="All", owner=salesforce.username("avery.advisor")
            )["campaign_id"]
        )
        crm = salesforce.crm()
        people = list(crm.members_page(campaign_id, None).people.values())
        salesforce.fault("quota", body="Leeds", nth=2)

        written = crm.write_people([PersonWrite(p.id, {"city": "Leeds"}, person=p) for p in people])

        assert sum(result.id is not None for result in written) == 800
        assert {result.error for result in written[800:]} == {"crm_crowded"}

    def test_a_failure_before_anything_was_written_is_raised(self, salesforce: StandinOrg) -> None:
        tom = named(salesforce, "Tom")
        salesforce.running.org.knobs.change({"api_max": 10})
        salesforce.running.org.meter.set_used(9)
        crm = salesforce.crm()
        crm.schema()

        with pytest.raises(Defer, match="api_quota_spent"):
            crm.write_people([PersonWrite("k1", {"city": "Leeds"}, person=tom)])

    def test_a_refused_token_is_renewed_and_the_write_sent_once_more(
        self, salesforce: StandinOrg
    ) -> None:
        tom = named(salesforce, "Tom")
        crm = salesforce.crm()
        crm.schema()
        salesforce.fault("expired_session", body="Leeds")

        written = crm.write_people([PersonWrite("k1", {"city": "Leeds"}, person=tom)])

        assert written[0].id == tom.id

    def test_an_answer_that_does_not_add_up_leaves_the_rows_unknown(
        self, salesforce: StandinOrg
    ) -> None:
        tom, pia = named(salesforce, "Tom"), named(salesforce, "Pia")
        body = [{"id": tom.id, "success": True, "errors": []}]
        salesforce.fault(
            "status",
            within="composite",
            path="composite/sobjects",
            with_={"status": 200, "body": body},
        )

        written = salesforce.crm().write_people(
            [PersonWrite(p.id, {"city": "Leeds"}, person=p) for p in (tom, pia)]
        )

        assert [result.unknown for result in written] == [True, True]


def test_a_campaign_that_is_not_there_stops_reading(practifi_no_promote: StandinOrg) -> None:
    crm = practifi_no_promote.crm()

    with pytest.raises(ConnectionStopped, match="promote_not_installed"):
        crm.members_page("7015f0000000001AAA", None)
    assert crm.campaigns("", None).items == ()


class TestDuplicates:
    RULE: ClassVar = {"object": "Contact", "name": "Standard", "match": ["Email"]}

    def test_a_failed_question_about_the_matches_leaves_the_alert(
        self, salesforce: StandinOrg
    ) -> None:
        salesforce.running.org.org_rules["duplicate_rules"].append(self.RULE)
        salesforce.fault("quota", body='sobjects/Contact"')

        written = salesforce.crm().write_people([a_new("k1", email="pia@millbrook.example")])

        assert (written[0].error, written[0].matches) == ("duplicate_rule", ())

    def test_a_lost_answer_about_the_matches_leaves_the_person_unknown(
        self, salesforce: StandinOrg
    ) -> None:
        """Should the rule not have fired this time, the person was created."""
        salesforce.running.org.org_rules["duplicate_rules"].append(self.RULE)
        salesforce.fault("reset_after", body='sobjects/Contact"')

        written = salesforce.crm().write_people([a_new("k1", email="pia@millbrook.example")])

        assert written[0].unknown

    def test_others_of_the_same_call_are_created(self, salesforce: StandinOrg) -> None:
        salesforce.running.org.org_rules["duplicate_rules"].append(self.RULE)

        written = salesforce.crm().write_people(
            [a_new("k1", email="pia@millbrook.example"), a_new("k2", email="new@x.example")]
        )

        assert [result.error for result in written] == ["duplicate_rule", None]


class TestWritesOfTheirOwn:
    """Records that cannot travel in a composite call fail like any other."""

    REFERENCE = "@{x.y}"

    def test_a_refused_one_is_refused_alone(self, salesforce: StandinOrg) -> None:
        tom, pia = named(salesforce, "Tom"), named(salesforce, "Pia")

        written = salesforce.crm().write_people(
            [
                PersonWrite("k1", {"title": self.REFERENCE, "email": "none"}, person=tom),
                PersonWrite("k2", {"city": "Leeds"}, person=pia),
            ]
        )

        assert [result.error for result in written] == ["invalid_email", None]

    def test_a_lost_one_is_unknown(self, salesforce: StandinOrg) -> None:
        tom = named(salesforce, "Tom")
        salesforce.fault("reset_after", body="x.y")

        written = salesforce.crm().write_people(
            [PersonWrite("k1", {"title": self.REFERENCE}, person=tom)]
        )

        assert written[0].unknown


class TestReadingBack:
    def test_a_failed_read_of_new_people_leaves_them_created(self, salesforce: StandinOrg) -> None:
        salesforce.running.org.knobs.change({"absent_fields": ["Contact.CrmSync_Id__c"]})
        crm = salesforce.crm()
        crm.schema()
        salesforce.fault("quota", path="composite", nth=2)

        written = crm.write_people([a_new("k1")])

        assert written[0].id is not None
        assert written[0].person is None

    def test_a_person_account_whose_contact_is_not_known_yet_is_unknown(
        self, practifi: StandinOrg
    ) -> None:
        """Its account exists, but the member id of the person could not be read."""
        crm = practifi.crm()
        crm.schema()
        practifi.fault("quota", path="composite", nth=2)

        written = crm.write_people([a_new("k1")])

        assert written[0].unknown

    def test_rows_of_members_that_cannot_be_read_are_unknown(self, salesforce: StandinOrg) -> None:
        newsletter = salesforce.find("Campaign", Name=NEWSLETTER)
        tom = named(salesforce, "Tom")
        crm = salesforce.crm()
        crm.schema()
        salesforce.fault("quota", path="composite", nth=2)

        assert crm.add_members(newsletter, [tom])[0].unknown
