"""Who is told what, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from crmsync.domain.change import Outcome
from crmsync.domain.connection import ConnectionStatus
from crmsync.domain.mapping import Direction, Mapping, Target
from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.domain.notification import Notification
from crmsync.domain.run import Run, RunKind, RunState, Trigger
from crmsync.ports.notices import NoticeSettings, Webhook
from crmsync.ports.webhooks import Delivery
from crmsync.services.notify_outcome import NotifyOutcome
from crmsync.services.post_webhooks import WAITS, PostWebhooks

from tests.fakes.control import FakeNotices, FakePosts, FakeRuns
from tests.fakes.platform import FakeWebhookSender
from tests.fakes.world import World

MAPPING = Mapping("m1", Target("701"), Target("g1"), Direction.BOTH)
HOOK = Webhook("w_1", "https://hooks.example.com/in", enabled=True, secret="whsec_c2VjcmV0")


class NoticeWorld(World):
    """A world in which runs end and somebody may want to know."""

    def __init__(self, level: str = "always", hooks: Sequence[Webhook] = ()) -> None:
        super().__init__()
        self.connection = self.connect()
        self.store = FakeNotices(self.control)
        settings = NoticeSettings(level, tuple(hooks))
        self.store.put_settings("t1", self.connection.user_id, settings)
        self.sender = FakeWebhookSender()
        posts = PostWebhooks(self.store, FakePosts(self.control), self.sender, self.clock)
        runs = FakeRuns(self.control)
        self.notify = NotifyOutcome(self.connections, runs, self.store, posts, self.clock)

    def ends(
        self,
        state: RunState,
        counts: dict[Outcome, int] | None = None,
        *,
        row: dict[str, Any] | None = None,
        **choices: Any,
    ) -> Run:
        """A run that ended so, with one mapping."""
        mapping = MappingRun(MAPPING, state=MappingState.DONE, counts=counts or {})
        made = Run(
            id=self.ids.new("run"),
            tenant_id="t1",
            connection_id=self.connection.id,
            kind=RunKind.SYNC,
            trigger=Trigger.MANUAL,
            state=state,
            started_by=self.connection.user_id,
            created_at=self.clock.now(),
            finished_at=self.clock.now(),
            mappings=(replace(mapping, **(row or {})),),
        )
        return FakeRuns(self.control).create(replace(made, **choices), due_at=None)

    def hears_of(self, run: Run) -> bool:
        """The event about it arrives."""
        detail = {"tenant_id": "t1", "connection_id": run.connection_id, "run_id": run.id}
        return self.notify.run_completed(detail)

    def tries_again(self) -> bool:
        """The time of the one message that waits has come."""
        (((kind, tenant_id, post_id), at),) = self.control.due.items()
        assert kind == "post"
        self.clock.moment = at
        return self.notify.webhook_due({"tenant_id": tenant_id, "post_id": post_id})

    def hears_of_stop(self, event_id: str = "stopped-1", reason: str = "login_refused") -> bool:
        """The event about a stopped connection arrives."""
        names = {"tenant_id": "t1", "connection_id": self.connection.id}
        return self.notify.connection_stopped({**names, "event_id": event_id, "reason": reason})

    @property
    def told(self) -> list[Notification]:
        """All notifications, oldest first."""
        return list(self.control.notices.values())


QUIET: dict[Outcome, int] = {Outcome.UNCHANGED: 40, Outcome.SKIPPED: 2}
BUSY: dict[Outcome, int] = {Outcome.CREATED: 1200, Outcome.UPDATED: 3, Outcome.UNCHANGED: 40}


def test_a_finished_run_is_told_to_the_owner_with_its_counts() -> None:
    world = NoticeWorld()
    run = world.ends(RunState.SUCCEEDED, BUSY)

    assert world.hears_of(run)

    (notice,) = world.told
    assert notice.id == f"n_{run.id}"
    assert (notice.tenant_id, notice.user_id) == ("t1", world.connection.user_id)
    assert (notice.run_id, notice.connection_id) == (run.id, world.connection.id)
    assert notice.kind == "run.succeeded"
    assert notice.title == "Salesforce sync finished"
    assert notice.body == "1,200 created, 3 updated, 40 unchanged."


def test_a_quiet_scheduled_run_that_found_a_field_paused_tells_so() -> None:
    world = NoticeWorld()
    names = ("mobile_phone", "Firm_Note__c")
    found = world.ends(RunState.SUCCEEDED, QUIET, trigger=Trigger.SCHEDULE, paused_fields=names)
    later = world.ends(RunState.SUCCEEDED, QUIET, trigger=Trigger.SCHEDULE)

    assert [world.hears_of(found), world.hears_of(later)] == [True, False]

    (notice,) = world.told
    assert "Not synced any more: mobile phone, Firm_Note__c." in notice.body


def test_an_event_that_comes_again_tells_nobody_again() -> None:
    world = NoticeWorld()
    run = world.ends(RunState.SUCCEEDED, BUSY)

    assert [world.hears_of(run) for _ in range(3)] == [True, False, False]
    assert len(world.told) == 1


@pytest.mark.parametrize(
    ("state", "counts", "row", "kind", "words"),
    [
        (RunState.PARTIAL, {Outcome.FAILED: 2, Outcome.CREATED: 5}, {}, "run.partial", "2 failed"),
        (
            RunState.PARTIAL,
            {Outcome.HELD: 90},
            {"state": MappingState.HELD},
            "run.held",
            "90 held",
        ),
        (RunState.CANCELLED, {Outcome.UPDATED: 4}, {}, "run.cancelled", "4 updated"),
        (RunState.FAILED, {}, {}, "run.failed", "goes on from here"),
    ],
)
def test_every_other_end_has_its_own_words(
    state: RunState, counts: dict[Outcome, int], row: dict[str, Any], kind: str, words: str
) -> None:
    world = NoticeWorld()

    world.hears_of(world.ends(state, counts, row=row))

    (notice,) = world.told
    assert notice.kind == kind
    assert words in notice.body


def test_a_failed_run_says_why() -> None:
    world = NoticeWorld()

    world.hears_of(world.ends(RunState.FAILED, error="The CRM is being maintained."))

    assert "The CRM is being maintained." in world.told[0].body


def test_an_undo_is_called_an_undo() -> None:
    world = NoticeWorld()

    world.hears_of(world.ends(RunState.SUCCEEDED, BUSY, undoes="run_0"))

    assert world.told[0].title == "Salesforce undo finished"


def test_a_quiet_scheduled_run_is_told_to_nobody() -> None:
    world = NoticeWorld()
    run = world.ends(RunState.SUCCEEDED, QUIET, trigger=Trigger.SCHEDULE)

    assert not world.hears_of(run)
    assert not world.told


def test_a_quiet_run_somebody_asked_for_is_told() -> None:
    world = NoticeWorld()

    assert world.hears_of(world.ends(RunState.SUCCEEDED, QUIET))


def test_a_scheduled_run_that_changed_something_is_told() -> None:
    world = NoticeWorld()
    run = world.ends(RunState.SUCCEEDED, BUSY, trigger=Trigger.SCHEDULE)

    assert world.hears_of(run)
    assert world.told[0].id == f"n_{run.id}"


def test_the_same_trouble_of_every_scheduled_run_is_told_once_a_week() -> None:
    world = NoticeWorld()
    counts = {Outcome.FAILED: 1, Outcome.UNCHANGED: 40}

    for _ in range(24 * 14):
        world.hears_of(world.ends(RunState.PARTIAL, counts, trigger=Trigger.SCHEDULE))
        world.clock.advance(by=timedelta(hours=1))

    assert len(world.told) == 3


def test_new_trouble_of_a_scheduled_run_is_told_at_once() -> None:
    world = NoticeWorld()
    for failed in (1, 1, 2):
        counts = {Outcome.FAILED: failed}
        world.hears_of(world.ends(RunState.PARTIAL, counts, trigger=Trigger.SCHEDULE))

    assert len(world.told) == 2


@pytest.mark.parametrize(
    ("reason", "words"),
    [("campaign_inactive", "no longer active"), ("campaign_gone", "gone from the CRM")],
)
def test_a_mapping_that_pauses_is_told_with_the_reason(reason: str, words: str) -> None:
    world = NoticeWorld()
    row = {"state": MappingState.PAUSED, "reason": reason}

    world.hears_of(world.ends(RunState.PARTIAL, QUIET, row=row, trigger=Trigger.SCHEDULE))

    (notice,) = world.told
    assert f"A mapping is paused: its campaign is {words}" in notice.body


def test_a_mapping_whose_pause_was_told_before_is_no_news() -> None:
    world = NoticeWorld()
    row = {"state": MappingState.PAUSED, "reason": "campaign_inactive", "told": True}

    assert not world.hears_of(
        world.ends(RunState.PARTIAL, QUIET, row=row, trigger=Trigger.SCHEDULE)
    )


def test_a_stopped_connection_is_told_once_and_not_by_its_scheduled_run_too() -> None:
    world = NoticeWorld()
    needs_reauth = replace(world.connection, status=ConnectionStatus.NEEDS_REAUTH)
    world.control.connections["t1", world.connection.id] = needs_reauth
    run = world.ends(RunState.FAILED, error_code="login_refused", trigger=Trigger.SCHEDULE)

    world.hears_of_stop()
    world.hears_of_stop()
    world.hears_of(run)

    (notice,) = world.told
    assert notice.kind == "connection.stopped"
    assert notice.title == "Salesforce needs you to sign in again"
    assert notice.connection_id == world.connection.id


def test_the_reason_of_a_stop_is_said_in_plain_words() -> None:
    world = NoticeWorld()

    world.hears_of_stop(reason="inactive_user")

    assert "no longer active" in world.told[0].body


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("grant_refused", "Sign in again: all mappings and the history are kept."),
        ("inactive_user", "Sign in again as another user of that org"),
        ("app_blocked", "Ask them to let it in, then sign in again"),
        ("different_org", "Make a new connection for that org"),
    ],
)
def test_the_notice_of_a_stop_says_what_helps_against_this_one(reason: str, remedy: str) -> None:
    world = NoticeWorld()

    world.hears_of_stop(reason=reason)

    assert remedy in world.told[0].body
    assert ("sign in again" in world.told[0].body.lower()) is (reason != "different_org")


def test_a_later_stop_of_the_same_connection_is_told_again() -> None:
    world = NoticeWorld()

    world.hears_of_stop("stopped-1")
    world.hears_of_stop("stopped-7")

    assert len(world.told) == 2


def test_who_wants_problems_only_hears_of_no_success() -> None:
    world = NoticeWorld("problems")

    assert not world.hears_of(world.ends(RunState.SUCCEEDED, BUSY))
    assert not world.hears_of(world.ends(RunState.CANCELLED, BUSY))
    assert world.hears_of(world.ends(RunState.FAILED))
    assert world.hears_of_stop()


def test_who_wants_nothing_hears_nothing() -> None:
    world = NoticeWorld("never")

    world.hears_of(world.ends(RunState.FAILED))
    world.hears_of_stop()

    assert not world.told


@pytest.mark.parametrize("state", [RunState.APPLYING, RunState.PLANNED])
def test_a_run_that_has_not_ended_is_told_to_nobody(state: RunState) -> None:
    world = NoticeWorld(hooks=[HOOK])

    assert not world.hears_of(world.ends(state, kind=RunKind.PREVIEW))
    assert not world.sender.posts


def test_an_event_of_an_unknown_run_or_connection_is_no_reason_to_fail() -> None:
    world = NoticeWorld()
    run = world.ends(RunState.SUCCEEDED, BUSY, connection_id="c_gone")

    assert not world.hears_of(run)
    assert not world.hears_of(replace(run, id="run_gone"))
    assert not world.notify.connection_stopped({"tenant_id": "t1", "connection_id": "c_gone"})


# --- webhooks that fail ---------------------------------------------------------------------------


def failing(_: str) -> Delivery:
    return Delivery(503)


def test_a_webhook_that_fails_in_passing_hears_of_the_run_later() -> None:
    world = NoticeWorld(hooks=[HOOK])
    world.sender.answer = failing
    run = world.ends(RunState.SUCCEEDED, BUSY)

    world.hears_of(run)
    world.sender.answer = lambda _: Delivery(204)
    assert not world.tries_again()

    first, second = world.sender.posts
    assert first[1]["webhook-id"] == second[1]["webhook-id"]
    assert first[2] == second[2]
    assert len(world.told) == 1
    assert not world.control.due


def test_a_message_that_is_no_longer_known_is_no_reason_to_fail() -> None:
    world = NoticeWorld(hooks=[HOOK])

    assert not world.notify.webhook_due({"tenant_id": "t1", "post_id": "run_9.w_1"})

    assert not world.sender.posts


def test_its_owner_is_told_when_a_webhook_is_given_up() -> None:
    world = NoticeWorld(hooks=[HOOK])
    world.sender.answer = failing

    for _ in range(2):
        world.hears_of(world.ends(RunState.SUCCEEDED, BUSY))
        told = [world.tries_again() for _ in WAITS]
        assert not any(told[:-1])
        world.clock.moment = world.clock.now().replace(day=2)

    problems = [notice for notice in world.told if notice.kind == "webhook.problem"]
    assert len(problems) == 1
    assert "hooks.example.com" in problems[0].body
