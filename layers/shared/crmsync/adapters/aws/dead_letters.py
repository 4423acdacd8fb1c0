"""Where messages end that nobody can work on."""

from __future__ import annotations

from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.aws_failures import aws_failures


class SqsDeadLetters:
    """`DeadLetters` on an SQS queue; the reason is the message attribute `reason`."""

    def __init__(self, clients: Clients, queue_url: str) -> None:
        self._clients = clients
        self._url = queue_url

    def put(self, body: str, reason: str) -> None:
        """Keep the message with the reason it could not be read."""
        with aws_failures("SendMessage"):
            self._clients.sqs.send_message(
                QueueUrl=self._url,
                MessageBody=body,
                MessageAttributes={"reason": {"DataType": "String", "StringValue": reason}},
            )
