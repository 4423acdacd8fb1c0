"""Who changed, and who is who: what every implementation of the CRM port promises."""

from __future__ import annotations

from datetime import timedelta

from crmsync.domain.person import PersonKind
from crmsync.ports.crm import Crm, PersonWrite

from tests.contract.subjects import CrmSubject

LEAD = PersonKind.LEAD
NOBODY = "003000000000999AAA"


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
