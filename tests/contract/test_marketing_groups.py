"""Groups and memberships: what every marketing store promises."""

from __future__ import annotations

from datetime import timedelta

import pytest
from crmsync.domain.contact import ContactEdit
from crmsync.domain.errors import Conflict, NotFound
from crmsync.ports.marketing import Marketing

from tests.contract.subjects import MarketingSubject
from tests.fakes.builders import a_draft, an_event


@pytest.fixture
def store(marketing: MarketingSubject) -> Marketing:
    return marketing.of("t1")


@pytest.fixture
def group(store: Marketing) -> str:
    """A group called Clients, and contacts c1 to c3 in none."""
    store.create_contacts([a_draft("c1"), a_draft("c2"), a_draft("c3")])
    return store.create_group("g1", "Clients").id


class TestGroups:
    def test_a_new_group_is_empty_and_can_be_read(
        self, store: Marketing, marketing: MarketingSubject
    ) -> None:
        created = store.create_group("g1", "Clients")

        assert (created.id, created.name, created.member_count) == ("g1", "Clients", 0)
        assert created.created_at == marketing.clock.now()
        assert store.group("g1") == created

    def test_an_unknown_group_is_none(self, store: Marketing) -> None:
        assert store.group("nothing") is None
        assert store.group_named("Nothing") is None

    def test_a_group_is_found_by_name_whatever_its_case(self, store: Marketing) -> None:
        created = store.create_group("g1", "Gold Clients")

        assert store.group_named("GOLD clients") == created

    def test_creating_a_name_again_returns_the_group_that_has_it(self, store: Marketing) -> None:
        first = store.create_group("g1", "Clients")

        assert store.create_group("g2", "clients") == first
        assert store.group("g2") is None

    def test_repeating_a_creation_makes_no_second_group(self, store: Marketing) -> None:
        first = store.create_group("g1", "Clients")

        assert store.create_group("g1", "Clients") == first
        assert len(store.groups(None, 10).items) == 1

    def test_groups_come_by_name_and_page_by_page(self, store: Marketing) -> None:
        for number, name in enumerate(["delta", "Alpha", "charlie", "Bravo", "echo"]):
            store.create_group(f"g{number}", name)

        names = []
        page = store.groups(None, 2)
        names += [group.name for group in page.items]
        while page.cursor is not None:
            page = store.groups(page.cursor, 2)
            names += [group.name for group in page.items]

        assert names == ["Alpha", "Bravo", "charlie", "delta", "echo"]

    def test_a_renamed_group_frees_its_old_name(self, store: Marketing, group: str) -> None:
        store.add_members(group, ["c1"])

        renamed = store.rename_group(group, "Friends")

        assert (renamed.id, renamed.name, renamed.member_count) == (group, "Friends", 1)
        assert store.group_named("Clients") is None
        assert store.group_named("friends") == renamed

    def test_a_group_can_change_the_case_of_its_own_name(
        self, store: Marketing, group: str
    ) -> None:
        assert store.rename_group(group, "CLIENTS").name == "CLIENTS"
        found = store.group_named("clients")
        assert found is not None
        assert found.name == "CLIENTS"

    def test_a_name_that_is_taken_cannot_be_given(self, store: Marketing, group: str) -> None:
        store.create_group("g2", "Friends")

        with pytest.raises(Conflict):
            store.rename_group(group, "FRIENDS")

        unchanged = store.group(group)
        assert unchanged is not None
        assert unchanged.name == "Clients"

    def test_an_unknown_group_cannot_be_renamed(self, store: Marketing) -> None:
        with pytest.raises(NotFound):
            store.rename_group("nothing", "Friends")
        assert store.group_named("Friends") is None


class TestMemberships:
    def test_a_member_is_seen_from_both_ends(self, store: Marketing, group: str) -> None:
        store.create_group("g2", "Friends")

        store.add_members(group, ["c1", "c2"])
        store.add_members("g2", ["c1"])

        assert store.members_page(group, None, 10).contact_ids == ("c1", "c2")
        assert sorted(store.groups_of("c1")) == [group, "g2"]
        assert store.groups_of("c3") == ()

    def test_adding_a_member_again_changes_nothing(self, store: Marketing, group: str) -> None:
        store.add_members(group, ["c1"])

        store.add_members(group, ["c1", "c2"])

        assert store.members_page(group, None, 10).contact_ids == ("c1", "c2")
        assert _count(store, group) == 2

    def test_the_member_count_follows_every_move(self, store: Marketing, group: str) -> None:
        store.add_members(group, ["c1", "c2", "c3"])
        store.remove_members(group, ["c2"])
        store.add_members(group, ["c1", "c2"])
        store.remove_members(group, ["c1", "c1"])

        assert _count(store, group) == 2

    def test_only_the_members_among_those_asked_for_are_named(
        self, store: Marketing, group: str
    ) -> None:
        store.add_members(group, ["c1", "c3"])

        assert store.memberships(group, ["c1", "c2", "nobody"]) == {"c1"}
        assert store.memberships(group, []) == frozenset()

    def test_a_removed_member_is_no_longer_one_and_stays_a_contact(
        self, store: Marketing, group: str
    ) -> None:
        store.add_members(group, ["c1", "c2"])
        before = store.contacts(["c1"])

        store.remove_members(group, ["c1"])

        assert store.memberships(group, ["c1", "c2"]) == {"c2"}
        assert store.members_page(group, None, 10).contact_ids == ("c2",)
        assert store.groups_of("c1") == ()
        assert store.contacts(["c1"]) == before

    def test_removing_somebody_who_is_no_member_changes_nothing(
        self, store: Marketing, group: str
    ) -> None:
        store.add_members(group, ["c1"])

        store.remove_members(group, ["c2", "nobody"])
        store.remove_members(group, ["c2"])

        assert store.members_page(group, None, 10).contact_ids == ("c1",)
        assert _count(store, group) == 1

    def test_somebody_who_left_can_join_again(self, store: Marketing, group: str) -> None:
        store.add_members(group, ["c1"])
        store.remove_members(group, ["c1"])

        store.add_members(group, ["c1"])

        assert store.memberships(group, ["c1"]) == {"c1"}
        assert _count(store, group) == 1

    def test_pages_hold_every_member_once_in_order_of_id(self, store: Marketing) -> None:
        ids = [f"c{number:03d}" for number in range(120)]
        store.create_contacts([a_draft(contact_id) for contact_id in ids])
        store.create_group("g1", "Clients")
        store.add_members("g1", list(reversed(ids)))
        store.remove_members("g1", ["c077"])

        seen: list[str] = []
        page = store.members_page("g1", None, 50)
        seen += page.contact_ids
        while page.cursor is not None:
            page = store.members_page("g1", page.cursor, 50)
            seen += page.contact_ids

        assert seen == [contact_id for contact_id in ids if contact_id != "c077"]
        assert store.memberships("g1", ids) == frozenset(ids) - {"c077"}


class TestChangedSince:
    def test_a_contact_changed_at_that_very_moment_counts(
        self, store: Marketing, group: str, marketing: MarketingSubject
    ) -> None:
        marketing.clock.advance(3600)
        since = marketing.clock.now()
        contact = store.contacts(["c2"])["c2"]
        store.edit_contacts([ContactEdit("c2", contact.version, {"city": "London"})])

        assert store.touched_since([group], since).contacts == {"c2"}
        assert store.touched_since([group], since + timedelta(seconds=1)).contacts == frozenset()

    def test_new_contacts_count_as_changed(
        self, store: Marketing, group: str, marketing: MarketingSubject
    ) -> None:
        marketing.clock.advance(3600)
        since = marketing.clock.now()
        store.create_contacts([a_draft("c9")])

        assert store.touched_since([group], since).contacts == {"c9"}

    def test_joining_and_leaving_count_in_the_groups_asked_for(
        self, store: Marketing, group: str, marketing: MarketingSubject
    ) -> None:
        store.create_group("g2", "Friends")
        store.add_members(group, ["c1"])
        marketing.clock.advance(3600)
        since = marketing.clock.now()
        store.remove_members(group, ["c1"])
        store.add_members(group, ["c2"])
        store.add_members("g2", ["c3"])

        touched = store.touched_since([group], since)

        assert touched.memberships[group] == {"c1", "c2"}
        assert not touched.memberships.get("g2")

    def test_a_repeated_join_is_no_change(
        self, store: Marketing, group: str, marketing: MarketingSubject
    ) -> None:
        store.add_members(group, ["c1"])
        marketing.clock.advance(3600)
        since = marketing.clock.now()

        store.add_members(group, ["c1"])
        store.remove_members(group, ["c2"])

        assert not store.touched_since([group], since).memberships.get(group)

    def test_an_earlier_change_does_not_count(
        self, store: Marketing, group: str, marketing: MarketingSubject
    ) -> None:
        store.add_members(group, ["c1"])

        touched = store.touched_since([group], marketing.clock.now() + timedelta(seconds=1))

        assert touched.contacts == frozenset()
        assert not touched.memberships.get(group)


class TestTenants:
    def test_one_tenant_never_sees_another(
        self, marketing: MarketingSubject, store: Marketing, group: str
    ) -> None:
        store.add_members(group, ["c1"])
        store.suppress(["c1@example.com"], "crm")
        store.record({"c1": [an_event()]})

        other = marketing.of("t2")

        assert other.group(group) is None
        assert other.group_named("Clients") is None
        assert other.contacts(["c1"]) == {}
        assert other.contacts_by_email(["c1@example.com"]) == ()
        assert other.memberships(group, ["c1"]) == frozenset()
        assert other.suppressions(["c1@example.com"]) == {}
        assert other.timeline("c1", None, 10).items == ()
        assert other.contacts_page(None, 10, "").items == ()
        assert other.touched_since([group], marketing.clock.now()).contacts == frozenset()

    def test_two_tenants_may_use_the_same_names_and_addresses(
        self, marketing: MarketingSubject, store: Marketing, group: str
    ) -> None:
        other = marketing.of("t2")

        created = other.create_group("g7", "Clients")
        other.create_contacts([a_draft("c1", email="c1@example.com", first_name="Other")])

        assert created.id == "g7"
        assert other.contacts(["c1"])["c1"].value("first_name") == "Other"
        assert store.contacts(["c1"])["c1"].value("first_name") == "Ada"
        assert store.group(group) is not None

    def test_nothing_deletes_a_contact_or_a_group(self, store: Marketing) -> None:
        named = [name for name in dir(store) if not name.startswith("_")]

        assert not [name for name in named if "delete" in name or "purge" in name]


def _count(store: Marketing, group_id: str) -> int:
    group = store.group(group_id)
    assert group is not None
    return group.member_count
