"""Connections, automations, notices, reviews and due things: what every control store promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from crmsync.domain.automation import Automation, Cadence, Every, Terms
from crmsync.domain.connection import (
    ApiBudget,
    Capability,
    ConnectionSettings,
    ConnectionStatus,
    NewPeople,
    Reach,
)
from crmsync.domain.errors import Conflict
from crmsync.domain.fields import FieldRule
from crmsync.domain.person import OrgUser
from crmsync.ports.control import Due, NoticeSettings, Webhook

from tests.contract.subjects import ControlSubject
from tests.fakes.builders import a_connection, a_mapping, a_notice, a_review, a_run
from tests.fakes.clock import START

TERMS = Terms("2026-01", "u1", START, "d" * 64)


class TestConnections:
    def test_a_stored_connection_comes_back_whole(self, control: ControlSubject) -> None:
        connection = a_connection(
            org=OrgUser("00DA", "Firm One", "https://one.my.salesforce.com", "005A", "Ada Byron"),
            sync_by_visibility=True,
            inactive_campaign_id="701Z",
            settings=ConnectionSettings(
                {"phone": FieldRule.NEWEST}, NewPeople.HOLD, remove_members_in_crm=True
            ),
            capabilities=(Capability("campaigns", available=False, reason="No.", code="no"),),
            last_good_run_at=START,
            api_budget=ApiBudget(3, 100, 0.25),
            stopped_reason="grant_refused",
            reach=Reach(9, 7, 5),
        )

        stored = control.connections.put(connection)

        assert replace(stored, version=0) == connection
        assert control.connections.get("t1", "con1") == stored

    def test_a_connection_of_another_tenant_is_none(self, control: ControlSubject) -> None:
        control.connections.put(a_connection())

        assert control.connections.get("t2", "con1") is None
        assert control.connections.get("t1", "con2") is None
        assert control.connections.list("t2") == ()

    def test_a_tenants_connections_come_oldest_first(self, control: ControlSubject) -> None:
        for number in (2, 0, 1):
            at = START + timedelta(minutes=number)
            control.connections.put(a_connection(f"con{number}", created_at=at))
        control.connections.put(a_connection("other", "t2"))

        listed = control.connections.list("t1")

        assert [connection.id for connection in listed] == ["con0", "con1", "con2"]

    def test_the_current_version_is_replaced(self, control: ControlSubject) -> None:
        first = control.connections.put(a_connection())

        second = control.connections.put(replace(first, status=ConnectionStatus.NEEDS_REAUTH))

        assert second.version > first.version
        assert control.connections.get("t1", "con1") == second

    def test_an_older_version_is_a_conflict(self, control: ControlSubject) -> None:
        first = control.connections.put(a_connection())
        second = control.connections.put(replace(first, sync_by_visibility=True))

        with pytest.raises(Conflict) as refused:
            control.connections.put(replace(first, inactive_campaign_id="701Z"))

        assert refused.value.code == "stale"
        assert control.connections.get("t1", "con1") == second

    def test_a_new_connection_cannot_replace_one_that_exists(self, control: ControlSubject) -> None:
        first = control.connections.put(a_connection(platform="salesforce"))

        with pytest.raises(Conflict):
            control.connections.put(a_connection(platform="practifi"))

        assert control.connections.get("t1", "con1") == first


class TestAutomations:
    def test_a_connection_starts_with_an_empty_automation(self, control: ControlSubject) -> None:
        assert control.automations.get("t1", "con1") == Automation("con1")

    def test_a_stored_automation_comes_back_whole(self, control: ControlSubject) -> None:
        rules = {"city": FieldRule.MARKETING_WINS}
        automation = Automation(
            "con1",
            draft=(replace(a_mapping("701A", "g1"), rules=rules),),
            draft_cadence=Cadence(Every.DAY, time(6, 30), "Europe/Zurich"),
            live=(a_mapping("701A", "g1"),),
            live_cadence=Cadence(Every.QUARTER_HOUR),
            enabled=False,
            terms=TERMS,
            next_run_at=START,
        )

        stored = control.automations.put("t1", automation)

        assert replace(stored, version=0) == automation
        assert control.automations.get("t1", "con1") == stored
        assert control.automations.get("t2", "con1") == Automation("con1")

    def test_an_older_version_is_a_conflict(self, control: ControlSubject) -> None:
        first = control.automations.put("t1", Automation("con1"))
        second = control.automations.put("t1", replace(first, enabled=False))

        with pytest.raises(Conflict):
            control.automations.put("t1", replace(first, draft=(a_mapping("701A", "g1"),)))

        assert control.automations.get("t1", "con1") == second

    def test_a_scheduled_automation_is_due_at_its_next_run(self, control: ControlSubject) -> None:
        control.automations.put("t1", _scheduled(START + timedelta(minutes=15)))

        assert _due(control, START + timedelta(minutes=14)) == []
        assert _due(control, START + timedelta(minutes=15)) == [
            Due("automation", "t1", "con1", START + timedelta(minutes=15))
        ]

    def test_a_paused_automation_is_never_due(self, control: ControlSubject) -> None:
        stored = control.automations.put("t1", _scheduled(START))

        control.automations.put("t1", replace(stored, enabled=False))

        assert _due(control, START + timedelta(days=9)) == []

    def test_an_automation_nobody_agreed_to_is_never_due(self, control: ControlSubject) -> None:
        control.automations.put("t1", replace(_scheduled(START), terms=None))

        assert _due(control, START + timedelta(days=9)) == []

    def test_the_next_run_replaces_the_one_before(self, control: ControlSubject) -> None:
        stored = control.automations.put("t1", _scheduled(START))

        control.automations.put("t1", replace(stored, next_run_at=START + timedelta(hours=1)))

        assert _due(control, START + timedelta(minutes=30)) == []
        assert len(_due(control, START + timedelta(hours=1))) == 1


class TestDueThings:
    def test_nothing_is_due_at_first(self, control: ControlSubject) -> None:
        assert _due(control, START + timedelta(days=9)) == []

    def test_a_run_is_due_when_its_last_save_said(self, control: ControlSubject) -> None:
        run = control.create(a_run())
        run = control.runs.save(run, due_at=START + timedelta(minutes=5))
        assert _due(control, START + timedelta(minutes=4)) == []
        assert _due(control, START + timedelta(minutes=5)) == [
            Due("run", "t1", "run1", START + timedelta(minutes=5))
        ]

        control.runs.save(run, due_at=None)

        assert _due(control, START + timedelta(days=9)) == []

    def test_a_new_run_is_due_when_its_maker_said(self, control: ControlSubject) -> None:
        control.runs.create(a_run(), due_at=START + timedelta(minutes=6))

        control.runs.create(a_run(), due_at=START + timedelta(minutes=1))

        assert _due(control, START + timedelta(minutes=5)) == []
        assert _due(control, START + timedelta(minutes=6)) == [
            Due("run", "t1", "run1", START + timedelta(minutes=6))
        ]

    def test_a_connection_is_due_for_keep_alive_until_told_otherwise(
        self, control: ControlSubject
    ) -> None:
        connection = control.connections.put(a_connection())
        control.connections.keep_alive_due(connection, START + timedelta(days=7))
        assert _due(control, START + timedelta(days=7)) == [
            Due("keep_alive", "t1", "con1", START + timedelta(days=7))
        ]

        control.connections.keep_alive_due(connection, None)

        assert _due(control, START + timedelta(days=9)) == []

    def test_keep_alive_does_not_disturb_an_edit_of_the_connection(
        self, control: ControlSubject
    ) -> None:
        connection = control.connections.put(a_connection())

        control.connections.keep_alive_due(connection, START + timedelta(days=7))
        edited = control.connections.put(replace(connection, sync_by_visibility=True))

        assert edited.sync_by_visibility
        assert len(_due(control, START + timedelta(days=7))) == 1

    def test_one_connection_can_be_due_for_several_reasons(self, control: ControlSubject) -> None:
        connection = control.connections.put(a_connection())
        control.connections.keep_alive_due(connection, START)
        control.automations.put("t1", _scheduled(START))

        assert {due.kind for due in _due(control, START)} == {"automation", "keep_alive"}

    def test_due_things_of_all_tenants_come_oldest_first_and_page_by_page(
        self, control: ControlSubject
    ) -> None:
        for number in (3, 1, 4, 0, 2):
            run = control.create(a_run(f"run{number}", f"t{number}"))
            control.runs.save(run, due_at=START + timedelta(minutes=number))

        found = _due(control, START + timedelta(hours=1), limit=2)

        assert [due.id for due in found] == ["run0", "run1", "run2", "run3", "run4"]
        assert [due.tenant_id for due in found] == ["t0", "t1", "t2", "t3", "t4"]

    def test_only_one_caller_claims_a_due_thing(self, control: ControlSubject) -> None:
        run = control.create(a_run())
        control.runs.save(run, due_at=START)
        (due,) = _due(control, START)
        until = START + timedelta(minutes=10)

        assert control.due.claim(due, until)
        assert not control.due.claim(due, START + timedelta(minutes=11))
        assert _due(control, START + timedelta(minutes=9)) == []
        assert _due(control, until) == [replace(due, due_at=until)]

    def test_a_thing_that_is_no_longer_due_cannot_be_claimed(self, control: ControlSubject) -> None:
        run = control.runs.save(control.create(a_run()), due_at=START)
        (due,) = _due(control, START)
        control.runs.save(run, due_at=None)

        assert not control.due.claim(due, START + timedelta(minutes=10))
        assert _due(control, START + timedelta(days=9)) == []

    @pytest.mark.parametrize("kind", ["automation", "run", "keep_alive"])
    def test_claiming_does_not_disturb_whoever_is_changing_the_thing(
        self, control: ControlSubject, kind: str
    ) -> None:
        connection = control.connections.put(a_connection())
        control.connections.keep_alive_due(connection, START)
        automation = control.automations.put("t1", _scheduled(START))
        run = control.runs.save(control.create(a_run()), due_at=START)
        (due,) = [due for due in _due(control, START) if due.kind == kind]

        assert control.due.claim(due, START + timedelta(minutes=10))

        control.connections.put(replace(connection, sync_by_visibility=True))
        control.automations.put("t1", replace(automation, next_run_at=None))
        assert control.runs.save(replace(run, progress=0.5), due_at=None).progress == 0.5


class TestNotices:
    def test_a_notice_is_stored_once(self, control: ControlSubject) -> None:
        assert control.notices.add(a_notice(run_id="run1", connection_id="con1"))
        assert not control.notices.add(a_notice(title="Again"))

        page = control.notices.page("t1", "u1", None, 10)

        assert page.items == (a_notice(run_id="run1", connection_id="con1"),)
        assert page.cursor is None

    def test_notices_come_newest_first_and_page_by_page(self, control: ControlSubject) -> None:
        for number in range(5):
            at = START + timedelta(minutes=number)
            control.notices.add(a_notice(f"n{number}", created_at=at))

        ids = []
        page = control.notices.page("t1", "u1", None, 2)
        ids += [notice.id for notice in page.items]
        while page.cursor is not None:
            page = control.notices.page("t1", "u1", page.cursor, 2)
            ids += [notice.id for notice in page.items]

        assert ids == ["n4", "n3", "n2", "n1", "n0"]

    def test_users_see_their_own_notices_only(self, control: ControlSubject) -> None:
        control.notices.add(a_notice("n1"))
        control.notices.add(a_notice("n2", user_id="u2"))
        control.notices.add(a_notice("n3", "t2"))

        assert [n.id for n in control.notices.page("t1", "u1", None, 10).items] == ["n1"]

    def test_a_notice_is_marked_as_read(self, control: ControlSubject) -> None:
        control.notices.add(a_notice())

        assert control.notices.mark_read("t1", "u1", "n1")

        assert control.notices.page("t1", "u1", None, 10).items == (a_notice(read=True),)
        assert control.notices.mark_read("t1", "u1", "n1")

    @pytest.mark.parametrize(
        ("tenant", "user", "notice"), [("t1", "u2", "n1"), ("t2", "u1", "n1"), ("t1", "u1", "n2")]
    )
    def test_a_notice_that_is_not_the_users_cannot_be_marked(
        self, control: ControlSubject, tenant: str, user: str, notice: str
    ) -> None:
        control.notices.add(a_notice())

        assert not control.notices.mark_read(tenant, user, notice)
        assert not control.notices.page("t1", "u1", None, 10).items[0].read

    def test_settings_start_with_the_defaults_and_are_replaced(
        self, control: ControlSubject
    ) -> None:
        assert control.notices.settings("t1", "u1") == NoticeSettings()
        chosen = NoticeSettings(
            "problems", (Webhook("wh1", "https://example.com/hook", enabled=True, secret="whsec_"),)
        )

        control.notices.put_settings("t1", "u1", chosen)

        assert control.notices.settings("t1", "u1") == chosen
        assert control.notices.settings("t1", "u2") == NoticeSettings()
        assert control.notices.settings("t2", "u1") == NoticeSettings()


class TestReviews:
    def test_a_review_is_asked_once(self, control: ControlSubject) -> None:
        control.reviews.open([a_review()])

        control.reviews.open([a_review(subject={"name": "Somebody Else"}), a_review("rev2")])

        assert control.reviews.get("t1", "rev1") == a_review()
        assert control.reviews.get("t1", "rev2") == a_review("rev2")

    def test_an_unknown_or_foreign_review_is_none(self, control: ControlSubject) -> None:
        control.reviews.open([a_review()])

        assert control.reviews.get("t1", "rev2") is None
        assert control.reviews.get("t2", "rev1") is None

    def test_undecided_reviews_come_oldest_first(self, control: ControlSubject) -> None:
        reviews = [
            a_review(f"rev{number}", created_at=START + timedelta(minutes=number))
            for number in (2, 0, 1)
        ]
        control.reviews.open([*reviews, a_review("other", connection_id="con2")])
        control.reviews.decide(reviews[1], "same")

        listed = control.reviews.list("t1", "con1")

        assert [review.id for review in listed] == ["rev1", "rev2"]

    def test_a_decision_is_recorded(self, control: ControlSubject) -> None:
        control.reviews.open([a_review()])

        control.reviews.decide(a_review(), "different")

        decided = control.reviews.get("t1", "rev1")
        assert decided == a_review(decision="different")
        assert control.reviews.list("t1", "con1") == ()

    def test_a_decided_review_is_not_asked_again(self, control: ControlSubject) -> None:
        control.reviews.open([a_review()])
        control.reviews.decide(a_review(), "skip")

        control.reviews.open([a_review()])

        assert control.reviews.list("t1", "con1") == ()


def _scheduled(at: datetime) -> Automation:
    return Automation("con1", live=(a_mapping("701A", "g1"),), terms=TERMS, next_run_at=at)


def _due(control: ControlSubject, now: datetime, limit: int = 10) -> list[Due]:
    page = control.due.due(now, None, limit)
    found = list(page.items)
    while page.cursor is not None:
        page = control.due.due(now, page.cursor, limit)
        found += page.items
    return found
