"""Contacts: what every marketing store promises."""

from __future__ import annotations

import pytest
from crmsync.domain.contact import ContactEdit
from crmsync.domain.fields import FIELD_NAMES
from crmsync.ports.marketing import Marketing

from tests.contract.subjects import MarketingSubject
from tests.fakes.builders import a_draft


@pytest.fixture
def store(marketing: MarketingSubject) -> Marketing:
    return marketing.of("t1")


class TestCreatingContacts:
    def test_a_new_contact_has_every_field_and_a_version(
        self, store: Marketing, marketing: MarketingSubject
    ) -> None:
        (created,) = store.create_contacts([a_draft("c1", first_name="Zoë", street="1 High St\nB")])

        assert set(created.values) >= set(FIELD_NAMES)
        assert created.value("first_name") == "Zoë"
        assert created.value("street") == "1 High St\nB"
        assert created.value("city") == ""
        assert created.version > 0
        assert not created.email_opt_out
        assert created.created_at == created.updated_at == marketing.clock.now()
        assert store.contacts(["c1"]) == {"c1": created}

    def test_an_opted_out_draft_becomes_an_opted_out_contact(self, store: Marketing) -> None:
        (created,) = store.create_contacts([a_draft("c1", email_opt_out=True)])

        assert created.email_opt_out

    def test_a_repeated_creation_returns_the_first_contact_unchanged(
        self, store: Marketing
    ) -> None:
        (first,) = store.create_contacts([a_draft("c1", first_name="Ada")])

        (second,) = store.create_contacts([a_draft("c1", first_name="Somebody Else")])

        assert second == first
        assert store.contacts(["c1"]) == {"c1": first}

    def test_creations_come_back_in_the_order_asked(self, store: Marketing) -> None:
        store.create_contacts([a_draft("c2")])

        created = store.create_contacts([a_draft("c3"), a_draft("c1"), a_draft("c2")])

        assert [contact.id for contact in created] == ["c3", "c1", "c2"]

    def test_many_contacts_are_created_and_read_in_one_call(self, store: Marketing) -> None:
        ids = [f"c{number:04d}" for number in range(260)]

        store.create_contacts([a_draft(contact_id) for contact_id in ids])

        assert sorted(store.contacts(ids)) == ids


class TestReadingContacts:
    def test_unknown_ids_are_left_out(self, store: Marketing) -> None:
        store.create_contacts([a_draft("c1")])

        assert list(store.contacts(["c1", "nobody"])) == ["c1"]
        assert store.contacts([]) == {}

    def test_contacts_are_found_by_address_whatever_its_case(self, store: Marketing) -> None:
        store.create_contacts([a_draft("c1", email="Ada@Example.com"), a_draft("c2")])

        found = store.contacts_by_email([" ADA@example.COM "])

        assert [contact.id for contact in found] == ["c1"]
        assert found[0].value("email") == "Ada@Example.com"

    def test_all_contacts_that_share_an_address_are_found(self, store: Marketing) -> None:
        store.create_contacts(
            [a_draft("c1", email="us@home.org"), a_draft("c2", email="us@home.org")]
        )

        found = store.contacts_by_email(["us@home.org", "other@home.org"])

        assert {contact.id for contact in found} == {"c1", "c2"}

    def test_a_contact_without_address_is_found_by_no_address(self, store: Marketing) -> None:
        store.create_contacts([a_draft("c1", email="")])

        assert store.contacts_by_email(["", "a@b.c"]) == ()

    def test_a_new_address_finds_the_contact_and_the_old_one_does_not(
        self, store: Marketing
    ) -> None:
        (contact,) = store.create_contacts([a_draft("c1", email="old@example.com")])

        store.edit_contacts([ContactEdit("c1", contact.version, {"email": "new@example.com"})])

        assert store.contacts_by_email(["old@example.com"]) == ()
        assert [c.id for c in store.contacts_by_email(["new@example.com"])] == ["c1"]

    def test_pages_hold_every_contact_exactly_once(self, store: Marketing) -> None:
        ids = {f"c{number}" for number in range(7)}
        store.create_contacts([a_draft(contact_id) for contact_id in ids])

        seen = _all_pages(store, limit=3)

        assert sorted(seen) == sorted(ids)

    @pytest.mark.parametrize(
        ("search", "found"),
        [
            ("ada", {"c1"}),
            ("ADA@EX", {"c1"}),
            ("byro", {"c1"}),
            ("a B", {"c1"}),
            ("grace.h", {"c2"}),
            ("example", set()),
            ("nobody", set()),
        ],
    )
    def test_a_search_matches_the_start_of_the_address_or_part_of_the_name(
        self, store: Marketing, search: str, found: set[str]
    ) -> None:
        store.create_contacts(
            [
                a_draft("c1", email="ada@example.com", first_name="Ada", last_name="Byron"),
                a_draft("c2", email="grace.h@navy.mil", first_name="Grace", last_name="Hopper"),
            ]
        )

        assert set(_all_pages(store, limit=10, search=search)) == found


class TestEditingContacts:
    def test_an_edit_changes_the_named_fields_only(
        self, store: Marketing, marketing: MarketingSubject
    ) -> None:
        (before,) = store.create_contacts([a_draft("c1", title="Countess")])
        marketing.clock.advance(60)

        (after,) = store.edit_contacts([ContactEdit("c1", before.version, {"city": "London"})])

        assert after is not None
        assert after.values == {**before.values, "city": "London"}
        assert after.version == before.version + 1
        assert (after.created_at, after.updated_at) == (before.created_at, marketing.clock.now())
        assert store.contacts(["c1"]) == {"c1": after}

    def test_a_field_is_cleared_by_the_empty_text(self, store: Marketing) -> None:
        (before,) = store.create_contacts([a_draft("c1", title="Countess")])

        (after,) = store.edit_contacts([ContactEdit("c1", before.version, {"title": ""})])

        assert after is not None
        assert after.value("title") == ""

    def test_an_edit_notes_when_each_field_was_edited(
        self, store: Marketing, marketing: MarketingSubject
    ) -> None:
        (before,) = store.create_contacts([a_draft("c1")])
        marketing.clock.advance(60)

        (after,) = store.edit_contacts([ContactEdit("c1", before.version, {"city": "London"})])

        assert after is not None
        assert after.edited_at["city"] == marketing.clock.now()
        assert after.edited_at.get("email") == before.edited_at.get("email")

    def test_an_edit_of_an_older_version_changes_nothing(self, store: Marketing) -> None:
        (first,) = store.create_contacts([a_draft("c1")])
        (second,) = store.edit_contacts([ContactEdit("c1", first.version, {"city": "London"})])

        (third,) = store.edit_contacts([ContactEdit("c1", first.version, {"city": "Paris"})])

        assert third is None
        assert store.contacts(["c1"]) == {"c1": second}

    def test_an_edit_of_nobody_is_none(self, store: Marketing) -> None:
        assert store.edit_contacts([ContactEdit("nobody", 1, {"city": "London"})]) == (None,)
        assert store.contacts(["nobody"]) == {}

    def test_one_stale_edit_does_not_stop_the_others(self, store: Marketing) -> None:
        one, two = store.create_contacts([a_draft("c1"), a_draft("c2")])

        results = store.edit_contacts(
            [
                ContactEdit("c1", one.version + 5, {"city": "Paris"}),
                ContactEdit("c2", two.version, {"city": "London"}),
            ]
        )

        assert results[0] is None
        assert results[1] is not None
        assert store.contacts(["c1", "c2"])["c1"] == one
        assert store.contacts(["c1", "c2"])["c2"].value("city") == "London"

    def test_custom_fields_are_kept_beside_the_others(self, store: Marketing) -> None:
        (before,) = store.create_contacts([a_draft("c1")])
        edit = ContactEdit("c1", before.version, custom={"risk_profile": "low"})

        (after,) = store.edit_contacts([edit])

        assert after is not None
        assert after.custom == {"risk_profile": "low"}
        assert after.value("risk_profile") == "low"


def _all_pages(store: Marketing, limit: int, search: str = "") -> list[str]:
    page = store.contacts_page(None, limit, search)
    ids = [contact.id for contact in page.items]
    while page.cursor is not None:
        page = store.contacts_page(page.cursor, limit, search)
        ids += [contact.id for contact in page.items]
    return ids
