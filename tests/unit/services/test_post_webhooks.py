"""Messages to other systems, checked by the reference library of Standard Webhooks."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from crmsync.domain.change import Outcome
from crmsync.domain.run import RunState, Trigger
from crmsync.ports.notices import NoticeSettings, Webhook
from crmsync.ports.webhooks import Delivery
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from tests.unit.services.test_notify_outcome import BUSY, QUIET, NoticeWorld

SECRET = f"whsec_{base64.b64encode(b'a secret of thirty-two characters').decode()}"
OTHER_SECRET = f"whsec_{base64.b64encode(b'the secret of another webhook here').decode()}"


def hook(number: int = 1, *, enabled: bool = True, secret: str = SECRET) -> Webhook:
    return Webhook(f"w_{number}", f"https://hooks.example.com/{number}", enabled, secret)


def world_with(*hooks: Webhook, level: str = "always") -> NoticeWorld:
    """A world that shows the real time, as the verifier's clock does."""
    world = NoticeWorld(level, hooks)
    world.clock.moment = datetime.now(UTC)
    return world


def enabled_in(world: NoticeWorld) -> dict[str, bool]:
    settings = world.store.settings("t1", world.connection.user_id)
    return {each.id: each.enabled for each in settings.webhooks}


def test_a_receiver_can_verify_the_message_and_learns_ids_and_counts() -> None:
    world = world_with(hook())
    run = world.ends(RunState.SUCCEEDED, BUSY)

    world.hears_of(run)

    ((url, headers, body),) = world.sender.posts
    found = Verifier(SECRET).verify(body, dict(headers))
    assert url == "https://hooks.example.com/1"
    assert found["type"] == "run.completed"
    assert found["data"]["run_id"] == run.id
    assert found["data"]["state"] == "succeeded"
    assert found["data"]["counts"] == {"created": 1200, "unchanged": 40, "updated": 3}


def test_each_webhook_is_signed_with_its_own_secret() -> None:
    world = world_with(hook(1), hook(2, secret=OTHER_SECRET))

    world.hears_of(world.ends(RunState.SUCCEEDED, BUSY))

    (_, _, _), (_, headers, body) = world.sender.posts
    Verifier(OTHER_SECRET).verify(body, dict(headers))
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(body, dict(headers))


def test_a_changed_message_does_not_verify() -> None:
    world = world_with(hook())
    world.hears_of(world.ends(RunState.SUCCEEDED, BUSY))

    ((_, headers, body),) = world.sender.posts

    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(body.replace(b"1200", b"1"), dict(headers))


def test_the_message_is_small_and_says_nothing_about_a_person() -> None:
    world = world_with(hook())

    world.hears_of(world.ends(RunState.SUCCEEDED, BUSY, error="about ann@example.com"))

    ((_, _, body),) = world.sender.posts
    assert len(body) < 1000
    assert b"@" not in body
    assert set(json.loads(body)["data"]) == {
        "run_id",
        "connection_id",
        "kind",
        "trigger",
        "state",
        "counts",
    }


def test_a_repeat_has_the_same_id_and_body_and_a_time_of_its_own() -> None:
    world = world_with(hook())
    run = world.ends(RunState.SUCCEEDED, BUSY)
    world.hears_of(run)
    world.clock.advance(60)

    world.hears_of(run)

    first, second = world.sender.posts
    assert first[1]["webhook-id"] == second[1]["webhook-id"]
    assert first[1]["webhook-timestamp"] != second[1]["webhook-timestamp"]
    assert first[2] == second[2]


def test_a_webhook_that_is_gone_for_good_is_switched_off() -> None:
    world = world_with(hook(1), hook(2))
    world.sender.answer = lambda url: Delivery(410 if url.endswith("1") else 200)

    world.hears_of(world.ends(RunState.SUCCEEDED, BUSY))
    world.hears_of(world.ends(RunState.SUCCEEDED, BUSY))

    assert enabled_in(world) == {"w_1": False, "w_2": True}
    assert [url[-1] for url, _, _ in world.sender.posts] == ["1", "2", "2"]


def test_switching_one_off_keeps_what_its_owner_changed_meanwhile() -> None:
    world = world_with(hook(1))

    def answers(_: str) -> Delivery:
        changed = NoticeSettings("problems", (hook(1), hook(3)))
        world.store.put_settings("t1", world.connection.user_id, changed)
        return Delivery(410)

    world.sender.answer = answers

    world.hears_of(world.ends(RunState.SUCCEEDED, BUSY))

    assert enabled_in(world) == {"w_1": False, "w_3": True}


@pytest.mark.parametrize("status", [0, 301, 400, 401, 404, 408, 429, 500, 502, 503, 599])
def test_whatever_was_not_taken_is_tried_again(status: int) -> None:
    world = world_with(hook())
    world.sender.answer = lambda _: Delivery(status)
    world.hears_of(world.ends(RunState.SUCCEEDED, BUSY))

    world.tries_again()

    assert len(world.sender.posts) == 2
    assert enabled_in(world) == {"w_1": True}


@pytest.mark.parametrize("status", [200, 202, 204])
def test_what_was_taken_is_not_sent_again(status: int) -> None:
    world = world_with(hook())
    world.sender.answer = lambda _: Delivery(status)

    world.hears_of(world.ends(RunState.SUCCEEDED, BUSY))

    assert not world.control.due


def test_a_message_that_waits_is_not_sent_by_a_repeated_event() -> None:
    world = world_with(hook())
    world.sender.answer = lambda _: Delivery(503)
    run = world.ends(RunState.SUCCEEDED, BUSY)

    world.hears_of(run)
    world.hears_of(run)

    assert len(world.sender.posts) == 1


def test_a_webhook_taken_away_meanwhile_hears_nothing_more() -> None:
    world = world_with(hook())
    world.sender.answer = lambda _: Delivery(503)
    world.hears_of(world.ends(RunState.SUCCEEDED, BUSY))
    world.store.put_settings("t1", world.connection.user_id, NoticeSettings())

    assert not world.tries_again()

    assert len(world.sender.posts) == 1
    assert not world.control.due


def test_one_that_fails_keeps_no_other_from_its_message() -> None:
    world = world_with(hook(1), hook(2))
    world.sender.answer = lambda url: Delivery(500 if url.endswith("1") else 200)

    world.hears_of(world.ends(RunState.SUCCEEDED, BUSY))
    world.tries_again()

    assert [url[-1] for url, _, _ in world.sender.posts] == ["1", "2", "1"]


def test_one_that_is_switched_off_hears_nothing() -> None:
    world = world_with(hook(enabled=False))

    world.hears_of(world.ends(RunState.SUCCEEDED, BUSY))

    assert not world.sender.posts


def test_systems_hear_of_every_end_whatever_their_owner_wants_to_read() -> None:
    world = world_with(hook(), level="never")

    world.hears_of(world.ends(RunState.SUCCEEDED, QUIET, trigger=Trigger.SCHEDULE))
    world.hears_of(world.ends(RunState.FAILED, {Outcome.FAILED: 1}))

    assert len(world.sender.posts) == 2


def test_the_time_in_the_message_is_that_of_the_end() -> None:
    world = world_with(hook())
    ended = world.clock.now() - timedelta(minutes=5)

    world.hears_of(replace(world.ends(RunState.SUCCEEDED, BUSY, finished_at=ended)))

    ((_, _, body),) = world.sender.posts
    assert json.loads(body)["timestamp"] == ended.isoformat()
