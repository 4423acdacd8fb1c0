"""Writing to a CRM: what every implementation of the port promises, the org in memory included."""

from __future__ import annotations

from dataclasses import replace

import pytest
from crmsync.domain.person import Person, PersonKind
from crmsync.ports.crm import Crm, PersonWrite

from tests.contract.subjects import CrmSubject


def look(session: Crm, person_id: str) -> Person:
    return session.look([], [person_id]).people[person_id]


class TestChangingPeople:
    def test_the_named_fields_change_and_no_other(self, crm: CrmSubject, session: Crm) -> None:
        ada = crm.org.add_person(first_name="Ada", title="Countess", city="London")

        (written,) = session.write_people(
            [PersonWrite("c1", {"city": "Rome"}, person=look(session, ada))]
        )

        assert (written.id, written.error, written.unknown) == (ada, None, False)
        held = crm.org.values_of(ada)
        assert (held["city"], held["title"], held["first_name"]) == ("Rome", "Countess", "Ada")

    def test_an_empty_value_clears_the_field(self, crm: CrmSubject, session: Crm) -> None:
        ada = crm.org.add_person(title="Countess")

        session.write_people([PersonWrite("c1", {"title": ""}, person=look(session, ada))])

        assert crm.org.values_of(ada)["title"] == ""

    def test_an_edit_made_meanwhile_in_another_field_survives(
        self, crm: CrmSubject, session: Crm
    ) -> None:
        ada = crm.org.add_person()
        seen = look(session, ada)
        crm.org.edit(ada, title="Countess")

        session.write_people([PersonWrite("c1", {"city": "Rome"}, person=seen)])

        held = crm.org.values_of(ada)
        assert (held["title"], held["city"]) == ("Countess", "Rome")

    def test_what_comes_back_is_what_the_org_holds(self, crm: CrmSubject, session: Crm) -> None:
        ada = crm.org.add_person()

        (written,) = session.write_people(
            [PersonWrite("c1", {"title": "  Countess "}, person=look(session, ada))]
        )

        assert written.person is not None
        assert written.person.value("title") == crm.org.values_of(ada)["title"]

    def test_one_refused_record_does_not_stop_the_others(
        self, crm: CrmSubject, session: Crm
    ) -> None:
        one, two, three = (look(session, crm.org.add_person()) for _ in range(3))

        written = session.write_people(
            [
                PersonWrite("c1", {"email": "not an address"}, person=one),
                PersonWrite("c2", {"city": "Rome"}, person=two),
                PersonWrite("c3", {"first_name": "x" * 41}, person=three),
            ]
        )

        assert [result.error for result in written] == ["invalid_email", None, "value_too_long"]
        assert [result.id for result in written] == [None, two.id, None]
        assert all(result.detail for result in written if result.error)
        assert crm.org.values_of(one.id)["email"] == ""
        assert crm.org.values_of(two.id)["city"] == "Rome"

    def test_a_deleted_person_is_not_written(self, crm: CrmSubject, session: Crm) -> None:
        ada = crm.org.add_person(city="London")
        seen = look(session, ada)
        crm.org.delete_person(ada)

        (written,) = session.write_people([PersonWrite("c1", {"city": "Rome"}, person=seen)])

        assert (written.id, written.error) == (None, "gone")
        assert crm.org.values_of(ada)["city"] == "London"

    def test_a_field_that_is_only_read_is_refused(self, crm: CrmSubject, session: Crm) -> None:
        ada = look(session, crm.org.add_person())

        (written,) = session.write_people([PersonWrite("c1", {"company": "Ltd"}, person=ada)])

        assert written.error == "field_not_writable"

    def test_nothing_to_write_is_nothing_written(self, session: Crm) -> None:
        assert session.write_people([]) == ()


class TestCreatingPeople:
    def test_a_new_person_belongs_to_the_user(self, crm: CrmSubject, session: Crm) -> None:
        values = {"first_name": "Ada", "last_name": "Byron", "email": "ada@example.com"}

        (written,) = session.write_people([PersonWrite("c-1", values)])

        assert written.id is not None
        person = look(session, written.id)
        assert {name: person.value(name) for name in values} == values
        assert (person.owner_id, person.kind) == (crm.user_id, crm.kind)
        assert person.opted_out is False

    def test_a_repeated_creation_finds_the_first_person_by_our_own_id(
        self, crm_with_our_id: CrmSubject
    ) -> None:
        new = PersonWrite("c-1", {"last_name": "Byron", "email": "ada@example.com"})
        session = crm_with_our_id.open()

        (first,) = session.write_people([new])
        (second,) = crm_with_our_id.open().write_people([new])

        assert first.id == second.id
        (found,) = session.people_by_email(["ada@example.com"])
        assert (found.id, found.external_id) == (first.id, "c-1")

    def test_without_a_field_for_our_id_people_are_still_created(self, crm: CrmSubject) -> None:
        crm.org.lacks_external_id()
        session = crm.open()

        (written,) = session.write_people([PersonWrite("c-1", {"last_name": "Byron"})])

        assert written.id is not None
        assert crm.org.values_of(written.id)["last_name"] == "Byron"

    def test_a_person_without_last_name_is_refused(self, session: Crm) -> None:
        (written,) = session.write_people([PersonWrite("c-1", {"email": "ada@example.com"})])

        assert (written.id, written.error) == (None, "required_field_missing")

    def test_results_come_in_the_order_asked(self, crm: CrmSubject, session: Crm) -> None:
        ada = look(session, crm.org.add_person())
        lead = look(session, crm.org.add_person(PersonKind.LEAD))

        written = session.write_people(
            [
                PersonWrite("c-1", {"last_name": "New"}),
                PersonWrite("c-2", opt_out=True, person=lead),
                PersonWrite("c-3", {}),
                PersonWrite("c-4", {"city": "Rome"}, person=ada),
            ]
        )

        assert [w.id for w in written[1:]] == [lead.id, None, ada.id]
        assert written[0].id is not None
        assert look(session, written[0].id).value("last_name") == "New"


class TestConsent:
    def test_an_opt_out_is_raised(self, crm: CrmSubject, session: Crm) -> None:
        ada = crm.org.add_person()

        (written,) = session.write_people(
            [PersonWrite("c1", opt_out=True, person=look(session, ada))]
        )

        assert written.id == ada
        assert crm.org.opted_out(ada)

    def test_an_opt_out_of_a_lead_is_raised(self, crm: CrmSubject, session: Crm) -> None:
        lead = crm.org.add_person(PersonKind.LEAD)

        session.write_people([PersonWrite("c1", opt_out=True, person=look(session, lead))])

        assert crm.org.opted_out(lead)

    def test_an_opt_out_is_never_taken_back_not_even_by_a_record_read_before_it(
        self, crm: CrmSubject, session: Crm
    ) -> None:
        ada = crm.org.add_person(opted_out=True)
        before = replace(look(session, ada), opted_out=False)

        session.write_people([PersonWrite("c1", {"city": "Rome"}, opt_out=False, person=before)])

        assert crm.org.opted_out(ada)
        assert look(session, ada).opted_out is True

    def test_a_repeated_creation_does_not_take_an_opt_out_back(
        self, crm: CrmSubject, session: Crm
    ) -> None:
        (first,) = session.write_people([PersonWrite("c-1", {"last_name": "Byron"}, opt_out=True)])

        session.write_people([PersonWrite("c-1", {"last_name": "Byron"}, opt_out=False)])

        assert first.id is not None
        assert crm.org.opted_out(first.id)


class TestMemberships:
    def test_contacts_and_leads_become_members(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        ada = look(session, crm.org.add_person())
        lead = look(session, crm.org.add_person(PersonKind.LEAD))

        added = session.add_members(campaign, [lead, ada])

        rows = {row.id: row.person_id for row in session.member_ids(campaign)}
        assert [rows[str(result.id)] for result in added] == [lead.id, ada.id]

    def test_adding_a_member_again_gives_the_same_row_and_says_so(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        ada, bob = (look(session, crm.org.add_person()) for _ in range(2))
        (first,) = session.add_members(campaign, [ada])

        second = session.add_members(campaign, [bob, ada])

        assert second[1].id == first.id
        assert (first.existed, [result.existed for result in second]) == (False, [False, True])
        assert len(session.member_ids(campaign)) == 2

    def test_somebody_who_is_gone_does_not_stop_the_others(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        gone, ada = (look(session, crm.org.add_person()) for _ in range(2))
        crm.org.delete_person(gone.id)

        added = session.add_members(campaign, [gone, ada])

        assert (added[0].id, added[0].error) == (None, "gone")
        assert added[1].error is None
        assert crm.org.is_member(campaign, ada.id)

    def test_a_removed_row_is_gone_and_its_person_stays(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        ada, bob = crm.org.add_person(city="Rome"), crm.org.add_person()
        crm.org.join(campaign, ada)
        crm.org.join(campaign, bob)
        rows = [row for row in session.member_ids(campaign) if row.person_id == ada]

        (removed,) = session.remove_members(rows)

        assert (removed.id, removed.error) == (rows[0].id, None)
        assert not crm.org.is_member(campaign, ada)
        assert crm.org.is_member(campaign, bob)
        assert not look(session, ada).deleted
        assert look(session, ada).value("city") == "Rome"

    def test_a_row_that_is_gone_already_counts_as_removed(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        ada = crm.org.add_person()
        crm.org.join(campaign, ada)
        rows = session.member_ids(campaign)
        crm.org.leave(campaign, ada)

        (removed,) = session.remove_members(rows)

        assert (removed.id, removed.error) == (rows[0].id, None)

    def test_somebody_removed_can_be_added_again(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        ada = look(session, crm.org.add_person())
        session.add_members(campaign, [ada])
        session.remove_members(session.member_ids(campaign))

        (again,) = session.add_members(campaign, [ada])

        assert again.error is None
        assert [row.id for row in session.member_ids(campaign)] == [again.id]

    def test_only_membership_rows_are_ever_deleted(
        self, crm: CrmSubject, session: Crm, campaign: str
    ) -> None:
        ada = crm.org.add_person()
        crm.org.join(campaign, ada)
        (row,) = session.member_ids(campaign)

        with pytest.raises((AssertionError, ValueError)):
            session.remove_members([replace(row, id=ada)])

        assert not look(session, ada).deleted

    def test_nothing_of_the_port_deletes_a_person_or_a_campaign(self, session: Crm) -> None:
        names = [name for name in dir(session) if not name.startswith("_")]

        assert not [name for name in names if "delete" in name or "destroy" in name]
