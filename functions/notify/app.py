"""What happened on the bus becomes notifications and webhook posts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from crmsync.bootstrap import notify
from crmsync.observability import Handler, count, entry_point, logger
from crmsync.services.notify_outcome import NotifyOutcome


def make_handler(notifier: Callable[[], NotifyOutcome]) -> Handler:
    """The handler over a notifier. An error makes Lambda deliver the event again."""

    @entry_point
    def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, bool]:
        kind, detail = event["detail-type"], event["detail"]
        service = notifier()
        match kind:
            case "run.completed":
                told = service.run_completed(detail)
            case "webhook.due":
                told = service.webhook_due(detail)
            case "connection.stopped":
                told = service.connection_stopped(detail)
            case _:
                logger.info("event_ignored", kind=kind)
                return {"told": False}
        count("NotificationsStored", int(told))
        return {"told": told}

    return handler


lambda_handler = make_handler(notify.notifier)
