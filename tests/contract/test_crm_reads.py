"""Reading a CRM: what every implementation of the port promises, the org in memory included."""

from __future__ import annotations

from datetime import timedelta

import pytest
from crmsync.domain.fields import FIELD_NAMES
from crmsync.domain.person import Member, Person, PersonKind
from crmsync.ports.crm import Crm, PersonWrite

from tests.contract.subjects import CrmSubject

LEAD = PersonKind.LEAD
NOBODY = "003000000000999AAA"


@pytest.fixture
def session(crm: CrmSubject) -> Crm:
    return crm.open()


@pytest.fixture
def campaign(crm: CrmSubject) -> str:
    return crm.org.add_campaign("Spring Dinner")


class TestWhoAndWhat:
    def test_the_user_and_org_of_the_token_are_named(self, crm: CrmSubject, session: Crm) -> None:
        user = session.identity()

        assert user.user_id == crm.user_id
        assert user.org_id.startswith("00D")
        assert len(user.org_id) == len(user.user_id) == 18
        assert user.org_url.startswith("https://")
        assert user.user_name

    def test_the_schema_names_the_fields_and_what_may_be_written(self, session: Crm) -> None:
        schema = session.schema()

        assert set(schema.fields) >= set(FIELD_NAMES)
        assert {"email", "title", "city"} <= schema.writable
        assert "company" not in schema.writable
        assert (schema.consent_readable, schema.consent_writable) == (True, True)

    def test_the_schema_is_read_once(self, session: Crm) -> None:
        first, calls = session.schema(), session.calls

        assert session.schema() == first
        assert session.calls == calls

    def test_calls_are_counted_and_the_budget_is_what_the_last_answer_told(
        self, session: Crm
    ) -> None:
        assert session.calls == 0
        session.schema()
        session.campaigns_named("Spring Dinner")
        calls, used = session.calls, session.budget.used

        session.campaigns_named("Spring Dinner")

        assert session.calls == calls + 1
        assert session.budget.used == used + 1
        assert session.budget.max > session.budget.used

    def test_the_clock_is_the_orgs(self, crm: CrmSubject, session: Crm) -> None:
        assert abs(session.server_time() - crm.org.now()) <= timedelta(seconds=1)


class TestCampaigns:
    def test_active_campaigns_come_by_name_and_inactive_ones_are_counted(
        self, crm: CrmSubject, session: Crm
    ) -> None:
        for name in ("Zebra One", "Zebra Two", "Zebra three", "Zebra Four"):
            crm.org.add_campaign(name)
        crm.org.add_campaign("Zebra Old", active=False)
        gone = crm.org.add_campaign("Zebra Gone")
        crm.org.delete_campaign(gone)

        page = session.campaigns("zebra", None)
        names, hidden = [c.name for c in page.items], page.hidden_inactive_count
        while page.cursor is not None:
            page = session.campaigns("zebra", page.cursor)
            names += [c.name for c in page.items]

        assert names == ["Zebra Four", "Zebra One", "Zebra three", "Zebra Two"]
        assert hidden == 1

    def test_a_search_matches_any_part_of_the_name(self, session: Crm, campaign: str) -> None:
        assert [c.id for c in session.campaigns("ring DIN", None).items] == [campaign]
        assert session.campaigns("no such thing", None).items == ()

    def test_a_name_finds_all_live_campaigns_that_have_it(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        inactive = crm.org.add_campaign("SPRING dinner", active=False)
        crm.org.delete_campaign(crm.org.add_campaign("Spring Dinner"))
        crm.org.add_campaign("Spring Dinner 2")

        found = {c.id: c.active for c in session.campaigns_named("spring DINNER")}

        assert found == {campaign: True, inactive: False}

    def test_deleted_campaigns_are_told_by_id_and_unknown_ones_are_missing(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        gone = crm.org.add_campaign("Gone")
        crm.org.delete_campaign(gone)

        found = session.campaigns_by_id([campaign, gone, "701000000000999AAA"])

        assert {i: c.deleted for i, c in found.items()} == {campaign: False, gone: True}

    def test_what_is_no_id_names_nothing(self, session: Crm, campaign: str) -> None:
        typed = ["", "Spring Dinner", "' OR Name != '", "701"]

        assert set(session.campaigns_by_id([*typed, campaign])) == {campaign}
        assert session.look([campaign], typed).people == {}

    def test_members_nobody_may_see_are_counted_too(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        for person_id in (
            crm.org.add_person(first_name="Ada"),
            crm.org.add_person(LEAD, first_name="Bob"),
            crm.org.add_person(first_name="Eve", visible=False),
        ):
            crm.org.join(campaign, person_id)

        assert session.campaigns_by_id([campaign])[campaign].member_count == 3
        reach = session.reach([campaign])
        assert (reach.in_campaign, reach.visible, reach.owned) == (3, 2, 2)

    def test_a_new_campaign_is_active_and_empty(self, session: Crm) -> None:
        created = session.create_campaign("Autumn & Winter")

        assert created.error is None
        (found,) = session.campaigns_named("Autumn & Winter")
        assert (found.id, found.active, found.member_count) == (created.id, True, 0)


class TestMembers:
    def test_every_member_that_can_be_seen_is_read_once_with_its_person(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        ids = [crm.org.add_person(first_name=f"P{n}") for n in range(7)]
        ids.append(crm.org.add_person(LEAD, first_name="Lead"))
        unseen = crm.org.add_person(visible=False)
        for person_id in (*reversed(ids), unseen):
            crm.org.join(campaign, person_id)

        members, people = _all_members(session, campaign)

        assert [row.person_id for row in members] == sorted(ids)
        assert {row.campaign_id for row in members} == {campaign}
        assert {p.value("first_name") for p in people.values()} == {
            *(f"P{n}" for n in range(7)),
            "Lead",
        }
        assert not any(row.deleted or row.is_account for row in members)

    def test_any_page_can_be_asked_again(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        for n in range(7):
            crm.org.join(campaign, crm.org.add_person(first_name=f"P{n}"))
        cursor = session.members_page(campaign, None).cursor

        assert session.members_page(campaign, cursor) == session.members_page(campaign, cursor)

    def test_somebody_who_left_is_not_read(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        ada, bob = crm.org.add_person(), crm.org.add_person()
        crm.org.join(campaign, ada)
        crm.org.join(campaign, bob)
        crm.org.leave(campaign, ada)

        members, people = _all_members(session, campaign)

        assert [row.person_id for row in members] == [bob]
        assert set(people) == {bob}

    def test_the_ids_alone_are_complete(self, crm: CrmSubject, session: Crm, campaign: str) -> None:
        ids = {crm.org.add_person(first_name=f"P{n}") for n in range(7)}
        rows = {crm.org.join(campaign, person_id) for person_id in ids}

        found = session.member_ids(campaign)

        assert {row.person_id for row in found} == ids
        assert {row.id for row in found} == rows

    def test_an_empty_campaign_has_no_members(self, session: Crm, campaign: str) -> None:
        assert _all_members(session, campaign) == ([], {})
        assert session.member_ids(campaign) == ()

    def test_a_person_is_shown_as_the_org_holds_it(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        person_id = crm.org.add_person(
            opted_out=True,
            first_name="Zoë",
            email="zoe@example.com",
            city="Zürich",
            birthdate="1980-02-29",
        )
        crm.org.join(campaign, person_id)

        person = _all_members(session, campaign)[1][person_id]

        assert (person.value("first_name"), person.value("city")) == ("Zoë", "Zürich")
        assert person.value("email") == "zoe@example.com"
        assert person.value("birthdate") == "1980-02-29"
        assert person.value("title") == ""
        assert (person.kind, person.opted_out) == (crm.kind, True)
        assert person.owner_id == crm.user_id
        assert person.external_id is None
        assert not person.deleted

    def test_a_lead_lacks_fields_rather_than_having_them_blank(
        self, crm: CrmSubject, session: Crm
    ) -> None:
        lead = crm.org.add_person(LEAD, first_name="Ada")

        person = session.look([], [lead]).people[lead]

        assert person.kind is LEAD
        assert "birthdate" in person.hidden_fields
        assert "email" not in person.hidden_fields


class TestDelta:
    def test_a_quiet_one_is_one_call_and_empty(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        crm.org.join(campaign, crm.org.add_person())
        crm.org.wait(3600)
        session.schema()
        calls = session.calls

        delta = session.delta([campaign], crm.org.now())

        assert session.calls == calls + 1
        assert (delta.members, dict(delta.people), delta.truncated) == ((), {}, False)
        assert delta.campaigns[campaign].member_count == 1
        assert delta.org_id == session.identity().org_id
        assert abs(delta.server_time - crm.org.now()) <= timedelta(seconds=1)

    def test_a_person_changed_at_that_very_second_is_in_it(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        ada, bob = crm.org.add_person(), crm.org.add_person()
        crm.org.join(campaign, ada)
        crm.org.join(campaign, bob)
        crm.org.wait(3600)
        since = crm.org.now()
        crm.org.edit(ada, city="Rome")

        delta = session.delta([campaign], since)

        assert set(delta.people) == {ada}
        assert delta.people[ada].value("city") == "Rome"
        assert delta.people[ada].modified_at == since
        crm.org.wait(2)
        assert session.delta([campaign], crm.org.now()).people == {}

    def test_a_person_in_no_asked_campaign_is_not_in_it(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        crm.org.wait(3600)
        since = crm.org.now()
        outsider = crm.org.add_person()
        other = crm.org.add_campaign("Other")
        crm.org.join(other, outsider)

        delta = session.delta([campaign], since)

        assert outsider not in delta.people
        assert delta.members == ()
        assert set(delta.campaigns) == {campaign}

    def test_a_new_row_is_in_it_with_its_times(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        ada = crm.org.add_person()
        crm.org.wait(3600)
        since = crm.org.now()
        row_id = crm.org.join(campaign, ada)

        (row,) = session.delta([campaign], since).members

        assert (row.id, row.person_id, row.deleted) == (row_id, ada, False)
        assert row.created_at == row.modified_at == since

    def test_a_removed_row_shows_itself_or_at_least_in_the_count(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        ada, bob = crm.org.add_person(), crm.org.add_person()
        crm.org.join(campaign, ada)
        crm.org.join(campaign, bob)
        crm.org.wait(3600)
        since = crm.org.now()
        crm.org.leave(campaign, ada)

        delta = session.delta([campaign], since)

        assert all(row.deleted and row.person_id == ada for row in delta.members)
        assert delta.campaigns[campaign].member_count == 1

    def test_a_campaign_that_cannot_be_seen_is_missing(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        delta = session.delta([campaign, "701000000000999AAA"], crm.org.now())

        assert set(delta.campaigns) == {campaign}

    def test_people_of_several_campaigns_are_told_once(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        ada, other = crm.org.add_person(), crm.org.add_campaign("Other")
        crm.org.join(campaign, ada)
        crm.org.join(other, ada)
        crm.org.wait(3600)
        since = crm.org.now()
        crm.org.edit(ada, city="Rome")

        delta = session.delta([campaign, other], since)

        assert set(delta.people) == {ada}
        assert set(delta.campaigns) == {campaign, other}


class TestLooking:
    def test_people_are_found_with_their_live_rows_in_all_named_campaigns(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        ada, bob, lead = crm.org.add_person(), crm.org.add_person(), crm.org.add_person(LEAD)
        other, unnamed = crm.org.add_campaign("Other"), crm.org.add_campaign("Unnamed")
        for campaign_id, person_id in (
            (campaign, ada),
            (other, ada),
            (unnamed, ada),
            (campaign, lead),
            (campaign, bob),
        ):
            crm.org.join(campaign_id, person_id)
        crm.org.leave(campaign, bob)
        session.schema()
        calls = session.calls

        look = session.look([campaign, other], [ada, bob, lead, NOBODY])

        assert session.calls == calls + 1
        assert set(look.people) == {ada, bob, lead}
        assert {(row.campaign_id, row.person_id) for row in look.members} == {
            (campaign, ada),
            (other, ada),
            (campaign, lead),
        }

    def test_who_cannot_be_seen_is_missing(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        unseen = crm.org.add_person(visible=False)
        crm.org.join(campaign, unseen)

        look = session.look([campaign], [unseen])

        assert (look.people, look.members) == ({}, ())

    def test_a_deleted_person_is_seen_as_deleted_and_has_no_rows(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        ada = crm.org.add_person()
        crm.org.join(campaign, ada)
        crm.org.delete_person(ada)

        look = session.look([campaign], [ada])

        assert look.people[ada].deleted
        assert look.people[ada].merged_into is None
        assert look.members == ()

    def test_a_merged_person_names_who_took_over_and_the_rows_follow(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        master, loser = crm.org.add_person(), crm.org.add_person()
        crm.org.join(campaign, loser)
        crm.org.merge(master, loser)

        look = session.look([campaign], [master, loser])

        assert look.people[loser].deleted
        assert look.people[loser].merged_into == master
        assert not look.people[master].deleted
        assert [row.person_id for row in look.members] == [master]
        assert session.predecessors([master, loser]) == {master: (loser,)}

    def test_where_both_were_members_one_row_is_left_after_a_merge(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        master, loser = crm.org.add_person(), crm.org.add_person()
        crm.org.join(campaign, master)
        crm.org.join(campaign, loser)

        crm.org.merge(master, loser)

        assert [row.person_id for row in session.member_ids(campaign)] == [master]
        assert session.campaigns_by_id([campaign])[campaign].member_count == 1

    def test_a_converted_lead_names_its_contact_and_its_row_follows(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        lead = crm.org.add_person(LEAD, first_name="Ada", email="ada@example.com")
        crm.org.join(campaign, lead)

        contact = crm.org.convert(lead)

        look = session.look([campaign], [lead, contact])
        assert look.people[lead].converted_into == contact
        assert look.people[contact].kind is crm.kind
        assert look.people[contact].value("email") == "ada@example.com"
        assert [row.person_id for row in look.members] == [contact]
        assert session.predecessors([contact]) == {contact: (lead,)}

    def test_nobody_was_there_before_somebody_new(self, crm: CrmSubject, session: Crm) -> None:
        assert session.predecessors([crm.org.add_person()]) == {}


class TestFinding:
    def test_everybody_with_the_address_is_found_whatever_its_case(
        self, crm: CrmSubject, session: Crm
    ) -> None:
        ada = crm.org.add_person(first_name="Ada", email="us@home.example")
        bob = crm.org.add_person(first_name="Bob", email="us@home.example")
        lead = crm.org.add_person(LEAD, first_name="Lea", email="us@home.example")
        crm.org.add_person(email="other@home.example")
        crm.org.add_person(email="")

        found = session.people_by_email(["US@Home.example", "nobody@home.example", ""])

        assert {person.id for person in found} == {ada, bob, lead}

    def test_deleted_unseen_and_converted_people_are_not_found(
        self, crm: CrmSubject, session: Crm
    ) -> None:
        crm.org.delete_person(crm.org.add_person(email="us@home.example"))
        crm.org.add_person(email="us@home.example", visible=False)
        contact = crm.org.convert(crm.org.add_person(LEAD, email="us@home.example"))

        found = session.people_by_email(["us@home.example"])

        assert [person.id for person in found] == [contact]

    def test_people_are_found_by_our_own_id(self, crm_with_our_id: CrmSubject) -> None:
        session = crm_with_our_id.open()
        (written,) = session.write_people([PersonWrite("c-1", {"last_name": "Byron"})])

        (found,) = session.people_by_external_id(["c-1", "c-2"])

        assert session.schema().external_id
        assert (found.id, found.external_id) == (written.id, "c-1")

    def test_nobody_is_found_by_our_own_id_where_the_org_has_no_such_field(
        self, crm: CrmSubject
    ) -> None:
        crm.org.lacks_external_id()
        session = crm.open()
        session.write_people([PersonWrite("c-1", {"last_name": "Byron"})])

        assert not session.schema().external_id
        assert session.people_by_external_id(["c-1"]) == ()


def _all_members(session: Crm, campaign_id: str) -> tuple[list[Member], dict[str, Person]]:
    page = session.members_page(campaign_id, None)
    members, people = list(page.members), dict(page.people)
    while page.cursor is not None:
        page = session.members_page(campaign_id, page.cursor)
        members += page.members
        people |= page.people
    return members, people
