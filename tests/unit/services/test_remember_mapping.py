"""What a run leaves for the next one: the memory of each mapping, and who waits to be looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from crmsync.domain.connection import ConnectionSettings, NewPeople
from crmsync.domain.errors import ConnectionStopped
from crmsync.domain.mapping import Direction
from crmsync.domain.mapping_run import MappingState
from crmsync.domain.person import Person
from crmsync.domain.run import Run, RunState
from crmsync.domain.terms import TERMS_VERSION
from crmsync.ports.state import MappingMemory, Pending
from crmsync.services.choose_reading import fingerprint
from crmsync.services.remember_mapping import CREATIONS_KEPT
from crmsync.services.usable_preview import HOLD_LIFE

from tests.fakes.clock import START
from tests.fakes.numbered import Boundary, Crash, Error, Kind
from tests.unit.docs.stage import ME, OTHER, Stage, saved_as

FIRST, SECOND = START + timedelta(hours=1), START + timedelta(hours=2)
"""When the first two syncs of a stage gather."""


class Memory(Stage):
    """Three members, synced once."""

    def __init__(self, **choices: Any) -> None:
        super().__init__(**choices)
        self.ada = self.with_members()

    @property
    def memory(self) -> MappingMemory:
        return self.world.state_of(self.connection).memory(self.campaign.id, "g1")

    @property
    def pending(self) -> Pending:
        return self.world.state_of(self.connection).pending(self.campaign.id, "g1")

    def change_memory(self, **changes: Any) -> MappingMemory:
        changed = replace(self.memory, **changes)
        key = (self.connection.id, self.campaign.id, "g1")
        self.world.memory_of(self.connection).memories[key] = changed
        return changed

    def join(self, owner: str = ME, **values: str) -> Person:
        person = self.org.add_person(owner, **{"last_name": "New", **values})
        self.org.join(self.campaign.id, person.id)
        return person

    def scheduled(self) -> Run:
        """A sync as the schedule would start it."""
        self.world.clock.advance(3600)
        args = (self.connection, [self.mapping], "advisor-u1", TERMS_VERSION)
        run = self._start.sync(*args)
        key = ("t1", run.id)
        trigger = type(run.trigger).SCHEDULE
        self.world.control.runs[key] = replace(self.world.control.runs[key], trigger=trigger)
        self.world.drain(self._slices.handle)
        return self.world.control.runs[key]


@pytest.fixture
def stage() -> Memory:
    return Memory()


def test_a_first_sync_is_remembered_as_a_complete_reading_of_that_moment(stage: Memory) -> None:
    fields = stage.memory.fields

    assert stage.memory == MappingMemory(
        watermark=FIRST,
        fingerprint=fingerprint(stage.connection, stage.mapping),
        full_at=FIRST,
        live_members=3,
        own_rows=0,
        creations=(3,),
        group_size=3,
        local_watermark=FIRST,
        settled_by="run_000000000002",
        fields=fields,
    )
    assert {"last_name", "email", "city"} < set(fields)


def test_a_delta_moves_the_watermark_and_keeps_when_everything_was_read(stage: Memory) -> None:
    before = stage.memory
    contact = stage.tenant.user_adds("c9", "g1", last_name="Nine", email="nine@x.example")

    run = stage.sync()

    assert contact.id == "c9"
    assert stage.memory == replace(
        before,
        young=(),
        watermark=SECOND,
        local_watermark=SECOND,
        live_members=3,
        own_rows=1,
        creations=(3, 1),
        group_size=4,
        settled_by=run.id,
    )


def test_the_watermarks_are_those_of_each_sides_own_clock(stage: Memory) -> None:
    stage.org.clock = stage.world.clock
    run = stage.sync()

    checkpoint = run.checkpoint
    assert stage.memory.watermark == checkpoint.watermark
    assert stage.memory.local_watermark == checkpoint.local_watermark


def test_only_the_last_runs_creations_are_kept(stage: Memory) -> None:
    stage.change_memory(creations=(9, 8, 7, 6, 5))

    stage.join(email="new@x.example")
    stage.sync()

    assert stage.memory.creations == (8, 7, 6, 5, 1)
    assert len(stage.memory.creations) == CREATIONS_KEPT


def test_a_retry_is_no_reading_so_it_moves_no_watermark(stage: Memory) -> None:
    stage.org.poison("ada@x.example")
    for contact in list(stage.tenant.by_id.values()):
        stage.tenant.user_edits(contact.id, city="Rome")
    failed = stage.sync()
    before = stage.change_memory(held_preview_id="run_gone", held_until=SECOND, own_rows=2)
    stage.org.cure("ada@x.example")
    preview = stage._start.retry(stage.connection, failed.id, "advisor-u1")
    stage.world.drain(stage._slices.handle)
    stage.tenant.user_adds("c9", "g1", last_name="Nine", email="nine@x.example")

    run = stage._start.from_preview(stage.connection, preview.id, "advisor-u1", TERMS_VERSION)
    stage.world.drain(stage._slices.handle)

    assert stage.memory == replace(before, group_size=4, settled_by=run.id)


def test_a_preview_that_waited_while_others_settled_takes_no_watermark_back(stage: Memory) -> None:
    stage.tenant.user_adds("k1", "g1", last_name="Kay", email="kay@x.example")
    preview = stage._start.preview(stage.connection, [stage.mapping], "advisor-u1")
    stage.world.drain(stage._slices.handle)
    stage.tenant.user_adds("k2", "g1", last_name="Lee", email="lee@x.example")
    stage.sync()
    stage.tenant.user_edits("k1", city="Rome")
    between = stage.memory

    stage._start.from_preview(stage.connection, preview.id, "advisor-u1", TERMS_VERSION)
    stage.world.drain(stage._slices.handle)

    assert stage.memory.settled_by != between.settled_by
    assert replace(stage.memory, settled_by=between.settled_by) == between


def test_a_run_that_settles_twice_is_remembered_once(stage: Memory) -> None:
    stage.tenant.user_adds("c9", "g1", last_name="Nine", email="nine@x.example")
    stage.world.io.once("artifacts.write_record", lambda: stage.world.clock.advance(1))
    stage.world.io.strike("artifacts.write_record", Kind.CRASH_BEFORE)
    run = stage.sync()

    assert not stage.world.io.unmet
    assert stage.memory.creations == (3, 1)
    assert stage.memory.settled_by == run.id


def test_a_held_mapping_keeps_its_watermark_and_names_what_to_approve_for_a_week(
    stage: Memory,
) -> None:
    before = stage.memory
    for person_id in sorted(stage.org.members_of(stage.campaign.id)):
        stage.org.leave(stage.campaign.id, person_id)

    run = stage.sync()

    (row,) = run.mappings
    assert row.state is MappingState.HELD
    until = stage.world.clock.now() + HOLD_LIFE
    assert stage.memory == replace(before, held_preview_id=row.held_preview_id, held_until=until)


def test_while_it_is_held_the_schedule_leaves_it_alone_and_has_told_so(stage: Memory) -> None:
    for person_id in sorted(stage.org.members_of(stage.campaign.id)):
        stage.org.leave(stage.campaign.id, person_id)
    stage.sync()
    before = stage.memory

    run = stage.scheduled()

    (row,) = run.mappings
    assert (row.state, row.reason, row.told) == (MappingState.PAUSED, "held", True)
    assert run.state is RunState.SUCCEEDED
    assert stage.memory == before


def test_a_paused_mapping_is_told_of_by_the_first_run_that_finds_it_so(stage: Memory) -> None:
    before = stage.memory
    stage.org.change_campaign(stage.campaign.id, active=False)

    first = stage.sync()
    assert stage.memory == replace(before, paused_reason="campaign_inactive", settled_by=first.id)
    second = stage.sync()

    told = [run.mappings[0].told for run in (first, second)]
    assert told == [False, True]
    assert [run.state for run in (first, second)] == [RunState.PARTIAL, RunState.SUCCEEDED]
    assert stage.memory.settled_by == first.id
    assert stage.memory.watermark == FIRST


def test_a_mapping_that_pauses_for_another_reason_is_told_of_again(stage: Memory) -> None:
    stage.org.change_campaign(stage.campaign.id, active=False)
    stage.sync()
    stage.org.delete_campaign(stage.campaign.id)

    run = stage.sync()

    assert (run.mappings[0].reason, run.mappings[0].told) == ("campaign_gone", False)
    assert stage.memory.paused_reason == "campaign_gone"


def test_a_mapping_that_failed_is_remembered_as_it_was(stage: Memory) -> None:
    before = stage.memory
    del stage.tenant.groups_by_id["g1"]

    run = stage.sync()

    assert run.mappings[0].state is MappingState.FAILED
    assert stage.memory == before


def test_a_field_that_went_between_two_slices_is_not_remembered_as_read(
    stage: Memory,
) -> None:
    def hide() -> None:
        login = replace(stage.org.logins[ME], hidden_fields=frozenset({"city"}))
        stage.org.logins[ME] = login
        raise Crash

    stage.world.io.once("runs.save", hide, when=saved_as(RunState.SETTLING))
    stage.sync()

    assert "city" not in stage.memory.fields
    assert "title" in stage.memory.fields


# --- pending ------------------------------------------------------------------------------------


def test_nobody_waits_after_a_run_that_ended_in_agreement(stage: Memory) -> None:
    assert stage.pending == Pending(frozenset(), frozenset())


def test_a_linked_unit_that_failed_waits_by_its_person_until_it_agrees(stage: Memory) -> None:
    contact = stage.contact_of(stage.ada.id)
    assert contact is not None
    stage.tenant.user_edits(contact.id, city="Rome")
    stage.org.poison("ada@x.example")
    stage.sync()
    assert stage.pending == Pending(frozenset(), frozenset({stage.ada.id}))

    stage.org.cure("ada@x.example")
    stage.sync()
    assert stage.pending == Pending(frozenset(), frozenset())


def test_somebody_new_who_failed_waits_by_the_contact(stage: Memory) -> None:
    stage.tenant.user_adds("c9", "g1", last_name="Nine", email="nine@x.example")
    stage.org.poison("nine@x.example")
    stage.sync()
    assert stage.pending == Pending(frozenset({"c9"}), frozenset())

    stage.org.cure("nine@x.example")
    stage.sync()
    assert stage.pending == Pending(frozenset(), frozenset())


def test_who_waits_goes_on_waiting_while_others_come_and_go(stage: Memory) -> None:
    for number in (8, 9):
        stage.tenant.user_adds(f"c{number}", "g1", last_name="N", email=f"n{number}@x.example")
        stage.org.poison(f"n{number}@x.example")
    stage.sync()
    stage.org.cure("n8@x.example")
    stage.sync()

    assert stage.pending == Pending(frozenset({"c9"}), frozenset())


def test_an_unlinked_pair_in_review_waits_by_both() -> None:
    stage = Memory()
    stage.change_connection(settings=ConnectionSettings(new_people=NewPeople.HOLD))
    stage.tenant.user_adds("c9", "g1", last_name="Nine", email="nine@x.example")

    stage.sync()

    assert stage.pending == Pending(frozenset({"c9"}), frozenset())


def test_a_member_who_went_out_of_scope_waits_by_the_person(stage: Memory) -> None:
    stage.org.give_to(stage.ada.id, OTHER)

    stage.sync()

    assert stage.pending == Pending(frozenset(), frozenset({stage.ada.id}))


def test_pending_units_are_only_written_when_they_changed(stage: Memory) -> None:
    stage.org.give_to(stage.ada.id, OTHER)
    stage.sync()
    stage.world.io.every = _refuse("state.put_pending")

    stage.sync()

    assert stage.pending == Pending(frozenset(), frozenset({stage.ada.id}))


def test_results_are_read_again_only_if_something_may_wait(stage: Memory) -> None:
    """Reading them back costs a stored object per page."""
    stage.sync()
    reads: list[str] = []
    stage.world.io.every = lambda at: reads.append(at.name)
    contact = stage.contact_of(stage.ada.id)
    assert contact is not None
    stage.tenant.user_edits(contact.id, city="Rome")

    run = stage.sync()

    plan = len(run.checkpoint.plan)
    assert reads.count("artifacts.read_part") == plan == 1


def _refuse(name: str) -> Any:
    def refuse(at: Boundary) -> None:
        assert at.name != name, f"{name} was called"

    return refuse


# --- settling -----------------------------------------------------------------------------------


def test_a_run_whose_login_ended_remembers_nothing(stage: Memory) -> None:
    before = stage.memory

    stage.world.io.strike("crm.delta", Error(ConnectionStopped("grant_refused", "Sign in again.")))
    run = stage.sync()

    assert run.state is RunState.FAILED
    assert stage.memory == before


@pytest.mark.parametrize("direction", [Direction.IMPORT, Direction.EXPORT])
def test_one_way_mappings_are_remembered_alike(direction: Direction) -> None:
    stage = Memory(direction=direction)

    assert stage.memory.watermark == FIRST
    assert stage.memory.live_members == 3
