"""What the adapter reads from a whole org, and what that costs in calls."""

from __future__ import annotations

from datetime import timedelta

import pytest
from crmsync.domain.errors import ConnectionStopped, RequestError
from crmsync.domain.person import Member, PersonKind

from tests.contract.salesforce.standin_org import START, StandinOrg

NEWSLETTER = "Client Newsletter"


def a_big_campaign(org: StandinOrg, count: int) -> str:
    """A campaign of so many contacts of Avery's, all stamped long ago."""
    body = {"count": count, "campaign": "Everybody", "owner": org.username("avery.advisor")}
    campaign_id = str(org.do("seed", **body)["campaign_id"])
    org.running.org.clock.set(START + timedelta(days=1), frozen=True)
    return campaign_id


def _person(row: Member) -> str:
    return row.person_id


class TestIdentity:
    def test_the_org_and_user_of_the_token_are_named(self, salesforce: StandinOrg) -> None:
        user = salesforce.crm().identity()

        assert user.org_id == salesforce.running.org.org_id
        assert user.org_name == "Harbor Lane Wealth"
        assert user.org_url == salesforce.running.https_url
        assert (user.user_id, user.user_name) == (
            salesforce.user_id("avery.advisor"),
            "Avery Advisor",
        )


class TestCampaigns:
    def test_only_active_ones_are_listed_and_the_rest_are_counted(
        self, salesforce: StandinOrg
    ) -> None:
        page = salesforce.crm().campaigns("", None)

        assert [campaign.name for campaign in page.items] == [NEWSLETTER, "Retirement Seminar"]
        assert page.hidden_inactive_count == 1
        assert page.cursor is None
        assert page.items[0].member_count == 6
        assert page.items[0].owner == "Avery Advisor"

    @pytest.mark.parametrize("search", ["news", "NEWS", "client news"])
    def test_a_search_finds_part_of_a_name(self, salesforce: StandinOrg, search: str) -> None:
        assert [c.name for c in salesforce.crm().campaigns(search, None).items] == [NEWSLETTER]

    @pytest.mark.parametrize("search", ["%", "_", "'", "\\", "' OR Name != '"])
    def test_a_search_is_text_and_never_a_pattern_or_a_condition(
        self, salesforce: StandinOrg, search: str
    ) -> None:
        assert salesforce.crm().campaigns(search, None).items == ()

    def test_pages_follow_each_other_without_gap_or_repeat(self, salesforce: StandinOrg) -> None:
        names = [f"Campaign {number % 7} of {number // 7:02d}" for number in range(450)]
        for name in names:
            salesforce.create("Campaign", Name=name, IsActive=True)
        crm = salesforce.crm()

        pages = [crm.campaigns("Campaign", None)]
        while pages[-1].cursor:
            pages.append(crm.campaigns("Campaign", pages[-1].cursor))

        assert [c.name for page in pages for c in page.items] == sorted(names)

    def test_campaigns_of_one_name_are_told_apart_across_page_breaks(
        self, salesforce: StandinOrg
    ) -> None:
        made = [salesforce.create("Campaign", Name="Twins", IsActive=True) for _ in range(450)]
        crm = salesforce.crm()

        pages = [crm.campaigns("Twins", None)]
        while pages[-1].cursor:
            pages.append(crm.campaigns("Twins", pages[-1].cursor))

        assert len(pages) > 1
        assert [c.id for page in pages for c in page.items] == sorted(made)

    @pytest.mark.parametrize("cursor", ["", "x", "{}", "[]", '["a"]', "[1, 2]", "7", "null"])
    def test_a_cursor_nobody_gave_out_is_a_bad_request(
        self, salesforce: StandinOrg, cursor: str
    ) -> None:
        with pytest.raises(RequestError, match="bad_cursor"):
            salesforce.crm().campaigns("", cursor)

    @pytest.mark.parametrize("text", ["x", "701", "' OR Id != '", "7015f00000000ZZAAA"])
    def test_what_is_no_id_is_no_campaign(self, salesforce: StandinOrg, text: str) -> None:
        assert salesforce.crm().campaigns_by_id([text]) == {}

    def test_a_name_is_found_whatever_its_case_and_state(self, salesforce: StandinOrg) -> None:
        found = salesforce.crm().campaigns_named("HOLIDAY cards 2019")

        assert [(campaign.name, campaign.active) for campaign in found] == [
            ("Holiday Cards 2019", False)
        ]

    def test_a_deleted_campaign_is_still_told_by_id_but_not_by_name(
        self, salesforce: StandinOrg
    ) -> None:
        campaign_id = salesforce.find("Campaign", Name=NEWSLETTER)
        salesforce.delete("Campaign", campaign_id)
        crm = salesforce.crm()

        assert crm.campaigns_by_id([campaign_id])[campaign_id].deleted
        assert crm.campaigns_named(NEWSLETTER) == ()

    def test_reach_counts_rows_in_the_campaign_rows_seen_and_rows_owned(
        self, salesforce: StandinOrg
    ) -> None:
        seminar = salesforce.find("Campaign", Name="Retirement Seminar")

        reach = salesforce.crm().reach([seminar])

        assert (reach.in_campaign, reach.visible, reach.owned) == (2, 1, 0)


class TestMembers:
    def test_contacts_and_leads_come_with_all_their_fields(self, salesforce: StandinOrg) -> None:
        campaign_id = salesforce.find("Campaign", Name=NEWSLETTER)

        page = salesforce.crm().members_page(campaign_id, None)

        people = [page.people[row.person_id] for row in page.members]
        assert [p.value("first_name") for p in people] == [
            "Chidi",
            "Ngozi",
            "Pia",
            "Tom",
            "Vera",
            "Omar",
        ]
        chidi, omar = people[0], people[5]
        assert chidi.value("company") == "Okafor Household"
        assert chidi.value("birthdate") == "1958-04-02"
        assert chidi.owner_id == salesforce.user_id("avery.advisor")
        assert (omar.kind, omar.value("company")) == (PersonKind.LEAD, "Nasser Imports")
        assert omar.hidden_fields == {"birthdate"}
        assert [p.opted_out for p in people] == [False, False, False, False, True, False]

    def test_who_the_login_cannot_see_is_not_read(self, salesforce: StandinOrg) -> None:
        seminar = salesforce.find("Campaign", Name="Retirement Seminar")

        page = salesforce.crm().members_page(seminar, None)

        assert [person.value("first_name") for person in page.people.values()] == ["Marco"]

    def test_ten_thousand_members_are_read_in_three_calls(self, salesforce: StandinOrg) -> None:
        campaign_id = a_big_campaign(salesforce, 10_000)
        crm = salesforce.crm()
        crm.schema()
        before = crm.calls

        rows, people, cursor, pages = [], {}, None, 0
        while pages == 0 or cursor:
            page = crm.members_page(campaign_id, cursor)
            rows += page.members
            people |= page.people
            cursor, pages = page.cursor, pages + 1

        assert (crm.calls - before, pages) == (3, 5)
        assert len({row.id for row in rows}) == len(rows) == 10_000
        assert [row.person_id for row in rows] == sorted(people)

    def test_a_page_can_be_asked_again(self, salesforce: StandinOrg) -> None:
        campaign_id = a_big_campaign(salesforce, 2_500)
        crm = salesforce.crm()
        cursor = crm.members_page(campaign_id, None).cursor

        assert crm.members_page(campaign_id, cursor) == crm.members_page(campaign_id, cursor)

    @pytest.mark.parametrize("joining", [True, False], ids=["joins", "leaves"])
    def test_who_comes_or_goes_between_two_pages_hides_nobody_else(
        self, salesforce: StandinOrg, *, joining: bool
    ) -> None:
        """An offset would shift by one; a key does not."""
        campaign_id = a_big_campaign(salesforce, 2_500)
        rows = salesforce.crm().member_ids(campaign_id)
        staying = {row.person_id for row in rows} - {min(rows, key=_person).person_id}
        first = salesforce.crm().members_page(campaign_id, None)

        if joining:
            again = salesforce.create("Contact", LastName="Late")
            salesforce.create("CampaignMember", CampaignId=campaign_id, ContactId=again)
        else:
            salesforce.delete("CampaignMember", min(rows, key=_person).id)
        second = salesforce.crm().members_page(campaign_id, first.cursor)

        read = [row.person_id for row in (*first.members, *second.members)]
        assert len(read) == len(set(read))
        assert staying <= set(read)

    def test_leads_and_contacts_are_paged_one_after_the_other(self, salesforce: StandinOrg) -> None:
        campaign_id = a_big_campaign(salesforce, 1_990)
        leads = [salesforce.create("Lead", LastName=f"Lead {n}", Company="Co") for n in range(30)]
        for lead_id in leads:
            salesforce.create("CampaignMember", CampaignId=campaign_id, LeadId=lead_id)
        crm = salesforce.crm()

        first = crm.members_page(campaign_id, None)
        second = crm.members_page(campaign_id, first.cursor)

        assert (len(first.members), len(second.members), second.cursor) == (2_000, 20, None)
        rows = [*first.members, *second.members]
        assert [row.person_id for row in rows[1_990:]] == sorted(leads)

    def test_pages_may_be_smaller_than_asked(self, salesforce: StandinOrg) -> None:
        """Salesforce may send fewer rows than a page holds when they are wide."""
        campaign_id = a_big_campaign(salesforce, 1_000)
        salesforce.running.org.knobs.change({"query_batch": 300})
        crm = salesforce.crm()

        rows, cursor, pages = [], None, 0
        while pages == 0 or cursor:
            page = crm.members_page(campaign_id, cursor)
            rows += page.members
            cursor, pages = page.cursor, pages + 1

        assert (len({row.id for row in rows}), pages) == (1_000, 4)

    def test_all_ids_are_read_or_it_is_an_error(self, salesforce: StandinOrg) -> None:
        campaign_id = a_big_campaign(salesforce, 4_500)
        crm = salesforce.crm()

        rows = crm.member_ids(campaign_id)

        assert len({row.person_id for row in rows}) == 4_500


class TestDelta:
    def test_a_quiet_one_is_a_single_call(self, salesforce: StandinOrg) -> None:
        campaign_id = a_big_campaign(salesforce, 3_000)
        crm = salesforce.crm()
        crm.schema()
        before = (crm.calls, salesforce.running.org.meter.calls)

        delta = crm.delta([campaign_id], START + timedelta(hours=12))

        assert (crm.calls, salesforce.running.org.meter.calls) == (before[0] + 1, before[1] + 1)
        assert (delta.members, dict(delta.people), delta.truncated) == ((), {}, False)
        assert delta.campaigns[campaign_id].member_count == 3_000
        assert delta.org_id == salesforce.running.org.org_id
        assert delta.server_time == START + timedelta(days=1)

    def test_it_is_the_first_call_of_a_worker_that_knows_the_org(
        self, salesforce: StandinOrg
    ) -> None:
        campaign_id = salesforce.find("Campaign", Name=NEWSLETTER)
        salesforce.crm().schema()
        another = salesforce.crm()

        another.delta([campaign_id], START)

        assert another.calls == 1

    def test_changed_contacts_leads_and_accounts_are_found(self, salesforce: StandinOrg) -> None:
        campaign_id = salesforce.find("Campaign", Name=NEWSLETTER)
        since = START + timedelta(hours=1)
        salesforce.running.org.clock.set(since, frozen=True)
        salesforce.update("Contact", salesforce.find("Contact", FirstName="Tom"), Title="Potter")
        salesforce.update("Lead", salesforce.find("Lead", FirstName="Omar"), Title="Importer")
        salesforce.update(
            "Account", salesforce.find("Account", Name="Okafor Household"), Name="Okafors"
        )

        people = salesforce.crm().delta([campaign_id], since).people.values()

        changed = {person.value("first_name"): person for person in people}
        assert set(changed) == {"Tom", "Omar", "Chidi", "Ngozi"}
        assert changed["Tom"].value("title") == "Potter"
        assert changed["Ngozi"].value("company") == "Okafors"

    def test_a_new_member_comes_with_its_person_who_did_not_change(
        self, salesforce: StandinOrg
    ) -> None:
        campaign_id = salesforce.find("Campaign", Name="Retirement Seminar")
        since = START + timedelta(hours=1)
        salesforce.running.org.clock.set(since, frozen=True)
        pia = salesforce.find("Contact", FirstName="Pia")
        salesforce.create("CampaignMember", CampaignId=campaign_id, ContactId=pia)

        delta = salesforce.crm().delta([campaign_id], since)

        assert [(row.person_id, row.deleted) for row in delta.members] == [(pia, False)]
        assert delta.people[pia].value("last_name") == "Lindqvist"

    def test_a_removed_member_is_seen_where_the_org_shows_deleted_rows(
        self, salesforce: StandinOrg
    ) -> None:
        campaign_id = salesforce.find("Campaign", Name=NEWSLETTER)
        tom = salesforce.find("Contact", FirstName="Tom")
        since = START + timedelta(hours=1)
        salesforce.running.org.clock.set(since, frozen=True)
        salesforce.delete("CampaignMember", salesforce.find("CampaignMember", ContactId=tom))

        delta = salesforce.crm().delta([campaign_id], since)

        assert [(row.person_id, row.deleted) for row in delta.members] == [(tom, True)]
        assert delta.campaigns[campaign_id].member_count == 5

    def test_further_pages_are_followed_though_all_changed_in_one_second(
        self, salesforce: StandinOrg
    ) -> None:
        campaign_id = str(salesforce.do("seed", count=5_000, campaign="Everybody")["campaign_id"])
        crm = salesforce.crm("iris.integration")

        delta = crm.delta([campaign_id], START)

        assert (len(delta.members), len(delta.people), delta.truncated) == (5_000, 5_000, False)

    def test_more_than_can_be_followed_is_said_to_be_truncated(
        self, salesforce: StandinOrg
    ) -> None:
        campaign_id = str(salesforce.do("seed", count=1_500, campaign="Everybody")["campaign_id"])
        salesforce.running.org.knobs.change({"query_batch": 200})

        assert salesforce.crm().delta([campaign_id], START).truncated

    def test_a_campaign_that_cannot_be_seen_is_missing(self, salesforce: StandinOrg) -> None:
        campaign_id = salesforce.find("Campaign", Name=NEWSLETTER)

        delta = salesforce.crm().delta([campaign_id, "7015f00000000ZZAAA"], START)

        assert set(delta.campaigns) == {campaign_id}

    def test_another_org_behind_the_same_address_stops_the_connection(
        self, salesforce: StandinOrg
    ) -> None:
        """A refreshed sandbox keeps its host and its record ids, but not its org id."""
        campaign_id = salesforce.find("Campaign", Name=NEWSLETTER)
        crm = salesforce.crm()
        crm.schema()
        with salesforce.running.org.lock:
            store = salesforce.running.org.store
            store.select("UPDATE Organization SET Id = '00D5f000000NewAEAX'")

        with pytest.raises(ConnectionStopped, match="different_org"):
            crm.delta([campaign_id], START)


class TestPeople:
    def test_people_and_their_live_rows_are_found_by_id_in_one_call(
        self, salesforce: StandinOrg
    ) -> None:
        campaign_id = salesforce.find("Campaign", Name=NEWSLETTER)
        chidi = salesforce.find("Contact", FirstName="Chidi")
        omar = salesforce.find("Lead", FirstName="Omar")
        marco = salesforce.find("Contact", FirstName="Marco")
        crm = salesforce.crm()
        crm.schema()
        before = crm.calls

        look = crm.look([campaign_id], [chidi, omar, marco])

        assert crm.calls - before == 1
        assert set(look.people) == {chidi, omar, marco}
        assert {row.person_id for row in look.members} == {chidi, omar}

    def test_who_cannot_be_seen_is_missing_and_who_was_deleted_is_not(
        self, salesforce: StandinOrg
    ) -> None:
        tom = salesforce.find("Contact", FirstName="Tom")
        lucia = salesforce.find("Contact", FirstName="Lucia")
        salesforce.delete("Contact", tom)

        look = salesforce.crm().look([], [tom, lucia])

        assert {person_id: person.deleted for person_id, person in look.people.items()} == {
            tom: True
        }

    def test_a_merged_contact_names_its_master_and_the_master_its_predecessor(
        self, salesforce: StandinOrg
    ) -> None:
        chidi = salesforce.find("Contact", FirstName="Chidi")
        ngozi = salesforce.find("Contact", FirstName="Ngozi")
        salesforce.do("merge", master_id=chidi, loser_ids=[ngozi])
        crm = salesforce.crm()

        merged = crm.look([], [ngozi]).people[ngozi]

        assert (merged.deleted, merged.merged_into) == (True, chidi)
        assert crm.predecessors([chidi, ngozi]) == {chidi: (ngozi,)}

    def test_a_converted_lead_names_its_contact_and_its_row_follows(
        self, salesforce: StandinOrg
    ) -> None:
        campaign_id = salesforce.find("Campaign", Name=NEWSLETTER)
        omar = salesforce.find("Lead", FirstName="Omar")
        contact_id = salesforce.do(
            "convert-lead", **{"lead_id": omar, "as": salesforce.username("avery.advisor")}
        )["contact_id"]
        crm = salesforce.crm()

        look = crm.look([campaign_id], [omar, contact_id])

        assert look.people[omar].converted_into == contact_id
        assert [row.person_id for row in look.members] == [contact_id]
        assert crm.predecessors([contact_id]) == {contact_id: (omar,)}

    def test_everybody_of_an_address_is_found_and_converted_leads_are_not(
        self, salesforce: StandinOrg
    ) -> None:
        omar = salesforce.find("Lead", FirstName="Omar")
        salesforce.do(
            "convert-lead", **{"lead_id": omar, "as": salesforce.username("avery.advisor")}
        )
        addresses = [
            "OKAFOR.family@mail.example",
            "omar@nasser.example",
            "lucia.sandoval@mail.example",
            "",
        ]

        found = salesforce.crm().people_by_email(addresses)

        assert sorted(p.value("first_name") for p in found) == ["Chidi", "Ngozi", "Omar"]
        assert all(person.kind is PersonKind.CONTACT for person in found)

    def test_five_thousand_addresses_fit_two_calls(self, salesforce: StandinOrg) -> None:
        a_big_campaign(salesforce, 5_000)
        crm = salesforce.crm()
        crm.schema()
        before = crm.calls

        found = crm.people_by_email([f"person{n}@many.example" for n in range(1, 5_001)])

        assert (len(found), crm.calls - before) == (5_000, 2)

    @pytest.mark.parametrize(
        "address", ["o'neil@x.example", 'a"b@x.example', "a\\b@x.example", "' OR Id != '"]
    )
    def test_an_address_is_text_whatever_it_holds(
        self, salesforce: StandinOrg, address: str
    ) -> None:
        assert salesforce.crm().people_by_email([address]) == ()

    def test_people_are_found_by_our_own_id(self, salesforce: StandinOrg) -> None:
        tom = salesforce.find("Contact", FirstName="Tom")
        salesforce.update("Contact", tom, CrmSync_Id__c="contact-1")

        found = salesforce.crm().people_by_external_id(["contact-1", "contact-2"])

        assert [(person.id, person.external_id) for person in found] == [(tom, "contact-1")]
