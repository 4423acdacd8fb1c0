"""The queue that feeds run_sync."""

from __future__ import annotations

from pydantic import TypeAdapter

from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.aws_failures import aws_failures
from crmsync.domain.run import SliceMessage

MOST_DELAY = 900
"""SQS delays a message by 15 minutes at most."""
_MESSAGE = TypeAdapter(SliceMessage)


class SqsQueue:
    """`SyncQueue` on a standard SQS queue."""

    def __init__(self, clients: Clients, queue_url: str) -> None:
        self._clients = clients
        self._url = queue_url

    def send(self, message: SliceMessage, *, delay_seconds: int = 0) -> None:
        """Enqueue one slice; may be delivered more than once, late, or out of order.

        The connection is the message group, which on a standard queue orders nothing but keeps one
        busy connection from holding up the others. A longer delay is cut to 15 minutes: what
        arrives early is deferred again by its receiver.
        """
        with aws_failures("SendMessage"):
            self._clients.sqs.send_message(
                QueueUrl=self._url,
                MessageBody=_MESSAGE.dump_json(message).decode(),
                DelaySeconds=min(max(delay_seconds, 0), MOST_DELAY),
                MessageGroupId=message.connection_id,
            )


def slice_of(body: str) -> SliceMessage:
    """The message in the body of a queue record; raises `ValidationError` when it is none."""
    return _MESSAGE.validate_json(body)
