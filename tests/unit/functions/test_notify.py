"""functions/notify: events of the bus, as EventBridge hands them over."""

from __future__ import annotations

from typing import Any

from crmsync.domain.run import Run, RunState
from crmsync.ports.webhooks import Delivery

from functions.notify.app import make_handler
from tests.unit.functions.events import Context
from tests.unit.services.test_notify_outcome import BUSY, HOOK, NoticeWorld


def event(world: NoticeWorld, kind: str, **detail: str) -> dict[str, Any]:
    said_at = world.clock.now()
    return {
        "source": "crmsync",
        "detail-type": kind,
        "time": said_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "detail": {"tenant_id": "t1", "connection_id": world.connection.id, **detail},
    }


def completed(world: NoticeWorld, run: Run) -> dict[str, Any]:
    return event(world, "run.completed", run_id=run.id, event_id=f"completed-{run.id}")


def test_a_completed_run_becomes_one_notification() -> None:
    world = NoticeWorld()
    handler = make_handler(lambda: world.notify)
    run = world.ends(RunState.SUCCEEDED, BUSY)

    answers = [handler(completed(world, run), Context()) for _ in range(2)]

    assert answers == [{"told": True}, {"told": False}]
    assert [notice.id for notice in world.told] == [f"n_{run.id}"]


def test_a_stopped_connection_becomes_one_notification() -> None:
    world = NoticeWorld()
    handler = make_handler(lambda: world.notify)

    for _ in range(2):
        stopped = event(world, "connection.stopped", reason="inactive_user", event_id="stopped-c-1")
        handler(stopped, Context())

    assert [notice.kind for notice in world.told] == ["connection.stopped"]


def test_an_event_nobody_asked_for_is_let_pass() -> None:
    world = NoticeWorld()

    assert make_handler(lambda: world.notify)(event(world, "run.started"), Context()) == {
        "told": False
    }


def test_a_failing_webhook_is_posted_to_again_when_its_time_has_come() -> None:
    world = NoticeWorld(hooks=[HOOK])
    world.sender.answer = lambda _: Delivery(503)
    handler = make_handler(lambda: world.notify)
    run = world.ends(RunState.SUCCEEDED, BUSY)
    handler(completed(world, run), Context())

    told = handler(event(world, "webhook.due", post_id=f"{run.id}.{HOOK.id}"), Context())

    assert told == {"told": False}
    assert len(world.sender.posts) == 2
