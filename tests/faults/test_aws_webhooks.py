"""A24: a system that should hear of a run and is down, busy, moved or gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from crmsync.adapters.dynamodb.notices import DynamoNotices
from crmsync.adapters.dynamodb.posts import DynamoPosts
from crmsync.domain.run import RunState
from crmsync.ports.notices import NoticeSettings, Webhook
from crmsync.ports.webhooks import Delivery
from crmsync.services.notify_outcome import NotifyOutcome
from crmsync.services.post_webhooks import WAITS, PostWebhooks

from functions.notify.app import make_handler
from tests.fakes.platform import FakeEvents, FakeWebhookSender
from tests.faults.cloud import Cloud
from tests.unit.functions.events import Context

HOOK = Webhook("w_1", "https://hooks.example.com/in", enabled=True, secret="whsec_c2VjcmV0")


class Ear:
    """Another system that hears of runs, over the sweep, the bus and the function notify."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.sender, self.bus = cloud, FakeWebhookSender(), FakeEvents()
        table = cloud.database.table("ControlTable")
        self.notices, self.posts = DynamoNotices(table), DynamoPosts(table, cloud.clock)
        self.owner = ("t1", cloud.connection.user_id)
        self.notices.put_settings(*self.owner, NoticeSettings(webhooks=(HOOK,)))
        ports, clock = cloud.ports, cloud.clock
        webhooks = PostWebhooks(self.notices, self.posts, self.sender, clock)
        service = NotifyOutcome(ports.connections, ports.runs, self.notices, webhooks, clock)
        self._handler = make_handler(lambda: service)

    def hears(self, kind: str, detail: dict[str, Any]) -> None:
        """EventBridge hands an event to notify."""
        self._handler({"detail-type": kind, "detail": detail}, Context())

    def later(self, after: timedelta) -> int:
        """The next sweep after so long; how many messages it sent on their way."""
        self.cloud.clock.advance(by=after)
        self.bus.published.clear()
        self.cloud.sweep(events=self.bus)
        for kind, detail in list(self.bus.published):
            self.hears(kind, dict(detail))
        return len(self.bus.of("webhook.due"))

    @property
    def enabled(self) -> bool:
        """Whether the webhook is still in use."""
        (hook,) = self.notices.settings(*self.owner).webhooks
        return hook.enabled

    @property
    def told(self) -> list[str]:
        """What the owner was told."""
        return [notice.kind for notice in self.notices.page(*self.owner, None, 50).items]


@pytest.mark.parametrize("answer", [Delivery(503), Delivery(302), Delivery(0, "timed out")])
def test_a24_a_webhook_that_fails_is_tried_ten_times_over_three_days(
    cloud: Cloud, answer: Delivery
) -> None:
    ear = Ear(cloud)
    ear.sender.answer = lambda _: answer
    run = cloud.sync()
    completed = {"tenant_id": "t1", "connection_id": run.connection_id, "run_id": run.id}
    assert run.state is RunState.SUCCEEDED

    ear.hears("run.completed", completed)
    ear.hears("run.completed", completed)
    assert len(ear.sender.posts) == 1
    for wait in WAITS:
        assert ear.later(wait - timedelta(seconds=2)) == 0
        assert ear.later(timedelta(seconds=2)) == 1
    assert "webhook.problem" in ear.told
    assert ear.later(timedelta(days=3)) == 0

    assert len(ear.sender.posts) == 10
    assert timedelta(hours=75) < sum(WAITS, timedelta()) < timedelta(hours=76)
    assert len({headers["webhook-id"] for _, headers, _ in ear.sender.posts}) == 1
    assert len({body for _, _, body in ear.sender.posts}) == 1

    again = cloud.sync()
    ear.sender.answer = lambda _: Delivery(429, retry_after=7200)
    ear.hears("run.completed", {**completed, "run_id": again.id})
    assert ear.later(timedelta(hours=1)) == 0
    ear.sender.answer = lambda _: Delivery(410)
    assert ear.later(timedelta(hours=1)) == 1
    assert not ear.enabled
    assert ear.later(timedelta(days=3)) == 0
