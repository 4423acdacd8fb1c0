"""Users, campaigns and members: what every implementation of the CRM port promises."""

from __future__ import annotations

from datetime import timedelta

from crmsync.domain.fields import FIELD_NAMES
from crmsync.domain.mapping import CAMPAIGN_NAME_LENGTH
from crmsync.domain.person import Member, Person, PersonKind
from crmsync.ports.crm import Crm

from tests.contract.subjects import CrmSubject

LEAD = PersonKind.LEAD


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

    def test_a_name_of_a_campaign_may_be_as_long_as_we_say_and_no_longer(
        self, session: Crm
    ) -> None:
        long = "n" * CAMPAIGN_NAME_LENGTH

        fits, refused = session.create_campaign(long), session.create_campaign(f"{long}n")

        assert fits.id is not None
        assert (refused.id, refused.error) == (None, "value_too_long")

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


def _all_members(session: Crm, campaign_id: str) -> tuple[list[Member], dict[str, Person]]:
    page = session.members_page(campaign_id, None)
    members, people = list(page.members), dict(page.people)
    while page.cursor is not None:
        page = session.members_page(campaign_id, page.cursor)
        members += page.members
        people |= page.people
    return members, people
