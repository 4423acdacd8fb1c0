"""What a user is told in the app, and which webhooks hear of it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from crmsync.domain.caller import Caller
from crmsync.domain.errors import FieldProblem, Invalid, NotFound
from crmsync.ports.ids import Ids
from crmsync.ports.notices import NoticePage, Notices, NoticeSettings, Webhook
from crmsync.ports.webhooks import PORTS


@dataclass(frozen=True, slots=True)
class WebhookInput:
    """A webhook as wanted; one without an id is new."""

    url: str
    enabled: bool = True
    id: str | None = None


@dataclass(frozen=True, slots=True)
class ReadNotices:
    """The notifications and settings of one user."""

    notices: Notices
    ids: Ids
    caller: Caller

    def page(self, cursor: str | None, limit: int) -> NoticePage:
        """Notifications, newest first."""
        return self.notices.page(self.caller.tenant_id, self.caller.user_id, cursor, limit)

    def mark_read(self, notification_id: str) -> None:
        """It counts as read; `NotFound` when the user has no such notification."""
        caller = self.caller
        if not self.notices.mark_read(caller.tenant_id, caller.user_id, notification_id):
            text = f"You have no notification '{notification_id}'."
            raise NotFound("no_such_notification", text)

    def settings(self) -> NoticeSettings:
        """The user's settings, or the defaults."""
        return self.notices.settings(self.caller.tenant_id, self.caller.user_id)

    def put_settings(
        self, level: str, wanted: Sequence[WebhookInput]
    ) -> tuple[NoticeSettings, frozenset[str]]:
        """The new settings, and the ids of new webhooks: only their secrets may be shown, once."""
        known = {hook.id: hook for hook in self.settings().webhooks}
        _check(wanted, known)
        hooks = tuple(self._webhook(each, known) for each in wanted)
        stored = NoticeSettings(level, hooks)
        self.notices.put_settings(self.caller.tenant_id, self.caller.user_id, stored)
        return stored, frozenset(hook.id for hook in hooks) - known.keys()

    def _webhook(self, wanted: WebhookInput, known: dict[str, Webhook]) -> Webhook:
        if wanted.id is not None:
            return Webhook(wanted.id, wanted.url, wanted.enabled, known[wanted.id].secret)
        secret = base64.b64encode(self.ids.secret().encode()).decode()
        return Webhook(self.ids.new("w"), wanted.url, wanted.enabled, f"whsec_{secret}")


def _check(wanted: Sequence[WebhookInput], known: dict[str, Webhook]) -> None:
    problems = []
    seen: set[str] = set()
    for index, hook in enumerate(wanted):
        at = f"/webhooks/{index}"
        if hook.id is not None and (hook.id not in known or hook.id in seen):
            text = "There is no such webhook of yours. Leave the id out to add a new one."
            problems.append(FieldProblem(f"{at}/id", "no_such_webhook", text))
        seen.add(hook.id or "")
        if not _acceptable(hook.url):
            text = (
                "Give an https address with a host name, on port 443 or 8443, without a password."
            )
            problems.append(FieldProblem(f"{at}/url", "url_not_allowed", text))
    if problems:
        raise Invalid(
            "webhooks_invalid", "Some webhooks cannot be used; see errors.", tuple(problems)
        )


def _acceptable(url: str) -> bool:
    """Only what can be told from the text; where the name leads is checked at each delivery."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    named = "." in host and not _is_address(host)
    return parts.scheme == "https" and named and port in {None, *PORTS} and not parts.username


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
