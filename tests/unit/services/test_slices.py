"""A run goes on in slices: each ends in time, keeps what it did, and has to get on."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from crmsync.domain.connection import ConnectionStatus
from crmsync.domain.errors import ConnectionStopped, CrmSyncError
from crmsync.domain.run import Run, RunState, SliceMessage, Trigger
from crmsync.domain.terms import TERMS_VERSION
from crmsync.services.advance_run import MAX_ATTEMPTS, MAX_HOPS
from crmsync.services.run_slice import RunSlice
from crmsync.services.start_run import StartRun

from tests.fakes.builders import a_mapping
from tests.fakes.numbered import Error
from tests.fakes.world import World

SLICE = 120.0
CALL = 2.0
"""Seconds every call takes, so that a page takes most of a minute."""
MEMBERS = 3_000


class Sliced:
    """A world whose worker is stopped after two minutes; `left` is what a slice starts with."""

    def __init__(self, members: int = MEMBERS, left: float = SLICE) -> None:
        self.world = World()
        self.left = left
        self.seconds: list[float] = []
        self.messages: list[SliceMessage] = []
        self.states: list[Run] = []
        self.connection = self.world.connect()
        org = self.world.org()
        org.page_size = 500
        self.campaign = org.add_campaign("Everybody")
        self.group = self.world.tenant().create_group("g1", "Everybody")
        for number in range(members):
            email = f"p{number}@firm.example"
            person = org.add_person("u1", last_name=f"L{number}", email=email)
            org.join(self.campaign.id, person.id)

    def start(self) -> Run:
        """A manual run, queued."""
        ports = self.world.ports
        start = StartRun(runs=ports.runs, queue=ports.queue, ids=ports.ids, clock=ports.clock)
        rows = [a_mapping(self.campaign.id, self.group.id)]
        return start.sync(self.connection, rows, "advisor-u1", TERMS_VERSION)

    def sync(self) -> Run:
        """The run after the last of its slices."""
        run = self.start()
        self.world.drain(self.work)
        return self.stored(run.id)

    def work(self, message: SliceMessage) -> str:
        """One slice; what it took and left is kept."""
        world = self.world
        world.io.latency = CALL
        world.clock.start_slice(self.left)
        start = world.clock.now()
        try:
            outcome = RunSlice(world.ports).handle(message)
        finally:
            world.io.latency = 0.0
        self.seconds.append((world.clock.now() - start).total_seconds())
        self.messages.append(message)
        self.states.append(self.stored(message.run_id))
        return outcome

    def disconnect(self) -> None:
        """What the owner's word does first."""
        stored = self.world.control.connections["t1", self.connection.id]
        self.world.connections.put(replace(stored, status=ConnectionStatus.DISCONNECTED))

    def stored(self, run_id: str) -> Run:
        """The run as it is stored now."""
        return self.world.control.runs["t1", run_id]


def test_a_long_run_ends_each_slice_in_time_and_goes_on_where_it_was() -> None:
    sliced = Sliced()

    run = sliced.sync()

    page = 30 * CALL
    assert run.state is RunState.SUCCEEDED
    assert len(sliced.seconds) > 4
    assert max(sliced.seconds) <= SLICE + page
    assert [message.hop for message in sliced.messages] == list(range(len(sliced.messages)))
    for before, after in pairwise(sliced.states):
        assert after.checkpoint.version > before.checkpoint.version
        assert after.checkpoint.plan[: len(before.checkpoint.plan)] == before.checkpoint.plan
        done = len(before.checkpoint.results)
        assert after.checkpoint.results[:done] == before.checkpoint.results


def test_a_run_in_slices_does_every_record_once() -> None:
    sliced = Sliced()

    run = sliced.sync()

    parts = [
        sliced.world.artifacts.read_part("t1", ref)
        for ref in (*run.checkpoint.plan, *run.checkpoint.results)
    ]
    people = [change.person_id for part in parts for change in part]
    assert run.mappings[0].considered == MEMBERS
    assert len(people) == 2 * MEMBERS == 2 * len(set(people))
    assert len(sliced.world.tenant().by_id) == MEMBERS


def test_a_run_waits_for_one_that_is_between_two_slices_and_begins_when_it_ends() -> None:
    sliced = Sliced(members=600)
    first = sliced.start()
    assert sliced.world.deliver(sliced.work) == "continue"
    second = sliced.start()

    later = [m.run_id for m in sliced.world.queue.ready()].index(second.id)
    waited = sliced.world.deliver(sliced.work, later)
    sliced.world.drain(sliced.work)

    ended, begun = sliced.stored(first.id).finished_at, sliced.stored(second.id).started_at
    assert waited == "waiting"
    assert ended is not None
    assert begun is not None
    assert begun >= ended
    assert sliced.stored(second.id).state is RunState.SUCCEEDED


@pytest.mark.parametrize("trigger", list(Trigger))
def test_a_run_that_waits_when_its_schedule_is_paused_is_cancelled(trigger: Trigger) -> None:
    sliced = Sliced(members=3)
    run = sliced.start()
    waiting = replace(sliced.stored(run.id), trigger=trigger)
    sliced.world.control.runs["t1", run.id] = waiting
    automations = sliced.world.automations
    saved = automations.get("t1", sliced.connection.id)
    automations.put("t1", replace(saved, enabled=False))

    sliced.world.drain(sliced.work)

    ended = sliced.stored(run.id).state
    scheduled = trigger is Trigger.SCHEDULE
    assert ended is (RunState.CANCELLED if scheduled else RunState.SUCCEEDED)
    assert len(sliced.world.tenant().by_id) == (0 if scheduled else 3)


def test_a_run_whose_slices_get_nowhere_fails_and_says_so() -> None:
    """No time is left for a single page, again and again."""
    sliced = Sliced(members=3, left=0.1)

    run = sliced.sync()

    assert (run.state, run.error_code) == (RunState.FAILED, "gave_up")
    assert len(sliced.messages) <= MAX_ATTEMPTS + 2


def test_a_run_that_takes_too_many_slices_fails_and_says_so() -> None:
    sliced = Sliced(members=3)
    run = sliced.start()
    sliced.world.queue.waiting.clear()

    sliced.world.queue.send(SliceMessage("t1", sliced.connection.id, run.id, 0, MAX_HOPS + 1))
    sliced.world.drain(sliced.work)

    ended = sliced.stored(run.id)
    assert (ended.state, ended.error_code) == (RunState.FAILED, "too_many_slices")
    assert ended.event_sent
    assert ended.error is not None
    assert ended.error.startswith(f"It did not end within {MAX_HOPS} slices.")
    assert len(sliced.messages) == 1


def test_the_number_of_slices_outlives_a_crash() -> None:
    sliced = Sliced(members=3)
    run = sliced.start()
    checkpoint = replace(run.checkpoint, hops=MAX_HOPS + 1)
    sliced.world.runs.save(replace(sliced.stored(run.id), checkpoint=checkpoint), due_at=None)

    sliced.world.drain(sliced.work)

    assert sliced.stored(run.id).error_code == "too_many_slices"


def test_the_last_slice_that_is_allowed_still_works() -> None:
    sliced = Sliced(members=3)
    run = sliced.start()
    sliced.world.queue.waiting.clear()

    sliced.world.queue.send(SliceMessage("t1", sliced.connection.id, run.id, 0, MAX_HOPS))
    sliced.world.drain(sliced.work)

    assert sliced.stored(run.id).state is RunState.SUCCEEDED


@pytest.mark.parametrize("asked", [True, False], ids=["and_asked_to_stop", "only"])
def test_a_run_that_waits_when_its_connection_is_disconnected_is_cancelled(*, asked: bool) -> None:
    sliced = Sliced(members=3)
    run = sliced.start()
    if asked:
        sliced.world.runs.request_cancel("t1", run.id)
    sliced.disconnect()

    sliced.world.drain(sliced.work)

    ended = sliced.stored(run.id)
    assert (ended.state, ended.error_code) == (RunState.CANCELLED, "disconnected")
    assert ended.error == "The connection was disconnected. What was done until then stays."
    assert ended.event_sent


@pytest.mark.parametrize(
    ("code", "disconnecting", "state"),
    [("disconnected", True, RunState.CANCELLED), ("grant_refused", False, RunState.FAILED)],
    ids=["disconnected", "login_ended"],
)
def test_a_run_whose_connection_ends_is_cancelled_only_if_its_owner_did_that(
    code: str, state: RunState, *, disconnecting: bool
) -> None:
    """The token service refuses before the worker hears that it has to stop."""
    sliced = Sliced(members=3)
    run = sliced.start()
    refused = ConnectionStopped(code, "The connection ended.")
    if disconnecting:
        sliced.world.io.once("crm.members_page", sliced.disconnect)
    sliced.world.io.strike("crm.members_page", Error(refused))

    sliced.world.drain(sliced.work)

    ended = sliced.stored(run.id)
    assert (ended.state, ended.error_code) == (state, code)


def test_what_only_the_operator_can_mend_ends_the_run_and_is_raised() -> None:
    sliced = Sliced(members=3)
    run = sliced.start()
    refused = CrmSyncError("aws_refused", "PutObject was refused: AccessDenied")
    sliced.world.io.strike("artifacts.write_part", Error(refused))

    raised, *later = sliced.world.drain(sliced.work)

    ended = sliced.stored(run.id)
    assert raised is refused
    assert later == ["done"]
    assert (ended.state, ended.error_code) == (RunState.FAILED, "aws_refused")
    assert ended.event_sent
