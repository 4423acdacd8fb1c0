"""What the schedule has to look at: what every control store promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from crmsync.ports.due import Due

from tests.contract.subjects import ControlSubject
from tests.fakes.builders import a_connection, a_run, a_schedule
from tests.fakes.clock import START


class TestDueThings:
    def test_nothing_is_due_at_first(self, control: ControlSubject) -> None:
        assert control.all_due(START + timedelta(days=9)) == []

    def test_a_run_is_due_when_its_last_save_said(self, control: ControlSubject) -> None:
        run = control.create(a_run())
        run = control.runs.save(run, due_at=START + timedelta(minutes=5))
        assert control.all_due(START + timedelta(minutes=4)) == []
        assert control.all_due(START + timedelta(minutes=5)) == [
            Due("run", "t1", "run1", START + timedelta(minutes=5))
        ]

        control.runs.save(run, due_at=None)

        assert control.all_due(START + timedelta(days=9)) == []

    def test_a_new_run_is_due_when_its_maker_said(self, control: ControlSubject) -> None:
        control.runs.create(a_run(), due_at=START + timedelta(minutes=6))

        control.runs.create(a_run(), due_at=START + timedelta(minutes=1))

        assert control.all_due(START + timedelta(minutes=5)) == []
        assert control.all_due(START + timedelta(minutes=6)) == [
            Due("run", "t1", "run1", START + timedelta(minutes=6))
        ]

    def test_a_connection_is_due_for_keep_alive_until_told_otherwise(
        self, control: ControlSubject
    ) -> None:
        connection = control.connections.put(a_connection())
        control.connections.keep_alive_due(connection, START + timedelta(days=7))
        assert control.all_due(START + timedelta(days=7)) == [
            Due("keep_alive", "t1", "con1", START + timedelta(days=7))
        ]

        control.connections.keep_alive_due(connection, None)

        assert control.all_due(START + timedelta(days=9)) == []

    def test_keep_alive_does_not_disturb_an_edit_of_the_connection(
        self, control: ControlSubject
    ) -> None:
        connection = control.connections.put(a_connection())

        control.connections.keep_alive_due(connection, START + timedelta(days=7))
        edited = control.connections.put(replace(connection, sync_by_visibility=True))

        assert edited.sync_by_visibility
        assert len(control.all_due(START + timedelta(days=7))) == 1

    def test_one_connection_can_be_due_for_several_reasons(self, control: ControlSubject) -> None:
        connection = control.connections.put(a_connection())
        control.connections.keep_alive_due(connection, START)
        control.automations.put("t1", a_schedule(START))

        assert {due.kind for due in control.all_due(START)} == {"automation", "keep_alive"}

    def test_due_things_of_all_tenants_come_oldest_first_and_page_by_page(
        self, control: ControlSubject
    ) -> None:
        for number in (3, 1, 4, 0, 2):
            run = control.create(a_run(f"run{number}", f"t{number}"))
            control.runs.save(run, due_at=START + timedelta(minutes=number))

        found = control.all_due(START + timedelta(hours=1), limit=2)

        assert [due.id for due in found] == ["run0", "run1", "run2", "run3", "run4"]
        assert [due.tenant_id for due in found] == ["t0", "t1", "t2", "t3", "t4"]

    def test_only_one_caller_claims_a_due_thing(self, control: ControlSubject) -> None:
        run = control.create(a_run())
        control.runs.save(run, due_at=START)
        (due,) = control.all_due(START)
        until = START + timedelta(minutes=10)

        assert control.due.claim(due, until)
        assert not control.due.claim(due, START + timedelta(minutes=11))
        assert control.all_due(START + timedelta(minutes=9)) == []
        assert control.all_due(until) == [replace(due, due_at=until)]

    def test_a_thing_that_is_no_longer_due_cannot_be_claimed(self, control: ControlSubject) -> None:
        run = control.runs.save(control.create(a_run()), due_at=START)
        (due,) = control.all_due(START)
        control.runs.save(run, due_at=None)

        assert not control.due.claim(due, START + timedelta(minutes=10))
        assert control.all_due(START + timedelta(days=9)) == []

    @pytest.mark.parametrize("kind", ["automation", "run", "keep_alive"])
    def test_claiming_does_not_disturb_whoever_is_changing_the_thing(
        self, control: ControlSubject, kind: str
    ) -> None:
        connection = control.connections.put(a_connection())
        control.connections.keep_alive_due(connection, START)
        automation = control.automations.put("t1", a_schedule(START))
        run = control.runs.save(control.create(a_run()), due_at=START)
        (due,) = [due for due in control.all_due(START) if due.kind == kind]

        assert control.due.claim(due, START + timedelta(minutes=10))

        control.connections.put(replace(connection, sync_by_visibility=True))
        control.automations.put("t1", replace(automation, next_run_at=None))
        assert control.runs.save(replace(run, progress=0.5), due_at=None).progress == 0.5
