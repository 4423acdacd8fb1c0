"""Tell other systems that a run ended: signed, thin messages (Standard Webhooks 1.0.0)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from crmsync.domain.connection import Connection
from crmsync.domain.run import Run
from crmsync.domain.run_result import counts_of
from crmsync.ports.clock import Clock
from crmsync.ports.notices import Notices, NoticeSettings, Webhook
from crmsync.ports.posts import Post, Posts
from crmsync.ports.webhooks import Delivery, WebhookSender

_GONE = 410
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
"""How long after each failed try the next one follows; the tenth is the last, three days on."""
_LONGEST = timedelta(hours=24)
"""The longest wait a webhook may ask for."""


@dataclass(frozen=True, slots=True)
class PostWebhooks:
    """Posts to the webhooks of a connection's owner; what is not taken is tried again for days."""

    notices: Notices
    posts: Posts
    sender: WebhookSender
    clock: Clock

    def __call__(self, connection: Connection, settings: NoticeSettings, run: Run) -> None:
        """The first try for each enabled webhook; one that answers 410 is switched off.

        A repeat posts to those again that took it, with the same `webhook-id`.
        """
        for hook in settings.webhooks:
            post = Post(run.tenant_id, run.id, hook.id, 0)
            if hook.enabled and self.posts.get(run.tenant_id, post.id) is None:
                self._try(connection, hook, run, post)

    def again(
        self, connection: Connection, settings: NoticeSettings, run: Run, post: Post
    ) -> Webhook | None:
        """The next try of a message that was not taken; the webhook if it was the last in vain."""
        hooks = [hook for hook in settings.webhooks if hook.id == post.webhook_id and hook.enabled]
        if not hooks:
            self.posts.keep(replace(post, tries=post.tries + 1), None)
            return None
        taken = self._try(connection, hooks[0], run, post)
        return None if taken or post.tries < len(WAITS) else hooks[0]

    def _try(self, connection: Connection, hook: Webhook, run: Run, post: Post) -> bool:
        """Whether nothing is left to do; otherwise the next try is due, if there is one."""
        answer = self._post(hook, run)
        if answer.status == _GONE:
            self._switch_off(connection, {hook.id})
        settled = _taken(answer) or answer.status == _GONE
        after = replace(post, tries=post.tries + 1)
        if not settled and post.tries < len(WAITS):
            asked = min(timedelta(seconds=answer.retry_after or 0), _LONGEST)
            self.posts.keep(after, self.clock.now() + max(WAITS[post.tries], asked))
        elif post.tries:
            self.posts.keep(after, None)
        return settled

    def _post(self, hook: Webhook, run: Run) -> Delivery:
        body = message(run)
        headers = signed(hook.secret, f"msg_{run.id}", int(self.clock.now().timestamp()), body)
        return self.sender.post(hook.url, headers, body)

    def _switch_off(self, connection: Connection, gone: set[str]) -> None:
        names = (connection.tenant_id, connection.user_id)
        settings = self.notices.settings(*names)
        hooks = tuple(
            replace(hook, enabled=False) if hook.id in gone else hook for hook in settings.webhooks
        )
        self.notices.put_settings(*names, replace(settings, webhooks=hooks))


def message(run: Run) -> bytes:
    """Ids and counts, nothing about a person; the same bytes at every attempt."""
    ended = run.finished_at or run.created_at
    counts = {outcome.value: number for outcome, number in sorted(counts_of(run).items())}
    data = {
        "run_id": run.id,
        "connection_id": run.connection_id,
        "kind": run.kind.value,
        "trigger": run.trigger.value,
        "state": run.state.value,
        "counts": counts,
    }
    content = {"type": "run.completed", "timestamp": ended.isoformat(), "data": data}
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()


def signed(secret: str, message_id: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """The headers that prove who sent it: HMAC-SHA256 over id, time and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = b".".join([message_id.encode(), str(timestamp).encode(), body])
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def _taken(answer: Delivery) -> bool:
    """A redirect is none: it is not followed, as it might lead inside."""
    return 200 <= answer.status < 300  # noqa: PLR2004 - the range is the meaning
