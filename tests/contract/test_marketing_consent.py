"""Consent and timelines: what every marketing store promises."""

from __future__ import annotations

from dataclasses import replace

import pytest
from crmsync.domain.contact import ContactEdit
from crmsync.ports.marketing import Marketing

from tests.contract.subjects import MarketingSubject
from tests.fakes.builders import a_draft, an_event


@pytest.fixture
def store(marketing: MarketingSubject) -> Marketing:
    return marketing.of("t1")


class TestConsent:
    def test_an_edit_without_consent_leaves_it_alone(self, store: Marketing) -> None:
        (before,) = store.create_contacts([a_draft("c1", email_opt_out=True)])

        (after,) = store.edit_contacts([ContactEdit("c1", before.version, {"city": "London"})])

        assert after is not None
        assert after.email_opt_out

    def test_an_opt_out_is_recorded(self, store: Marketing) -> None:
        (before,) = store.create_contacts([a_draft("c1")])

        (after,) = store.edit_contacts([ContactEdit("c1", before.version, email_opt_out=True)])

        assert after is not None
        assert after.email_opt_out

    def test_the_api_can_record_that_a_person_opted_in_again(self, store: Marketing) -> None:
        (before,) = store.create_contacts([a_draft("c1", email_opt_out=True)])

        (after,) = store.edit_contacts([ContactEdit("c1", before.version, email_opt_out=False)])

        assert after is not None
        assert not after.email_opt_out

    def test_unreadable_consent_is_marked_and_unmarked(self, store: Marketing) -> None:
        (one,) = store.create_contacts([a_draft("c1")])

        (two,) = store.edit_contacts([ContactEdit("c1", one.version, consent_unreadable=True)])
        assert two is not None
        (three,) = store.edit_contacts([ContactEdit("c1", two.version, {"city": "London"})])
        assert three is not None
        (four,) = store.edit_contacts([ContactEdit("c1", three.version, consent_unreadable=False)])

        assert four is not None
        marks = [c.consent_unreadable for c in (one, two, three, four)]
        assert marks == [False, True, True, False]

    def test_a_contact_can_be_new_with_unreadable_consent(self, store: Marketing) -> None:
        draft = replace(a_draft("c1"), consent_unreadable=True)

        (created,) = store.create_contacts([draft])

        assert created.consent_unreadable
        assert store.contacts(["c1"])["c1"].consent_unreadable

    def test_a_suppressed_address_stays_suppressed_by_whoever_was_first(
        self, store: Marketing, marketing: MarketingSubject
    ) -> None:
        first_at = marketing.clock.now()
        store.suppress(["ada@example.com", "bob@example.com"], "crm")
        marketing.clock.advance(3600)

        store.suppress(["ada@example.com"], "marketing")

        found = store.suppressions(["ada@example.com", "eve@example.com"])
        assert list(found) == ["ada@example.com"]
        assert found["ada@example.com"].source == "crm"
        assert found["ada@example.com"].since == first_at

    def test_many_addresses_are_looked_up_in_one_call(self, store: Marketing) -> None:
        addresses = [f"p{number}@example.com" for number in range(130)]

        store.suppress(addresses, "crm")

        assert sorted(store.suppressions(addresses)) == sorted(addresses)

    def test_a_suppression_is_lifted_only_for_its_own_address(self, store: Marketing) -> None:
        store.suppress(["ada@example.com", "bob@example.com"], "crm")

        store.lift_suppression("ada@example.com", "signed form of 2 March", "u1")

        both = store.suppressions(["ada@example.com", "bob@example.com"])
        assert list(both) == ["bob@example.com"]

    def test_an_address_can_be_suppressed_again_after_it_was_lifted(self, store: Marketing) -> None:
        store.suppress(["ada@example.com"], "crm")
        store.lift_suppression("ada@example.com", "signed form", "u1")

        store.suppress(["ada@example.com"], "marketing")

        assert store.suppressions(["ada@example.com"])["ada@example.com"].source == "marketing"


class TestTimeline:
    def test_the_newest_events_come_first(self, store: Marketing) -> None:
        store.create_contacts([a_draft("c1")])
        store.record({"c1": [an_event("e1", 0), an_event("e3", 20), an_event("e2", 10)]})

        assert [event.key for event in store.timeline("c1", None, 10).items] == ["e3", "e2", "e1"]
        assert [event.key for event in store.timeline("c1", None, 2).items] == ["e3", "e2"]

    def test_all_of_it_can_be_read_page_by_page(self, store: Marketing) -> None:
        """Several happened in one moment, as the changes of one run do."""
        store.create_contacts([a_draft("c1"), a_draft("c2")])
        events = [an_event(f"e{number:02}", number // 4) for number in range(11)]
        store.record({"c1": events, "c2": [an_event("other", 2)]})

        pages = [store.timeline("c1", None, 3)]
        while pages[-1].cursor is not None:
            pages.append(store.timeline("c1", pages[-1].cursor, 3))

        read = [event for page in pages for event in page.items]
        assert sorted(event.key for event in read) == [event.key for event in events]
        assert [event.at for event in read] == sorted((e.at for e in events), reverse=True)

    def test_an_event_with_a_known_key_is_not_added_again(self, store: Marketing) -> None:
        store.create_contacts([a_draft("c1")])
        event = an_event("e1", fields=({"name": "city", "before": "", "after": "Zürich"},))

        store.record({"c1": [event]})
        store.record({"c1": [event, an_event("e2", 5)]})

        assert store.timeline("c1", None, 10).items == (an_event("e2", 5), event)

    def test_each_contact_has_its_own_timeline(self, store: Marketing) -> None:
        store.create_contacts([a_draft("c1"), a_draft("c2")])

        store.record({"c1": [an_event("e1")], "c2": [an_event("e1"), an_event("e2", 1)]})

        assert len(store.timeline("c1", None, 10).items) == 1
        assert len(store.timeline("c2", None, 10).items) == 2
