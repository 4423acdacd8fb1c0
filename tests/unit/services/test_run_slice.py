"""Which message is worked on, under which lease, and what is sent on when the slice ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from crmsync.domain.connection import ConnectionStatus
from crmsync.domain.errors import ConnectionStopped, CrmSyncError, Defer, LeaseLost, Retry
from crmsync.domain.run import Run, RunState, SliceMessage
from crmsync.services.advance_run import MAX_ATTEMPTS, MAX_DELAY, RETRY_SECONDS
from crmsync.services.break_off import LOGIN_CODES
from crmsync.services.run_slice import RunSlice
from crmsync.services.work import LEASE_MARGIN

from tests.fakes.numbered import Boundary
from tests.unit.services.two_mappings import TwoMappings


class Queue(TwoMappings):
    """One run is queued; calls can be refused, and every call is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.run = self.start()
        self.calls: list[Boundary] = []
        self.refused: dict[str, Exception] = {}
        self.world.io.every = self._look

    def _look(self, at: Boundary) -> None:
        self._keep(at)
        self.calls.append(at)
        if at.name in self.refused:
            raise self.refused[at.name]

    def handle(self, **changes: Any) -> str:
        """Work the queued message, or one that differs from it in something."""
        (message,) = (m for m in self.world.queue.ready() if m.run_id == self.run.id)
        self.world.queue.waiting.clear()
        return RunSlice(self.world.ports).handle(replace(message, **changes))

    def store(self, **changes: Any) -> Run:
        """Change the run as it is stored."""
        stored = replace(self.stored(self.run), **changes)
        self.world.control.runs["t1", self.run.id] = stored
        return stored

    def called(self, name: str) -> list[Boundary]:
        return [at for at in self.calls if at.name == name]

    @property
    def waiting(self) -> list[tuple[float, SliceMessage]]:
        now = self.world.clock.now()
        return [((at - now).total_seconds(), message) for at, message in self.world.queue.waiting]

    @property
    def is_leased(self) -> bool:
        return ("t1", self.connection.id) in self.world.control.leases


@pytest.fixture
def queue() -> Queue:
    return Queue()


# --- what is not worked on ----------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False], ids=["ended and told", "unknown"])
def test_a_run_that_nothing_is_left_to_do_for_costs_one_read(queue: Queue, *, known: bool) -> None:
    if known:
        queue.store(state=RunState.SUCCEEDED, event_sent=True)

    assert queue.handle(**({} if known else {"run_id": "run_none"})) == "done"
    assert [at.name for at in queue.calls] == ["runs.get"]


def test_a_run_that_ended_untold_is_told_and_else_left_alone(queue: Queue) -> None:
    queue.store(state=RunState.SUCCEEDED, fence=1)

    assert queue.handle() == "done"

    told = queue.stored(queue.run)
    assert (told.state, told.event_sent) == (RunState.SUCCEEDED, True)
    assert len(queue.called("events.publish")) == len(queue.called("runs.save")) == 1
    assert not queue.is_leased


def test_a_message_of_a_connection_that_is_gone_takes_no_lease(queue: Queue) -> None:
    assert queue.handle(connection_id="con_none") == "gone"
    assert queue.called("runs.acquire") == []


def test_a_run_waits_while_another_of_its_connection_is_between_two_slices(queue: Queue) -> None:
    other = replace(queue.run, id="run_before", fence=7)
    queue.world.control.runs["t1", other.id] = other

    assert queue.handle() == "waiting"
    assert queue.called("runs.acquire") == []

    queue.world.control.runs["t1", other.id] = replace(other, fence=0)
    queue.world.queue.send(SliceMessage("t1", queue.connection.id, queue.run.id, 0))
    assert queue.handle() == "done"


def test_a_run_that_is_at_work_itself_waits_for_nobody(queue: Queue) -> None:
    queue.store(fence=1)
    other = replace(queue.run, id="run_before", fence=7)
    queue.world.control.runs["t1", other.id] = other

    assert queue.handle() == "done"


def test_a_run_waits_while_somebody_holds_the_lease(queue: Queue) -> None:
    until = queue.world.clock.now() + timedelta(seconds=1)
    queue.world.ports.runs.acquire("t1", queue.connection.id, "run_before", "wrk_x", until)

    assert queue.handle() == "waiting"
    assert queue.stored(queue.run).state is RunState.QUEUED


def test_the_lease_outlives_the_function_and_names_run_and_worker(queue: Queue) -> None:
    queue.handle()

    (at,) = queue.called("runs.acquire")
    tenant, connection, run, holder, until = at.args
    clock = queue.world.clock
    assert (tenant, connection, run) == ("t1", queue.connection.id, queue.run.id)
    assert holder.startswith("wrk_")
    assert until == clock.now() + timedelta(seconds=clock.lifetime()) + LEASE_MARGIN
    assert not queue.is_leased


# --- messages that were overtaken ---------------------------------------------------------------


def test_a_message_for_an_older_checkpoint_is_dropped_and_the_lease_given_back(
    queue: Queue,
) -> None:
    checkpoint = replace(queue.run.checkpoint, version=3)
    before = queue.store(state=RunState.GATHERING, fence=1, checkpoint=checkpoint)

    assert queue.handle(checkpoint_version=2) == "stale"

    assert queue.stored(queue.run) == before
    assert not queue.is_leased


@pytest.mark.parametrize(
    ("version", "fence", "died"),
    [(3, 1, False), (4, 1, False), (2, 0, False), (2, 1, True)],
    ids=["of this checkpoint", "of a later one", "of a run nobody began", "of a dead worker"],
)
def test_any_other_message_is_worked_on(
    queue: Queue, version: int, fence: int, *, died: bool
) -> None:
    checkpoint = replace(queue.run.checkpoint, version=3)
    queue.store(state=RunState.GATHERING, fence=fence, checkpoint=checkpoint)
    if died:
        long_ago = queue.world.clock.now() - timedelta(seconds=1)
        queue.world.runs.acquire("t1", queue.connection.id, queue.run.id, "wrk_dead", long_ago)

    assert queue.handle(checkpoint_version=version) == "done"


# --- taking over --------------------------------------------------------------------------------


def test_a_run_is_taken_over_with_fence_attempt_and_hop_before_anything_else(queue: Queue) -> None:
    queue.handle(hop=4)

    claimed, due_at = queue.saved[0]
    lease = queue.called("runs.acquire")[0].args[4]
    assert claimed == replace(
        queue.run,
        state=RunState.GATHERING,
        fence=2,
        started_at=queue.world.clock.now(),
        checkpoint=replace(queue.run.checkpoint, attempts=1, hops=4),
    )
    assert due_at == lease


def test_taking_over_again_keeps_when_it_began_and_the_most_hops(queue: Queue) -> None:
    began = queue.world.clock.now() - timedelta(minutes=7)
    checkpoint = replace(queue.run.checkpoint, attempts=2, hops=9)
    before = queue.store(state=RunState.PLANNED, fence=1, started_at=began, checkpoint=checkpoint)
    queue.handle(hop=4)

    claimed, _ = queue.saved[0]
    assert claimed.state is RunState.PLANNED
    assert claimed.started_at == began
    assert (claimed.checkpoint.attempts, claimed.checkpoint.hops) == (3, 9)
    assert claimed.crm_calls == before.crm_calls


def test_calls_of_all_slices_add_up(queue: Queue) -> None:
    fresh = Queue()
    fresh.handle()
    queue.store(crm_calls=40)

    queue.handle()

    added = [40 + run.crm_calls for run, _ in fresh.saved]
    assert [run.crm_calls for run, _ in queue.saved] == added
    assert added[0] == 40 < added[1] < added[-1]


# --- what comes after ---------------------------------------------------------------------------


def test_a_slice_that_has_to_stop_sends_the_next_one_at_once(queue: Queue) -> None:
    queue.world.clock.start_slice(0.0)

    assert queue.handle(hop=4) == "continue"

    version = queue.stored(queue.run).checkpoint.version
    message = SliceMessage("t1", queue.connection.id, queue.run.id, version, 5)
    assert queue.waiting == [(0.0, message)]
    assert not queue.is_leased


def test_a_slice_that_may_succeed_later_comes_back_later_and_is_no_slice_more(
    queue: Queue,
) -> None:
    queue.refused["crm.delta"] = Retry("crm_busy", "Try again.")

    assert queue.handle(hop=4) == "later"

    stored = queue.stored(queue.run)
    version = stored.checkpoint.version
    message = SliceMessage("t1", queue.connection.id, queue.run.id, version, 4)
    assert queue.waiting == [(RETRY_SECONDS, message)]
    assert stored.checkpoint.attempts == 1
    assert queue.due[-1] == RETRY_SECONDS + LEASE_MARGIN.total_seconds()
    assert not queue.is_leased


def test_every_further_attempt_waits_longer_and_the_last_one_ends_the_run(queue: Queue) -> None:
    queue.refused["crm.delta"] = Retry("crm_busy", "Try again.")
    waits = []
    while queue.handle() == "later":
        waits.append(queue.waiting[0][0])
        queue.world.clock.advance(queue.waiting[0][0])

    assert waits == [RETRY_SECONDS * n for n in range(1, MAX_ATTEMPTS + 1)]
    ended = queue.stored(queue.run)
    assert (ended.state, ended.error_code) == (RunState.FAILED, "gave_up")
    assert ended.error == "It was interrupted too often without getting on."


@pytest.mark.parametrize(("asked", "waits"), [(60, 60), (MAX_DELAY, MAX_DELAY), (86400, MAX_DELAY)])
def test_a_wait_the_crm_asked_for_is_bounded_and_no_attempt(
    queue: Queue, asked: int, waits: int
) -> None:
    queue.refused["crm.delta"] = Defer("limit", "Later.", seconds=asked)

    assert queue.handle() == "later"

    assert [seconds for seconds, _ in queue.waiting] == [waits]
    assert queue.stored(queue.run).checkpoint.attempts == 0
    assert queue.due[-1] == waits + LEASE_MARGIN.total_seconds()


def test_whoever_lost_the_lease_leaves_the_run_to_its_new_holder(queue: Queue) -> None:
    queue.refused["crm.delta"] = LeaseLost("fenced_out", "Somebody else has it.")

    assert queue.handle() == "lost"
    assert queue.waiting == []
    assert not queue.is_leased
    assert queue.stored(queue.run).state is RunState.GATHERING


@pytest.mark.parametrize("refused", [CrmSyncError("bug", "A bug."), ValueError("A bug.")])
def test_what_an_operator_has_to_hear_of_is_raised_and_the_lease_given_back(
    queue: Queue, refused: Exception
) -> None:
    queue.refused["crm.delta"] = refused

    with pytest.raises(type(refused), match="A bug"):
        queue.handle()

    assert not queue.is_leased
    assert queue.waiting == []


def test_the_end_of_a_run_starts_the_one_that_waited_longest_behind_it(queue: Queue) -> None:
    for number, name in enumerate(("run_y", "run_x")):
        created = queue.run.created_at + timedelta(minutes=number)
        checkpoint = replace(queue.run.checkpoint, version=6)
        waits = replace(queue.run, id=name, created_at=created, checkpoint=checkpoint)
        queue.world.control.runs["t1", name] = waits

    assert queue.handle(hop=4) == "done"

    message = SliceMessage("t1", queue.connection.id, "run_y", 6, 0)
    assert queue.waiting == [(0.0, message)]


@pytest.mark.parametrize("code", sorted({*LOGIN_CODES, "grant_missing", "secret_does_not_open"}))
def test_what_only_a_new_login_heals_is_kept_on_the_connection(queue: Queue, code: str) -> None:
    queue.refused["crm.delta"] = ConnectionStopped(code, "It ended.")

    queue.handle()

    stored = queue.world.control.connections["t1", queue.connection.id]
    assert (stored.status, stored.stopped_reason) == (ConnectionStatus.NEEDS_REAUTH, code)


def test_what_no_login_heals_leaves_the_connection_as_it_is(queue: Queue) -> None:
    queue.refused["crm.delta"] = ConnectionStopped("api_disabled", "Ask your administrator.")

    queue.handle()

    stored = queue.world.control.connections["t1", queue.connection.id]
    assert (stored.status, stored.stopped_reason) == (ConnectionStatus.CONNECTED, None)
    assert queue.stored(queue.run).error_code == "api_disabled"
