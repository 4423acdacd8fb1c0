"""Runs: what every control store promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from crmsync.domain.change import Outcome
from crmsync.domain.errors import LeaseLost
from crmsync.domain.mapping import Direction
from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.domain.run import Checkpoint, PartRef, RunKind, RunState

from tests.contract.subjects import ControlSubject
from tests.fakes.builders import a_mapping, a_run
from tests.fakes.clock import START


class TestStoringRuns:
    def test_a_created_run_can_be_read(self, control: ControlSubject) -> None:
        created = control.create(a_run())

        assert created == replace(a_run(), version=created.version)
        assert control.stored("run1") == created

    def test_everything_a_run_carries_is_kept(self, control: ControlSubject) -> None:
        row = MappingRun(
            a_mapping("701A", "g1", Direction.EXPORT),
            campaign_id="701A",
            campaign_name="Spring ☀",
            group_id="g1",
            group_name="Clients",
            state=MappingState.HELD,
            reason="too_many_removals",
            full=True,
            counts={Outcome.CREATED: 3, Outcome.FAILED: 1},
            waterfall={"in_group": 9, "mailable": 7},
            conflicts=2,
            held_preview_id="run9",
        )
        checkpoint = Checkpoint(
            version=4,
            mapping=1,
            cursor="00v",
            plan=(PartRef("k1", "a" * 64, 0, 12),),
            results=(PartRef("k2", "b" * 64, 1, 3),),
            watermark=START,
            local_watermark=START + timedelta(microseconds=7),
            hops=2,
            attempts=1,
        )
        run = a_run(
            mappings=(row,),
            checkpoint=checkpoint,
            started_at=START,
            finished_at=START,
            progress=0.25,
            crm_calls=17,
            error="It broke.",
            error_code="broken",
            undoes="run0",
            preview_id="run2",
            source_run_id="run3",
            terms_version="2026-01",
            records=(PartRef("report", "c" * 64),),
        )

        control.create(run)

        assert replace(control.stored("run1"), version=0) == run

    def test_creating_a_run_again_returns_the_one_that_exists(
        self, control: ControlSubject
    ) -> None:
        first = control.create(a_run(started_by="u1"))

        assert control.create(a_run(started_by="u2")) == first
        assert control.stored("run1") == first

    def test_an_unknown_run_is_none(self, control: ControlSubject) -> None:
        control.create(a_run())

        assert control.runs.get("t1", "run2") is None

    def test_a_run_of_another_tenant_is_none(self, control: ControlSubject) -> None:
        control.create(a_run())

        assert control.runs.get("t2", "run1") is None
        assert control.runs.page("t2", "con1", None, 10).items == ()
        assert control.runs.unfinished("t2", "con1") == ()

    def test_runs_come_newest_first_and_page_by_page(self, control: ControlSubject) -> None:
        for number in range(5):
            at = START + timedelta(minutes=number)
            control.create(a_run(f"run{number}", created_at=at))
        control.create(a_run("other", connection_id="con2"))

        ids = []
        page = control.runs.page("t1", "con1", None, 2)
        ids += [run.id for run in page.items]
        while page.cursor is not None:
            page = control.runs.page("t1", "con1", page.cursor, 2)
            ids += [run.id for run in page.items]

        assert ids == ["run4", "run3", "run2", "run1", "run0"]

    def test_runs_of_the_past_are_those_created_by_then(self, control: ControlSubject) -> None:
        for number in range(5):
            at = START + timedelta(minutes=number)
            control.create(a_run(f"run{number}", created_at=at))

        by_then = START + timedelta(minutes=2)
        page = control.runs.page("t1", "con1", None, 2, until=by_then)
        rest = control.runs.page("t1", "con1", page.cursor, 2, until=by_then)
        before = control.runs.page("t1", "con1", None, 2, until=START - timedelta(seconds=1))

        assert [run.id for run in (*page.items, *rest.items)] == ["run2", "run1", "run0"]
        assert before.items == ()

    def test_unfinished_runs_come_oldest_first(self, control: ControlSubject) -> None:
        states = [RunState.APPLYING, RunState.SUCCEEDED, RunState.QUEUED, RunState.PLANNED]
        for number, run_state in enumerate(states):
            at = START + timedelta(minutes=number)
            control.create(a_run(f"run{number}", created_at=at, state=run_state))
        preview = a_run("run9", kind=RunKind.PREVIEW, state=RunState.PLANNED)
        control.create(preview)

        unfinished = control.runs.unfinished("t1", "con1")

        assert [run.id for run in unfinished] == ["run0", "run2", "run3"]

    def test_a_run_that_ends_is_no_longer_unfinished(self, control: ControlSubject) -> None:
        run = control.create(a_run())

        control.runs.save(replace(run, state=RunState.SUCCEEDED), due_at=None)

        assert control.runs.unfinished("t1", "con1") == ()
        assert len(control.runs.page("t1", "con1", None, 10).items) == 1


class TestSavingRuns:
    def test_the_current_version_is_saved(self, control: ControlSubject) -> None:
        run = control.create(a_run())

        saved = control.runs.save(replace(run, progress=0.5), due_at=None)

        assert saved.progress == 0.5
        assert saved.version > run.version
        assert control.stored("run1") == saved

    def test_an_older_version_is_refused(self, control: ControlSubject) -> None:
        run = control.create(a_run())
        saved = control.runs.save(replace(run, progress=0.5), due_at=None)

        with pytest.raises(LeaseLost):
            control.runs.save(replace(run, progress=0.9), due_at=None)

        assert control.stored("run1") == saved

    def test_a_repeat_of_what_was_just_saved_counts_as_saved(self, control: ControlSubject) -> None:
        """The answer of the first attempt was lost: our own write is not somebody else's."""
        run = control.create(a_run())
        wanted = replace(run, progress=0.5)
        saved = control.runs.save(wanted, due_at=None)

        assert control.runs.save(wanted, due_at=None) == saved
        assert control.stored("run1") == saved

    def test_a_holder_that_lost_the_lease_cannot_save(self, control: ControlSubject) -> None:
        run = control.create(a_run())
        first = control.lease(holder="w1")
        assert first is not None
        run = control.runs.save(replace(run, fence=first.fence), due_at=None)
        control.take_over("w2")

        with pytest.raises(LeaseLost):
            control.runs.save(replace(run, progress=0.9), due_at=None)

        assert control.stored("run1") == run

    def test_the_new_holder_saves_on_from_where_the_old_one_was(
        self, control: ControlSubject
    ) -> None:
        run = control.create(a_run())
        first = control.lease(holder="w1")
        assert first is not None
        run = control.runs.save(replace(run, fence=first.fence, progress=0.3), due_at=None)

        second = control.take_over("w2")
        saved = control.runs.save(replace(run, fence=second.fence, progress=0.6), due_at=None)

        assert control.stored("run1") == saved

    def test_a_run_waiting_in_line_is_saved_while_another_works(
        self, control: ControlSubject
    ) -> None:
        waiting = control.create(a_run("run2"))
        control.lease("run1")

        saved = control.runs.save(replace(waiting, state=RunState.CANCELLED), due_at=None)

        assert control.stored("run2") == saved


class TestUsingAPlan:
    def test_a_plan_is_used_once(self, control: ControlSubject) -> None:
        control.create(a_run(kind=RunKind.PREVIEW, state=RunState.PLANNED))

        assert control.runs.mark_used("t1", "run1", "run2")
        assert not control.runs.mark_used("t1", "run1", "run3")
        assert control.stored("run1").used_by == "run2"

    def test_the_run_that_used_it_may_say_so_again(self, control: ControlSubject) -> None:
        control.create(a_run(kind=RunKind.PREVIEW, state=RunState.PLANNED))

        control.runs.mark_used("t1", "run1", "run2")

        assert control.runs.mark_used("t1", "run1", "run2")

    def test_using_a_plan_and_saving_it_do_not_undo_each_other(
        self, control: ControlSubject
    ) -> None:
        plan = control.create(a_run(kind=RunKind.PREVIEW, state=RunState.PLANNED))

        control.runs.mark_used("t1", "run1", "run2")
        saved = control.runs.save(replace(plan, event_sent=True), due_at=None)

        assert saved.event_sent
        assert control.stored("run1").used_by == "run2"
        assert not control.runs.mark_used("t1", "run1", "run3")

    def test_a_plan_is_used_although_later_runs_took_the_lease(
        self, control: ControlSubject
    ) -> None:
        plan = a_run(kind=RunKind.PREVIEW, state=RunState.PLANNED, fence=1)
        control.create(plan)
        for holder in ("w1", "w2", "w3"):
            control.take_over(holder)

        assert control.runs.mark_used("t1", "run1", "run2")
        assert control.stored("run1").used_by == "run2"


class TestCancelling:
    def test_a_request_to_stop_is_seen(self, control: ControlSubject) -> None:
        control.create(a_run())
        assert not control.runs.cancel_requested("t1", "run1")

        control.runs.request_cancel("t1", "run1")

        assert control.runs.cancel_requested("t1", "run1")

    def test_asking_twice_or_too_late_is_harmless(self, control: ControlSubject) -> None:
        control.create(a_run(state=RunState.SUCCEEDED))
        before = replace(control.stored("run1"), version=0)

        control.runs.request_cancel("t1", "run1")
        control.runs.request_cancel("t1", "run1")

        assert replace(control.stored("run1"), version=0) == before

    def test_asking_does_not_disturb_the_holder(self, control: ControlSubject) -> None:
        run = control.create(a_run())

        control.runs.request_cancel("t1", "run1")
        saved = control.runs.save(replace(run, progress=0.5), due_at=None)

        assert saved.progress == 0.5
        assert control.runs.cancel_requested("t1", "run1")
