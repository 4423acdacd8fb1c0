from __future__ import annotations

import base64

import pytest
from crmsync.domain.notification import Notification

from tests.fakes.world import World
from tests.unit.functions.api.people import Api, User

URL = "https://hooks.example/crmsync"


def tell(world: World, number: int, user_id: str = "advisor-u1") -> None:
    notice = Notification(
        id=f"n_{number}",
        tenant_id="t1",
        user_id=user_id,
        kind="run_succeeded",
        title="Sync done",
        body="2 created",
        created_at=world.clock.advance(60),
        run_id=f"run_{number}",
    )
    world.notices.add(notice)


def test_notifications_are_the_callers_own_newest_first(advisor: User, world: World) -> None:
    for number in range(3):
        tell(world, number)
    tell(world, 9, "advisor-u2")

    first = advisor.get("notifications?limit=2").body
    second = advisor.get(f"notifications?limit=2&cursor={first['cursor']}").body

    assert [n["id"] for n in first["items"] + second["items"]] == ["n_2", "n_1", "n_0"]
    assert first["items"][0]["read"] is False


def test_a_notification_is_marked_read_by_its_owner_only(
    api: Api, advisor: User, world: World
) -> None:
    tell(world, 1)

    stranger = api.user("advisor-u2").post("notifications/n_1/read")
    for _ in range(2):
        assert advisor.post("notifications/n_1/read").status == 204

    assert stranger.code == "no_such_notification"
    assert advisor.get("notifications").body["items"][0]["read"] is True


def test_a_webhooks_secret_is_shown_once(advisor: User, world: World) -> None:
    added = advisor.put("notification-settings", {"webhooks": [{"url": URL}]}).body["webhooks"][0]

    shown = [advisor.get("notification-settings").body["webhooks"][0]["secret"]]
    kept = {**advisor.get("notification-settings").body["webhooks"][0], "enabled": False}
    shown.append(
        advisor.put("notification-settings", {"webhooks": [kept]}).body["webhooks"][0]["secret"]
    )

    assert added["secret"].startswith("whsec_")
    assert len(base64.b64decode(added["secret"].removeprefix("whsec_"))) >= 32
    assert shown == [None, None]
    stored = world.notices.settings("t1", "advisor-u1").webhooks[0]
    assert (stored.secret, stored.enabled) == (added["secret"], False)


def test_a_webhook_that_is_left_out_is_removed(advisor: User) -> None:
    advisor.put("notification-settings", {"webhooks": [{"url": URL}]})

    advisor.put("notification-settings", {"level": "problems", "webhooks": []})

    assert advisor.get("notification-settings").body == {"level": "problems", "webhooks": []}


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/x",
        "https://hooks.example:22/x",
        "https://user:pw@hooks.example/x",
        "https://localhost/x",
        "https://10.0.0.1/x",
        "https://93.184.216.34/x",
        "https:///x",
        "https://hooks.example:99999/x",
        "ftp://hooks.example/",
        "javascript:alert(1)",
        "https://[::1/",
    ],
)
def test_an_address_that_must_not_be_posted_to_is_refused(advisor: User, url: str) -> None:
    refused = advisor.put("notification-settings", {"webhooks": [{"url": URL}, {"url": url}]})

    assert (refused.status, refused.pointers) == (422, ["/webhooks/1/url"])
    assert advisor.get("notification-settings").body["webhooks"] == []


def test_a_webhook_of_somebody_else_cannot_be_taken_over(api: Api, advisor: User) -> None:
    added = advisor.put("notification-settings", {"webhooks": [{"url": URL}]}).body["webhooks"][0]

    stranger = api.user("advisor-u2")
    body = {"webhooks": [{"id": added["id"], "url": URL}]}

    assert stranger.put("notification-settings", body).pointers == ["/webhooks/0/id"]


def test_settings_start_with_the_defaults_and_know_three_levels(advisor: User) -> None:
    assert advisor.get("notification-settings").body == {"level": "always", "webhooks": []}
    assert advisor.put("notification-settings", {"level": "sometimes"}).pointers == ["/level"]
