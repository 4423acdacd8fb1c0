"""Tell the owner of a connection what happened: once per cause, and only what they want to hear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.ids import derived_id
from crmsync.domain.notification import Notification
from crmsync.domain.run import FINAL, Run, RunState, Trigger
from crmsync.domain.run_result import changed_something, troubles
from crmsync.ports.clock import Clock
from crmsync.ports.connections import Connections
from crmsync.ports.notices import Notices, NoticeSettings
from crmsync.ports.runs import Runs
from crmsync.services.post_webhooks import PostWebhooks
from crmsync.services.word_notices import Words, run_words, stopped_words, webhook_words

Detail = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NotifyOutcome:
    """Turns events into notifications and webhook posts. An event may come more than once."""

    connections: Connections
    runs: Runs
    notices: Notices
    webhooks: PostWebhooks
    clock: Clock

    def run_completed(self, detail: Detail) -> bool:
        """Whether a new notification about the run was stored."""
        run = self.runs.get(detail["tenant_id"], detail["run_id"])
        if run is None or run.state not in FINAL:
            return False
        connection = self.connections.get(run.tenant_id, run.connection_id)
        if connection is None:
            return False
        settings = self.notices.settings(connection.tenant_id, connection.user_id)
        told = self._tell_of_run(run, connection, settings)
        self.webhooks(connection, settings, run)
        return told

    def webhook_due(self, detail: Detail) -> bool:
        """Whether a new notification was stored: that a webhook was given up."""
        post = self.webhooks.posts.get(detail["tenant_id"], detail["post_id"])
        run = self.runs.get(post.tenant_id, post.run_id) if post else None
        connection = self.connections.get(run.tenant_id, run.connection_id) if run else None
        if post is None or run is None or connection is None:
            return False
        settings = self.notices.settings(connection.tenant_id, connection.user_id)
        hook = self.webhooks.again(connection, settings, run, post)
        if hook is None:
            return False
        notice_id = _weekly_id(run, "webhook", hook.id)
        return self._tell(notice_id, webhook_words(hook), connection, settings, None)

    def connection_stopped(self, detail: Detail) -> bool:
        """Whether a new notification was stored."""
        connection = self.connections.get(detail["tenant_id"], detail["connection_id"])
        if connection is None:
            return False
        settings = self.notices.settings(connection.tenant_id, connection.user_id)
        cause = detail.get("event_id") or f"{connection.id}-{connection.version}"
        words = stopped_words(connection, detail.get("reason", ""))
        return self._tell(f"n_{cause}", words, connection, settings, None)

    def _tell_of_run(self, run: Run, connection: Connection, settings: NoticeSettings) -> bool:
        if run.trigger is Trigger.MANUAL or changed_something(run) or run.paused_fields:
            notice_id = f"n_{run.id}"
        elif not troubles(run) or _told_already(run, connection):
            return False
        else:
            notice_id = _weekly_id(run, *troubles(run))
        return self._tell(notice_id, run_words(run, connection), connection, settings, run)

    def _tell(
        self,
        notice_id: str,
        words: Words,
        connection: Connection,
        settings: NoticeSettings,
        run: Run | None,
    ) -> bool:
        if not _wanted(settings, words):
            return False
        notice = Notification(
            id=notice_id,
            tenant_id=connection.tenant_id,
            user_id=connection.user_id,
            kind=words.kind,
            title=words.title,
            body=words.body,
            created_at=self.clock.now(),
            run_id=run.id if run else None,
            connection_id=connection.id,
        )
        return self.notices.add(notice)


def _wanted(settings: NoticeSettings, words: Words) -> bool:
    return settings.level == "always" or (settings.level == "problems" and words.problem)


def _told_already(run: Run, connection: Connection) -> bool:
    """A scheduled run that failed because the login ended: that has a notice of its own."""
    stopped = connection.status is not ConnectionStatus.CONNECTED
    return run.state is RunState.FAILED and stopped


def _weekly_id(run: Run, *cause: str) -> str:
    """The same cause met by every run is told once a week, not once an hour."""
    year, week, _ = (run.finished_at or run.created_at).isocalendar()
    return derived_id("n", run.connection_id, f"{year}-{week}", *cause)
