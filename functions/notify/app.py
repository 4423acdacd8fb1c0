"""What happened on the bus becomes notifications and webhook posts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from crmsync.bootstrap import notify
from crmsync.observability import Handler, count, entry_point, logger
from crmsync.services.notify_outcome import NotifyOutcome

GIVE_UP_AFTER = timedelta(seconds=150)
"""Lambda repeats a failed event after one minute and two more; this is its third attempt."""


def make_handler(notifier: Callable[[], NotifyOutcome]) -> Handler:
    """The handler over a notifier. An error makes Lambda deliver the event again."""

    @entry_point
    def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, bool]:
        kind, detail = event["detail-type"], event["detail"]
        service = notifier()
        match kind:
            case "run.completed":
                age = service.clock.now() - datetime.fromisoformat(event["time"])
                told = service.run_completed(detail, last=age >= GIVE_UP_AFTER)
            case "connection.stopped":
                told = service.connection_stopped(detail)
            case _:
                logger.info("event_ignored", kind=kind)
                return {"told": False}
        count("NotificationsStored", int(told))
        return {"told": told}

    return handler


lambda_handler = make_handler(notify.notifier)
