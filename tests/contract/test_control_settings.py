"""Connections and automations: what every control store promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

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
from crmsync.ports.due import Due

from tests.contract.subjects import ControlSubject
from tests.fakes.builders import a_connection, a_mapping, a_schedule
from tests.fakes.clock import START

TERMS = Terms("2026-01", "u1", START, "d" * 64)


class TestConnections:
    def test_a_stored_connection_comes_back_whole(self, control: ControlSubject) -> None:
        connection = a_connection(
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
        control.automations.put("t1", a_schedule(START + timedelta(minutes=15)))

        assert control.all_due(START + timedelta(minutes=14)) == []
        assert control.all_due(START + timedelta(minutes=15)) == [
            Due("automation", "t1", "con1", START + timedelta(minutes=15))
        ]

    def test_a_paused_automation_is_never_due(self, control: ControlSubject) -> None:
        stored = control.automations.put("t1", a_schedule(START))

        control.automations.put("t1", replace(stored, enabled=False))

        assert control.all_due(START + timedelta(days=9)) == []

    def test_an_automation_nobody_agreed_to_is_never_due(self, control: ControlSubject) -> None:
        control.automations.put("t1", replace(a_schedule(START), terms=None))

        assert control.all_due(START + timedelta(days=9)) == []

    def test_the_next_run_replaces_the_one_before(self, control: ControlSubject) -> None:
        stored = control.automations.put("t1", a_schedule(START))

        control.automations.put("t1", replace(stored, next_run_at=START + timedelta(hours=1)))

        assert control.all_due(START + timedelta(minutes=30)) == []
        assert len(control.all_due(START + timedelta(hours=1))) == 1
