"""Tell other systems that a run ended: signed, thin messages (Standard Webhooks 1.0.0)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from crmsync.domain.connection import Connection
from crmsync.domain.run import Run
from crmsync.ports.control import Notices, NoticeSettings, Webhook
from crmsync.ports.platform import Clock, Delivery, WebhookSender
from crmsync.services.word_notices import counts_of

_GONE = 410
_PASSING = frozenset({0, 408, 425, 429})
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class PostWebhooks:
    """Posts to the webhooks of a connection's owner."""

    notices: Notices
    sender: WebhookSender
    clock: Clock

    def __call__(
        self, connection: Connection, settings: NoticeSettings, run: Run
    ) -> tuple[Webhook, ...]:
        """Post to each enabled webhook once; one that answers 410 is switched off.

        Returns those that failed in passing. When the event comes again for their sake, the
        constant `webhook-id` lets the others recognise what they took before.
        """
        enabled = [hook for hook in settings.webhooks if hook.enabled]
        answers = {hook.id: self._post(hook, run) for hook in enabled}
        gone = {hook_id for hook_id, answer in answers.items() if answer.status == _GONE}
        if gone:
            self._switch_off(connection, gone)
        return tuple(hook for hook in enabled if _passing(answers[hook.id]))

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


def _passing(answer: Delivery) -> bool:
    return answer.status in _PASSING or answer.status >= _SERVER_ERROR
