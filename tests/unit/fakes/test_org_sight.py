"""Who sees what in the org in memory, and when."""

from __future__ import annotations

from datetime import timedelta

from crmsync.ports.crm import PersonWrite

from tests.fakes.crm import FakeCrm
from tests.fakes.org import FakeOrg


class TestSight:
    def test_a_private_org_shows_people_to_their_owner_and_those_they_are_shared_with(
        self, org: FakeOrg
    ) -> None:
        org.public = False
        campaign = org.add_campaign("A")
        mine, shared, other = (org.add_person(o, last_name="B") for o in ("u2", "u1", "u1"))
        for person in (mine, shared, other):
            org.join(campaign.id, person.id)
        org.share_with(shared.id, "u2")
        crm = FakeCrm(org, "u2")

        page = crm.members_page(campaign.id, None)

        assert set(page.people) == {row.person_id for row in page.members} == {mine.id, shared.id}
        assert crm.campaigns_by_id([campaign.id])[campaign.id].member_count == 3
        assert crm.reach([campaign.id]).owned == 1

    def test_rows_may_be_visible_without_their_people(self, org: FakeOrg, crm: FakeCrm) -> None:
        org.rows_need_person = False
        campaign, ada = org.add_campaign("A"), org.add_person("u1", last_name="B")
        org.join(campaign.id, ada.id)
        org.hide(ada.id, "u1")

        page = crm.members_page(campaign.id, None)

        assert [row.person_id for row in page.members] == [ada.id]
        assert page.people == {}

    def test_a_hidden_campaign_is_gone_with_its_rows_and_comes_back(
        self, org: FakeOrg, crm: FakeCrm
    ) -> None:
        campaign, ada = org.add_campaign("A"), org.add_person("u1", last_name="B")
        org.join(campaign.id, ada.id)

        org.hide(campaign.id, "u1")
        assert crm.campaigns_by_id([campaign.id]) == {}
        assert crm.member_ids(campaign.id) == ()
        assert crm.look([campaign.id], [ada.id]).members == ()
        assert crm.add_members(campaign.id, [ada])[0].error == "gone"

        org.unhide(campaign.id, "u1")
        assert len(crm.member_ids(campaign.id)) == 1

    def test_hidden_fields_and_unreadable_consent_are_absent_not_blank(
        self, org: FakeOrg, crm: FakeCrm
    ) -> None:
        ada = org.add_person("u1", last_name="Byron", phone="1", opted_out=True)
        org.logins["u1"].hidden_fields = frozenset({"phone"})
        org.logins["u1"].consent_readable = False

        person, schema = crm.look([], [ada.id]).people[ada.id], crm.schema()

        assert "phone" not in person.values
        assert person.hidden_fields == {"phone"}
        assert person.opted_out is None
        assert ("phone" in schema.fields, schema.consent_readable) == (False, False)

    def test_what_cannot_be_written_is_refused(self, org: FakeOrg, crm: FakeCrm) -> None:
        ada = org.add_person("u1", last_name="Byron")
        org.logins["u1"].consent_writable = False
        org.logins["u1"].read_only |= {"phone"}

        results = crm.write_people(
            [
                PersonWrite("c1", opt_out=True, person=ada),
                PersonWrite("c1", {"phone": "1"}, person=ada),
            ]
        )

        assert [result.error for result in results] == ["field_not_writable"] * 2
        assert org.people[ada.id] == ada

    def test_members_that_are_accounts_are_rows_without_people_and_not_counted(
        self, org: FakeOrg, crm: FakeCrm
    ) -> None:
        campaign = org.add_campaign("A")
        row = org.join_account(campaign.id)

        page = crm.members_page(campaign.id, None)

        assert page.members == (row,)
        assert row.is_account
        assert page.people == {}
        assert crm.campaigns_by_id([campaign.id])[campaign.id].member_count == 0


class TestTime:
    def test_the_orgs_clock_is_its_own_and_has_whole_seconds(self, org: FakeOrg) -> None:
        org.skew = timedelta(minutes=-7)
        org.clock.advance(0.75)

        ada = org.add_person("u1", last_name="Byron")

        assert ada.modified_at == org.clock.now() - timedelta(minutes=7, seconds=0.75)

    def test_a_late_commit_is_stamped_before_it_can_be_seen(
        self, org: FakeOrg, crm: FakeCrm
    ) -> None:
        campaign, ada = org.add_campaign("A"), org.add_person("u1", last_name="Byron")
        org.join(campaign.id, ada.id)
        org.clock.advance(60)
        began = org.now()
        org.clock.advance(300)
        watermark = org.now()

        with org.committed_late(began):
            org.edit(ada.id, city="Rome")

        assert crm.delta([campaign.id], watermark).people == {}
        assert set(crm.delta([campaign.id], began).people) == {ada.id}

    def test_deletions_may_be_invisible_to_a_delta(self, org: FakeOrg, crm: FakeCrm) -> None:
        org.deleted_rows_in_delta = org.deleted_people_in_delta = False
        campaign = org.add_campaign("A")
        ada, bob = (org.add_person("u1", last_name="B") for _ in range(2))
        for person in (ada, bob):
            org.join(campaign.id, person.id)
        org.clock.advance(60)
        since = org.now()

        org.leave(campaign.id, ada.id)
        org.delete_person(bob.id)

        delta = crm.delta([campaign.id], since)
        assert (delta.members, dict(delta.people)) == ((), {})
        assert delta.campaigns[campaign.id].member_count == 0

    def test_more_changes_than_one_call_returns_are_truncated_and_cost_more(
        self, org: FakeOrg, crm: FakeCrm
    ) -> None:
        org.delta_limit = 3
        campaign = org.add_campaign("A")
        for _ in range(4):
            org.join(campaign.id, org.add_person("u1", last_name="B").id)

        delta = crm.delta([campaign.id], org.now())

        assert delta.truncated
        assert len(delta.members) == 3

    def test_the_bin_is_emptied_and_the_trail_of_a_merge_with_it(
        self, org: FakeOrg, crm: FakeCrm
    ) -> None:
        master, loser = (org.add_person("u1", last_name="B", email="x@y.z") for _ in range(2))
        org.merge(master.id, loser.id)
        org.clock.advance(by=timedelta(days=15, seconds=1))

        org.empty_bin()

        assert set(crm.look([], [master.id, loser.id]).people) == {master.id}
        assert crm.predecessors([master.id]) == {}
        assert [p.id for p in crm.people_by_email(["x@y.z"])] == [master.id]

    def test_an_undeleted_person_is_back_without_its_memberships(
        self, org: FakeOrg, crm: FakeCrm
    ) -> None:
        campaign, ada = org.add_campaign("A"), org.add_person("u1", last_name="B")
        org.join(campaign.id, ada.id)
        org.delete_person(ada.id)

        org.undelete_person(ada.id)

        look = crm.look([campaign.id], [ada.id])
        assert (look.people[ada.id].deleted, look.members) == (False, ())

    def test_a_merge_may_lose_an_opt_out_as_it_does_in_a_crm(self, org: FakeOrg) -> None:
        master = org.add_person("u1", last_name="B")
        loser = org.add_person("u1", last_name="B", opted_out=True)

        assert org.merge(master.id, loser.id).opted_out is False
        assert org.people[loser.id].opted_out is True
