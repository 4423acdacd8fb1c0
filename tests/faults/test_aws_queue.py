"""A1 to A11: messages, ticks and workers that come twice, late, together, or die."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from crmsync.adapters.dynamodb.due import DynamoDueIndex
from crmsync.bootstrap import sync
from crmsync.domain.automation import Automation, Cadence, Every, Terms
from crmsync.domain.errors import Retry
from crmsync.domain.run import Run, RunState, Trigger
from crmsync.observability import Failed
from crmsync.services.advance_run import MAX_HOPS
from crmsync.services.plan_pages import PAGE_SIZE
from crmsync.services.work import LEASE_MARGIN

from tests.fakes.builders import a_mapping
from tests.fakes.clock import START
from tests.fakes.numbered import Crash, Error, Kind
from tests.faults.cloud import Cloud, Desk, checkpoint_in
from tests.integration.faults import line
from tests.template.template import Template, names_in


def dies(cloud: Cloud, body: str, at: str) -> None:
    """The worker that got this message is killed at that call."""
    cloud.io.strike(at, Kind.CRASH_BEFORE)
    with pytest.raises(Crash):
        cloud.deliver(body)


def automations(cloud: Cloud, number: int) -> list[str]:
    """So many connections whose hourly sync is due in a minute."""
    due = cloud.clock.now() + timedelta(minutes=1)
    ids = []
    for index in range(number):
        connection = cloud.connect(user_id=f"u{index}")
        made = Automation(
            connection.id,
            live=(a_mapping(cloud.campaign_id, "g1"),),
            live_cadence=Cadence(Every.HOUR),
            terms=Terms("2026-11", "advisor", cloud.clock.now(), "d"),
            next_run_at=due,
        )
        cloud.ports.automations.put("t1", made)
        ids.append(connection.id)
    cloud.clock.advance(90)
    return ids


def scheduled(cloud: Cloud, ids: list[str]) -> list[list[Run]]:
    """The runs that the schedule started, per connection."""
    pages = [cloud.ports.runs.page("t1", each, None, 50).items for each in ids]
    return [[run for run in page if run.trigger is Trigger.SCHEDULE] for page in pages]


def test_a1_a_message_delivered_twice_changes_nothing_the_second_time(cloud: Cloud) -> None:
    cloud.group("ada", "bob")
    run = cloud.start()
    (body,) = cloud.messages()
    cloud.deliver(body)
    ended, arrived = cloud.stored(run), cloud.arrived
    calls = cloud.io.count

    assert cloud.deliver(body) == "done"

    assert cloud.io.count == calls
    assert (cloud.stored(run), cloud.arrived) == (ended, ["Ada", "Bob"])
    assert arrived == ["Ada", "Bob"]


def test_a2_a_message_for_an_older_checkpoint_is_dropped(cloud: Cloud) -> None:
    cloud.group("ada")
    run = cloud.start()
    (first,) = cloud.messages()
    cloud.clock.seconds_left = 0
    assert cloud.deliver(first) == "continue"
    (second,) = cloud.messages()
    waiting = cloud.stored(run)

    late = cloud.deliver(first)

    assert checkpoint_in(first) < checkpoint_in(second)
    assert late == "stale"
    assert (cloud.stored(run), cloud.arrived, cloud.messages()) == (waiting, [], [])
    cloud.clock.seconds_left = 900
    cloud.deliver(second)
    assert cloud.stored(run).state is RunState.SUCCEEDED


def test_a3_of_two_deliveries_at_once_one_works_and_a_dead_holder_is_succeeded(
    cloud: Cloud,
) -> None:
    cloud.org().external_id = False
    cloud.group("ada")
    run = cloud.start()
    (body,) = cloud.messages()
    beside: list[str] = []
    cloud.io.once("crm.write_people", lambda: beside.append(cloud.deliver(body)))

    assert cloud.deliver(body) == "done"
    assert beside == ["waiting"]
    assert cloud.arrived == ["Ada"]

    cloud.group("bob")
    cloud.clock.advance(3600)
    second = cloud.start()
    (body,) = cloud.messages()
    dies(cloud, body, "crm.write_people")
    fence = cloud.stored(second).fence
    assert cloud.deliver(body) == "waiting"
    cloud.clock.advance(cloud.clock.lifetime() + LEASE_MARGIN.total_seconds())
    cloud.deliver(body)
    cloud.work()

    assert cloud.stored(run).state is RunState.SUCCEEDED
    assert cloud.stored(second).fence == fence + 1
    assert cloud.arrived == ["Ada", "Bob"]


def test_a4_a_dead_workers_run_is_revived_long_before_its_message_shows_again(
    cloud: Cloud, deployed: Template
) -> None:
    queue = deployed.of_type("AWS::SQS::Queue")["SyncQueue"]
    function = deployed.of_type("AWS::Lambda::Function")["RunSyncFunction"]
    longest = deployed.content["Parameters"][function["Timeout"]["Ref"]]
    lease = timedelta(seconds=longest["Default"]) + LEASE_MARGIN
    assert queue["VisibilityTimeout"] >= 6 * longest["MaxValue"]
    assert float(function["Environment"]["Variables"]["SLICE_SECONDS"]) <= 120
    assert lease + timedelta(minutes=1) <= timedelta(minutes=6)
    assert lease < timedelta(seconds=queue["VisibilityTimeout"])
    cloud.clock.seconds_left = longest["Default"] - 60  # what `lifetime` of the fake adds
    cloud.group("ada")
    run = cloud.start()
    (body,) = cloud.messages()
    dies(cloud, body, "crm.write_people")

    cloud.clock.moment += lease - timedelta(seconds=1)
    assert not cloud.sweep().done["run"]
    cloud.clock.advance(60)
    assert cloud.sweep().done["run"] == 1
    cloud.work()

    assert cloud.stored(run).state is RunState.SUCCEEDED
    assert cloud.arrived == ["Ada"]


def test_a5_a_worker_near_its_end_starts_nothing_and_a_killed_one_loses_one_page_at_most() -> None:
    office = Desk(people=450)
    assert sync._RESERVE_SECONDS >= 30
    office.clock.seconds_left = 0
    assert office.deliver(office.slices.handle) == "continue"
    assert not office.writes()

    office.clock.seconds_left = 180
    office.dies_at("crm.write_people", 2)
    assert isinstance(office.deliver(office.slices.handle), Crash)
    done = len(office.org().people)
    office.drain(office.slices.handle)

    assert done == PAGE_SIZE
    assert len(office.org().people) == 450
    assert office.writes() == ["crm.write_people"] * 4
    assert office.run.state is RunState.SUCCEEDED


def test_a6_a_run_may_call_itself_but_only_so_often_and_only_while_it_gets_on(
    cloud: Cloud, deployed: Template
) -> None:
    function = deployed.of_type("AWS::Lambda::Function")["RunSyncFunction"]
    assert function["RecursiveLoop"] == "Allow"
    assert MAX_HOPS <= 500
    run = cloud.start()
    (body,) = cloud.messages()
    at_the_cap = json.dumps({**json.loads(body), "hop": MAX_HOPS})
    cloud.clock.seconds_left = 0
    cloud.deliver(at_the_cap)
    (beyond,) = cloud.messages()

    assert cloud.deliver(beyond) == "failed"

    stored = cloud.stored(run)
    assert (stored.state, stored.error_code) == (RunState.FAILED, "too_many_slices")
    assert cloud.messages() == []

    stuck = cloud.start()
    for _ in range(6):
        cloud.clock.seconds_left = 0
        cloud.messages()
        cloud.io.strike("gateway.open", Error(Retry("lost", "x")))
        with pytest.raises(Failed):
            cloud.deliver(cloud.message_of(stuck))
    cloud.deliver(cloud.message_of(stuck))
    assert cloud.stored(stuck).error_code == "gave_up"


def test_a7_a_message_nobody_can_read_is_set_aside_and_a_run_nobody_can_do_ends(
    cloud: Cloud, deployed: Template
) -> None:
    redrive = deployed.of_type("AWS::SQS::Queue")["SyncQueue"]["RedrivePolicy"]
    watched = [
        name
        for alarm in deployed.of_type("AWS::CloudWatch::Alarm").values()
        for name in names_in(alarm["Dimensions"])
    ]
    assert redrive["maxReceiveCount"] >= 5
    assert "SyncDeadLetterQueue" in watched
    poison = '{"tenant_id": "t1", "run_id": 7}'
    cloud._handle_event(poison)
    assert cloud.dead() == [poison]
    assert cloud.outcomes == []

    run = cloud.start()
    (body,) = cloud.messages()
    for _ in range(5):
        dies(cloud, body, "gateway.open")
        cloud.clock.advance(3600)

    assert cloud.deliver(body) == "failed"
    assert (cloud.stored(run).state, cloud.stored(run).error_code) == (RunState.FAILED, "gave_up")


def test_a8_a_slice_comes_alone_and_its_failure_is_nobody_elses(
    cloud: Cloud, deployed: Template
) -> None:
    source = deployed.one("AWS::Lambda::EventSourceMapping")
    assert source["BatchSize"] == 1
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    cloud.start()
    (body,) = cloud.messages()
    cloud.io.strike("gateway.open", Error(KeyError("a bug")))

    with pytest.raises(Failed, match="KeyError"):
        cloud.deliver(body)

    assert cloud._handle_event(body) == {"batchItemFailures": []}


def test_a9_throttled_workers_wait_in_the_queue_and_no_connection_holds_up_another(
    cloud: Cloud, deployed: Template
) -> None:
    scaling = deployed.one("AWS::Lambda::EventSourceMapping")["ScalingConfig"]
    function = deployed.of_type("AWS::Lambda::Function")["RunSyncFunction"]
    assert 2 <= scaling["MaximumConcurrency"] <= 1000
    assert "ReservedConcurrentExecutions" not in function

    with line(cloud.clients.sqs, "SendMessage") as sent:
        cloud.start()

    assert [call["MessageGroupId"] for call in sent.sent] == [cloud.connection.id]
    assert not deployed.of_type("AWS::SQS::Queue")["SyncQueue"].get("FifoQueue")


def test_a10_ticks_that_come_twice_late_or_not_at_all_start_one_run(cloud: Cloud) -> None:
    ids = automations(cloud, 1)
    index, until = DynamoDueIndex(cloud.database.table("ControlTable")), START + timedelta(days=1)
    (seen_by_another_tick,) = index.due(cloud.clock.now(), None, 10).items
    cloud.sweep()
    cloud.sweep()
    assert not index.claim(seen_by_another_tick, until)
    ((first,),) = scheduled(cloud, ids)
    cloud.work()

    cloud.clock.advance(5 * 3600)
    cloud.sweep()
    cloud.sweep()

    ((second, again),) = scheduled(cloud, ids)
    assert again.id == first.id
    due = cloud.ports.automations.get("t1", ids[0]).next_run_at
    assert due is not None
    assert cloud.clock.now() < due <= cloud.clock.now() + timedelta(hours=1)
    assert second.id != first.id


def test_a11_a_fan_out_that_fails_half_way_starts_every_run_once(cloud: Cloud) -> None:
    ids = automations(cloud, 12)
    cloud.clock.start_slice(0)
    assert not cloud.sweep().complete
    cloud.clock.start_slice(None)
    with line(cloud.clients.sqs, "SendMessage") as sends:
        sends.refuses("InvalidAddress", times=5)
        broken = cloud.sweep()

    for _ in range(3):
        cloud.clock.advance(360)
        assert not cloud.sweep().failed

    assert len(broken.failed) == 5
    assert [len(runs) for runs in scheduled(cloud, ids)] == [1] * 12
    assert {run.state for runs in scheduled(cloud, ids) for run in runs} == {RunState.QUEUED}
    bodies = [body for _ in range(9) for body in cloud.messages()]
    assert {json.loads(body)["connection_id"] for body in bodies} == set(ids)
