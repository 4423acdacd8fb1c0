"""What `functions/notify` works with."""

from __future__ import annotations

import functools

from crmsync import settings
from crmsync.services.notify_outcome import NotifyOutcome
from crmsync.services.post_webhooks import PostWebhooks


@functools.cache
def notifier() -> NotifyOutcome:
    """The one service of the function, built once per container."""
    from crmsync.adapters.aws.clock import SystemClock
    from crmsync.adapters.aws.webhooks import HttpsWebhookSender
    from crmsync.adapters.dynamodb.connections import DynamoConnections
    from crmsync.adapters.dynamodb.database import Database
    from crmsync.adapters.dynamodb.notices import DynamoNotices
    from crmsync.adapters.dynamodb.posts import DynamoPosts
    from crmsync.adapters.dynamodb.runs import DynamoRuns

    chosen = settings.read(settings.NotifySettings)
    clock, control = SystemClock(), Database().table(chosen.control_table)
    notices = DynamoNotices(control)
    return NotifyOutcome(
        connections=DynamoConnections(control),
        runs=DynamoRuns(control, clock),
        notices=notices,
        webhooks=PostWebhooks(notices, DynamoPosts(control, clock), HttpsWebhookSender(), clock),
        clock=clock,
    )
