"""What becomes of planned units: written, held back, left to a mapping that stopped, or void."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from crmsync.domain.change import Action, Change, Outcome, Side
from crmsync.domain.errors import Conflict, CrmSyncError
from crmsync.domain.mapping import Direction, Mapping, Target
from crmsync.domain.mapping_run import MappingState
from crmsync.domain.person import Person
from crmsync.domain.run import PartRef, Run, RunKind, RunState, Trigger
from crmsync.services.settle import BooksDiffer

from tests.fakes.numbered import Boundary, Crash, Error
from tests.unit.docs.stage import ME, saved_as
from tests.unit.services.two_mappings import TwoMappings


@pytest.fixture
def firm() -> TwoMappings:
    firm = TwoMappings()
    firm.edit(firm.ada, city="Rome")
    return firm


def of(firm: TwoMappings, run: Run, person: Person) -> Change:
    change = firm.result_of(run, person.id)
    assert change is not None
    return change


def told(change: Change) -> tuple[Any, ...]:
    return change.outcome, change.reason, change.detail, change.passing


# --- mappings that stopped after the plan -------------------------------------------------------


def test_units_of_a_campaign_that_paused_since_the_plan_are_skipped_until_it_is_back(
    firm: TwoMappings,
) -> None:
    preview = firm.preview()
    firm.org.change_campaign(firm.campaign.id, active=False)

    run = firm.worked(firm.execute(preview))

    assert run.state is RunState.PARTIAL
    assert told(of(firm, run, firm.ada)) == (Outcome.SKIPPED, "campaign_inactive", "", True)
    assert told(of(firm, run, firm.dot)) == (Outcome.CREATED, "new_in_crm", "", False)
    assert [(row.state, row.counts) for row in run.mappings] == [
        (MappingState.PAUSED, {Outcome.SKIPPED: 1, Outcome.UNCHANGED: 2}),
        (MappingState.DONE, {Outcome.CREATED: 1}),
    ]
    assert firm.value(firm.ada, "city") == ""


def test_what_was_in_no_need_of_writing_is_told_as_planned_all_the_same(firm: TwoMappings) -> None:
    preview = firm.preview()
    planned = {c.id: c for ref in preview.checkpoint.plan for c in firm.read(ref)}
    firm.org.change_campaign(firm.campaign.id, active=False)

    run = firm.worked(firm.execute(preview))

    idle = [c for c in firm.results(run) if not c.steps]
    assert len(idle) == 2
    assert all(change == planned[change.id] for change in idle)


def test_a_campaign_that_pauses_between_two_pages_pauses_what_is_left(firm: TwoMappings) -> None:
    def second_part(at: Boundary) -> bool:
        return bool(at.args[0].checkpoint.cursor == "1:0")

    def deactivate() -> None:
        firm.org.change_campaign(firm.autumn.id, active=False)

    firm.world.io.once("runs.save", deactivate, when=second_part)
    run = firm.worked(firm.start())

    assert of(firm, run, firm.ada).outcome is Outcome.UPDATED
    assert told(of(firm, run, firm.dot)) == (Outcome.SKIPPED, "campaign_inactive", "", True)
    assert run.mappings[1].state is MappingState.PAUSED


# --- mappings that were held back ---------------------------------------------------------------


@pytest.fixture
def emptied(firm: TwoMappings) -> TwoMappings:
    """Autumn had Dot, and reads as empty now."""
    firm.worked(firm.start())
    firm.edit(firm.ada, city="Oslo")
    firm.org.leave(firm.autumn.id, firm.dot.id)
    return firm


EMPTY = "The campaign had 1 members and now reads as empty."


def test_a_held_mapping_writes_nothing_and_says_why_for_each_unit(emptied: TwoMappings) -> None:
    run = emptied.worked(emptied.start())

    change = of(emptied, run, emptied.dot)
    assert told(change) == (Outcome.HELD, "campaign_reads_empty", EMPTY, False)
    assert [step.action for step in change.steps] == [Action.REMOVE_MEMBER]
    assert of(emptied, run, emptied.ada).outcome is Outcome.UPDATED
    assert run.state is RunState.PARTIAL
    assert emptied.tenant.memberships("g2", sorted(emptied.tenant.by_id))


def test_only_the_held_part_becomes_a_preview_of_its_own(emptied: TwoMappings) -> None:
    run = emptied.worked(emptied.start())

    first, second = run.mappings
    assert (first.state, first.held_preview_id) == (MappingState.DONE, None)
    assert second.held_preview_id is not None
    assert second.held_preview_id.startswith("run_")
    preview = emptied.world.control.runs["t1", second.held_preview_id]
    now = emptied.world.clock.now()
    (ref,) = preview.checkpoint.plan
    assert replace(preview, checkpoint=run.checkpoint, mappings=()) == Run(
        id=second.held_preview_id,
        tenant_id="t1",
        connection_id=emptied.connection.id,
        kind=RunKind.PREVIEW,
        trigger=Trigger.MANUAL,
        state=RunState.PLANNED,
        started_by="advisor-u1",
        created_at=now,
        finished_at=now,
        event_sent=True,
        progress=1.0,
        source_run_id=run.id,
        checkpoint=run.checkpoint,
        version=preview.version,
    )
    assert ref == replace(run.checkpoint.plan[1], mapping=0)
    assert (preview.checkpoint.cursor, preview.checkpoint.mapping) == ("", 0)
    assert preview.checkpoint.watermark == run.checkpoint.watermark
    (row,) = preview.mappings
    assert (row.mapping.id, row.state, row.reason) == (
        "m2",
        MappingState.HELD,
        "campaign_reads_empty",
    )
    assert row.detail == EMPTY
    assert ("run", "t1", preview.id) not in emptied.world.control.due


def test_approved_it_is_carried_out_as_it_was_planned(emptied: TwoMappings) -> None:
    held = emptied.worked(emptied.start())

    run = emptied.worked(emptied._start.approve(emptied.connection, held.id, "advisor-u1"))

    assert [row.state for row in run.mappings] == [MappingState.DONE]
    assert told(of(emptied, run, emptied.dot)) == (Outcome.REMOVED, "left_campaign", "", False)
    assert emptied.tenant.memberships("g2", sorted(emptied.tenant.by_id)) == frozenset()


def test_of_several_parts_held_by_several_runs_each_is_approved_by_itself(
    emptied: TwoMappings,
) -> None:
    run = emptied.worked(emptied.start())
    rows = tuple(replace(row, held_preview_id=f"run_{n}") for n, row in enumerate(run.mappings))
    emptied.world.control.runs["t1", run.id] = replace(run, mappings=rows)

    with pytest.raises(Conflict, match="run_0 or run_1") as refused:
        emptied._start.approve(emptied.connection, run.id, "advisor-u1")

    assert refused.value.code == "several_held"


# --- ends that are made -------------------------------------------------------------------------


@pytest.fixture
def founder() -> TwoMappings:
    firm = TwoMappings()
    firm.tenant.create_group("g3", "Winter")
    firm.tenant.user_adds("c7", "g3", last_name="Will", email="will@x.example")
    firm.rows = [
        Mapping("m3", Target(create=True), Target(id="g3"), Direction.BOTH),
        Mapping(
            "m4", Target(id=firm.autumn.id), Target(create=True, name="Herbst"), Direction.BOTH
        ),
    ]
    return firm


def test_what_is_missing_on_either_side_is_made_before_anybody_joins(founder: TwoMappings) -> None:
    run = founder.worked(founder.start())

    winter, autumn = run.mappings
    made = founder.org.campaigns[winter.campaign_id or ""]
    assert (made.name, made.active) == ("Winter", True)
    assert winter.campaign_name == "Winter"
    group = founder.tenant.group(autumn.group_id or "")
    assert group is not None
    assert (group.name, group.member_count, autumn.group_name) == ("Herbst", 1, "Herbst")
    assert len(founder.org.members_of(made.id)) == 1
    assert [row.counts for row in run.mappings] == [{Outcome.CREATED: 1}, {Outcome.CREATED: 1}]
    ends = [
        (save[3], [(row.campaign_id, row.group_id) for row in saved.mappings])
        for save, (saved, _) in zip(founder.progress, founder.saved, strict=True)
        if save[0] == "applying"
    ]
    assert ends[0] == ("", [(None, "g3"), (autumn.campaign_id, None)])
    assert ends[1] == ("", [(made.id, "g3"), (autumn.campaign_id, group.id)])


def test_a_preview_makes_nothing(founder: TwoMappings) -> None:
    preview = founder.preview()

    assert [(row.campaign_id, row.group_id) for row in preview.mappings] == [
        (None, "g3"),
        (founder.autumn.id, None),
    ]
    assert {c.name for c in founder.org.campaigns.values()} == {"Spring", "Autumn"}


def test_a_campaign_that_cannot_be_made_fails_its_mapping_and_no_other(
    founder: TwoMappings,
) -> None:
    preview = founder.preview()
    for _ in range(2):
        founder.org.add_campaign("Winter")

    run = founder.worked(founder.execute(preview))

    assert [(row.state, row.reason) for row in run.mappings] == [
        (MappingState.FAILED, "campaign_name_ambiguous"),
        (MappingState.DONE, None),
    ]
    (failed,) = (c for c in founder.results(run) if c.contact_id == "c7")
    assert told(failed) == (Outcome.FAILED, "campaign_name_ambiguous", "", True)
    assert of(founder, run, founder.dot).outcome is Outcome.CREATED
    assert run.state is RunState.PARTIAL


# --- units --------------------------------------------------------------------------------------


def test_whoever_is_new_is_told_with_both_ids_and_the_row_that_was_made(firm: TwoMappings) -> None:
    contact = firm.tenant.user_adds("c9", "g1", last_name="Nine", email="nine@x.example")

    run = firm.worked(firm.start())

    there = firm.result_of(run, contact.id)
    assert there is not None
    assert there.person_id in firm.org.members_of(firm.campaign.id)
    row = firm.org.live[firm.campaign.id][there.person_id]
    assert [(s.side, s.action, s.row_id) for s in there.steps] == [
        (Side.CRM, Action.CREATE, None),
        (Side.CRM, Action.ADD_MEMBER, row),
    ]
    here = of(firm, run, firm.dot)
    assert here.contact_id in firm.tenant.by_id


def test_a_row_that_was_there_already_is_told_as_none_of_ours(firm: TwoMappings) -> None:
    firm.tenant.user_adds("c9", "g1", last_name="Nine", email="nine@x.example")
    preview = firm.preview()

    def joins() -> None:
        created = next(p for p in firm.org.people.values() if p.value("email")[:4] == "nine")
        firm.org.join(firm.campaign.id, created.id)

    firm.world.io.once("crm.add_members", joins)
    run = firm.worked(firm.execute(preview))

    change = firm.result_of(run, "c9")
    assert change is not None
    assert change.outcome is Outcome.CREATED
    assert [step.row_id for step in change.steps] == [None, None]
    assert run.mappings[0].own_rows == 0


def test_what_the_crm_refuses_is_told_with_its_words_and_stops_nobody_else(
    firm: TwoMappings,
) -> None:
    firm.org.poison("ada@x.example", "refused_by_rule")

    run = firm.worked(firm.start())

    failed = of(firm, run, firm.ada)
    assert (failed.outcome, failed.reason) == (Outcome.FAILED, "refused_by_rule")
    assert failed.detail
    assert failed.passing is False
    assert of(firm, run, firm.dot).outcome is Outcome.CREATED


def test_what_moved_since_the_plan_is_decided_again_and_marked(firm: TwoMappings) -> None:
    preview = firm.preview()
    firm.edit(firm.ada, city="Oslo")

    run = firm.worked(firm.execute(preview))

    change = of(firm, run, firm.ada)
    assert change.replanned
    assert [f.after for f in change.fields] == ["Oslo"]
    assert not of(firm, run, firm.dot).replanned


def test_a_unit_that_the_plan_wrote_nothing_for_is_not_written_now(firm: TwoMappings) -> None:
    preview = firm.preview()
    bob = next(p for p in firm.org.people.values() if p.value("email") == "bob@x.example")
    firm.edit(bob, city="Bonn")

    run = firm.worked(firm.execute(preview))

    assert of(firm, run, bob).steps == ()
    assert firm.value(bob, "city") == ""


def test_a_unit_with_nothing_to_write_when_planned_is_void_if_it_has_now(
    firm: TwoMappings,
) -> None:
    """Both sides were edited alike, so only the base had to follow."""
    firm.org.edit(firm.ada.id, city="Rome")
    preview = firm.preview()
    firm.edit(firm.ada, city="Oslo")

    run = firm.worked(firm.execute(preview))

    change = of(firm, run, firm.ada)
    assert told(change) == (Outcome.SKIPPED, "changed_meanwhile", "", True)
    assert (change.steps, change.replanned) == ((), True)
    assert firm.value(firm.ada, "city") == "Rome"


def test_whoever_left_since_the_plan_waits_for_a_run_whose_guard_counts_them(
    firm: TwoMappings,
) -> None:
    firm.edit(firm.ada, city="Oslo")
    preview = firm.preview()
    firm.org.leave(firm.campaign.id, firm.ada.id)

    run = firm.worked(firm.execute(preview))

    change, contact = of(firm, run, firm.ada), firm.contact_of(firm.ada.id)
    assert told(change) == (Outcome.SKIPPED, "changed_meanwhile", "", True)
    assert contact is not None
    assert firm.is_in_group(contact.id)
    assert firm.value(firm.ada, "city") == ""

    firm.worked(firm.start())

    assert not firm.is_in_group(contact.id)


# --- books --------------------------------------------------------------------------------------


def test_a_run_whose_books_do_not_add_up_fails_loudly(firm: TwoMappings) -> None:
    run = firm.start()

    def lose() -> None:
        saved = firm.world.io.trace[-1].args[0]
        first, second = saved.mappings
        rows = (replace(first, counts={Outcome.UNCHANGED: 2}), second)
        firm.world.control.runs["t1", run.id] = replace(saved, mappings=rows)
        raise Crash

    firm.world.io.once("runs.save", lose, when=saved_as(RunState.SETTLING))
    results = firm.world.drain(firm._slices.handle)

    ended = firm.stored(run)
    assert any(isinstance(each, BooksDiffer) for each in results)
    assert (ended.state, ended.error_code) == (RunState.FAILED, "books_differ")
    assert ended.error == "Mapping m1: 3 planned, 2 accounted for."


def test_a_paused_mapping_keeps_no_books(firm: TwoMappings) -> None:
    """It may pause between two readings, with a part of its plan stored."""
    firm.org.change_campaign(firm.campaign.id, active=False)

    run = firm.worked(firm.start())

    assert run.state is RunState.PARTIAL
    assert run.mappings[0].considered == 0


def test_a_run_none_of_whose_mappings_worked_fails_with_the_first_reason(
    founder: TwoMappings,
) -> None:
    founder.rows = founder.rows[:1]
    for _ in range(2):
        founder.org.add_campaign("Winter")

    run = founder.worked(founder.start())

    assert (run.state, run.error_code) == (RunState.FAILED, "campaign_name_ambiguous")
    assert run.error == "No mapping could be synced. Look at the reason of each."


def test_a_unit_that_failed_makes_the_run_partial(firm: TwoMappings) -> None:
    firm.org.poison("ada@x.example")

    assert firm.worked(firm.start()).state is RunState.PARTIAL


def test_the_source_of_an_undo_may_be_gone_by_the_time_it_is_planned(firm: TwoMappings) -> None:
    done = firm.worked(firm.start())
    undo = firm.undo(done)
    del firm.world.control.runs["t1", done.id]

    firm.worked(undo)

    ended = firm.stored(undo)
    assert (ended.state, ended.error_code) == (RunState.FAILED, "no_such_run")
    assert ended.error == f"no_such_run: There is no run {done.id} to take back."


def test_the_preview_of_a_run_may_be_gone_by_the_time_it_begins(firm: TwoMappings) -> None:
    preview = firm.preview()
    run = firm.execute(preview)
    del firm.world.control.runs["t1", preview.id]

    firm.worked(run)

    ended = firm.stored(run)
    assert (ended.state, ended.error_code) == (RunState.FAILED, "preview_gone")
    assert ended.error == "preview_gone: The preview this run executes is gone. Make another."


def test_an_undo_plans_what_was_written_and_nobody_else(firm: TwoMappings) -> None:
    bob = next(p for p in firm.org.people.values() if p.value("email") == "bob@x.example")
    firm.edit(bob, city="Bonn")
    firm.org.poison("bob@x.example")
    firm.org.leave(firm.autumn.id, firm.dot.id)
    done = firm.worked(firm.start())

    undo = firm.worked(firm.undo(done))

    (change,) = firm.results(undo)
    assert change.person_id == firm.ada.id
    assert [(f.before, f.after, f.rule) for f in change.fields] == [("Rome", "", "undo")]
    assert [row.counts for row in undo.mappings] == [{Outcome.UPDATED: 1}, {}]
    assert [(ref.mapping, ref.count) for ref in undo.checkpoint.plan] == [(0, 1)]


def test_an_undo_carried_out_puts_everything_back_and_takes_out_whom_it_brought(
    firm: TwoMappings,
) -> None:
    joined = firm.tenant.user_adds("c9", "g1", last_name="Nine", email="nine@x.example")
    done = firm.worked(firm.start())
    dots = of(firm, done, firm.dot).contact_id
    nine = firm.result_of(done, joined.id)
    assert nine is not None

    run = firm.worked(firm.execute(firm.worked(firm.undo(done))))

    assert firm.value(firm.ada, "city") == ""
    assert firm.tenant.memberships("g2", [dots or ""]) == frozenset()
    assert dots in firm.tenant.by_id
    assert nine.person_id not in firm.org.members_of(firm.campaign.id)
    assert nine.person_id in firm.org.people
    assert run.state is RunState.SUCCEEDED
    later = firm.worked(firm.start())
    assert all(not change.steps for change in firm.results(later))


def test_parts_are_kept_apart_by_run_and_fence(firm: TwoMappings) -> None:
    first = firm.worked(firm.start())
    firm.edit(firm.ada, city="Oslo")
    second = firm.worked(firm.start())

    keys = [
        ref.key for run in (first, second) for ref in run.checkpoint.plan + run.checkpoint.results
    ]
    assert len(keys) == len(set(keys))
    assert all(isinstance(ref, PartRef) and ref.sha256 for ref in first.checkpoint.plan)


def test_an_error_of_a_mapping_at_work_fails_all_that_were_at_work(firm: TwoMappings) -> None:
    firm.world.io.strike("crm.look", Error(CrmSyncError("crm_refused", "The org said no.")))
    run = firm.start()
    firm.worked(run)

    ended = firm.stored(run)
    assert ended.error_code == "crm_refused"
    assert {(row.state, row.reason) for row in ended.mappings} == {
        (MappingState.FAILED, "crm_refused")
    }


def test_whoever_joined_the_group_since_the_plan_is_nobody_of_its_run(firm: TwoMappings) -> None:
    preview = firm.preview()
    late = firm.org.add_person(ME, last_name="Late", email="late@x.example")
    firm.org.join(firm.campaign.id, late.id)

    run = firm.worked(firm.execute(preview))

    assert firm.result_of(run, late.id) is None


def test_a_mapping_that_was_paused_when_planned_stays_so_when_its_preview_is_run(
    firm: TwoMappings,
) -> None:
    firm.org.change_campaign(firm.autumn.id, active=False)
    preview = firm.preview()
    firm.org.change_campaign(firm.autumn.id, active=True)

    run = firm.worked(firm.execute(preview))

    assert [row.state for row in preview.mappings] == [MappingState.DONE, MappingState.PAUSED]
    assert [row.state for row in run.mappings] == [MappingState.DONE, MappingState.PAUSED]
    assert firm.contact_of(firm.dot.id) is None


def test_the_rows_we_added_ourselves_count_as_members_a_campaign_had(firm: TwoMappings) -> None:
    firm.worked(firm.start())
    firm.tenant.user_adds("c9", "g2", last_name="Nine", email="nine@x.example")
    firm.worked(firm.start())
    for person_id in sorted(firm.org.members_of(firm.autumn.id)):
        firm.org.leave(firm.autumn.id, person_id)

    run = firm.worked(firm.start())

    assert run.mappings[1].detail == "The campaign had 2 members and now reads as empty."
