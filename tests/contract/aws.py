"""The smaller adapters to AWS and to the machine, opened for the contract suites."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import boto3
from crmsync.adapters.aws.access_tokens import InvokedAccessTokens
from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.aws.clock import SystemClock
from crmsync.adapters.aws.dead_letters import SqsDeadLetters
from crmsync.adapters.aws.events import EventBridgeEvents
from crmsync.adapters.aws.ids import RandomIds
from crmsync.adapters.aws.keep_alive import InvokedKeepAlive
from crmsync.adapters.aws.webhooks import HttpsWebhookSender
from crmsync.ports.access_tokens import AccessToken
from moto import mock_aws

from tests.contract.subjects import (
    AccessTokensSubject,
    ClockSubject,
    DeadLettersSubject,
    EventsSubject,
    IdsSubject,
    KeepAliveSubject,
    WebhooksSubject,
)


@contextmanager
def random_ids() -> Iterator[IdsSubject]:
    """Identifiers from the machine's randomness."""
    yield IdsSubject(RandomIds())


@contextmanager
def system_clock() -> Iterator[ClockSubject]:
    """The machine's clock."""
    yield ClockSubject(SystemClock(at_most=60))


@contextmanager
def sqs_dead_letters() -> Iterator[DeadLettersSubject]:
    """A queue that nobody reads."""
    with mock_aws():
        client = boto3.client("sqs")
        url = client.create_queue(QueueName="dead")["QueueUrl"]

        def kept() -> list[tuple[str, str]]:
            answer = client.receive_message(QueueUrl=url, MessageAttributeNames=["All"])
            messages = answer.get("Messages", ())
            return [(m["Body"], m["MessageAttributes"]["reason"]["StringValue"]) for m in messages]

        yield DeadLettersSubject(SqsDeadLetters(Clients(), url), kept)


@contextmanager
def https_webhooks() -> Iterator[WebhooksSubject]:
    """Real connections, to public addresses only."""
    yield WebhooksSubject(HttpsWebhookSender())


@contextmanager
def eventbridge_events() -> Iterator[EventsSubject]:
    """A bus whose events end in a queue, where the test finds them."""
    with mock_aws():
        events, sqs = boto3.client("events"), boto3.client("sqs")
        url = sqs.create_queue(QueueName="seen")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        events.create_event_bus(Name="bus")
        pattern = json.dumps({"source": ["crmsync"]})
        events.put_rule(Name="all", EventBusName="bus", EventPattern=pattern)
        arn = attributes["Attributes"]["QueueArn"]
        events.put_targets(Rule="all", EventBusName="bus", Targets=[{"Id": "q", "Arn": arn}])

        def seen() -> list[tuple[str, Mapping[str, object]]]:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            bodies = [json.loads(message["Body"]) for message in answer.get("Messages", ())]
            return [(body["detail-type"], body["detail"]) for body in bodies]

        yield EventsSubject(EventBridgeEvents(Clients(), "bus"), seen)


@dataclass
class TokenService:
    """The function that hands out tokens: it has one, and replaces it when it was refused."""

    token: AccessToken
    stopped: str | None = None

    def invoke(self, **request: Any) -> dict[str, Any]:
        """What Lambda answers."""
        asked = json.loads(request["Payload"])
        present = hashlib.sha256(self.token.token.encode()).hexdigest()
        if asked["refused_sha256"] == present:
            self.replace()
        return {"Payload": io.BytesIO(json.dumps(self._answer()).encode())}

    def replace(self) -> None:
        """A new token, as after a refresh."""
        self.token = AccessToken(f"{self.token.token}+", *list(asdict(self.token).values())[1:])

    def stop(self, code: str) -> None:
        """No more tokens."""
        self.stopped = code

    def _answer(self) -> dict[str, Any]:
        if self.stopped is None:
            return {"ok": True, "token": asdict(self.token)}
        error = {"kind": "connection_stopped", "code": self.stopped, "detail": "Log in again."}
        return {"ok": False, "error": error}


@dataclass(frozen=True)
class Functions:
    """As much of `Clients` as asking for a token needs."""

    functions: TokenService | Invoked


@contextmanager
def invoked_tokens() -> Iterator[AccessTokensSubject]:
    """Tokens from a function call."""
    issued = AccessToken("00D!one", "https://one.my.salesforce.com", "00DA", "005A")
    service = TokenService(issued)
    clients = cast("Clients", Functions(service))
    caller = {"function": "run_sync", "run_id": "run1", "fence": 1}
    tokens = InvokedAccessTokens(clients, "oauth_callback", tenant_id="t1", caller=caller)
    yield AccessTokensSubject(tokens, "con1", issued, service.stop)


@dataclass
class Invoked:
    """A function that is invoked and not waited for."""

    payloads: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, **request: Any) -> dict[str, Any]:
        """What Lambda answers to an event."""
        assert request["InvocationType"] == "Event"
        self.payloads.append(json.loads(request["Payload"]))
        return {"StatusCode": 202}


@contextmanager
def invoked_keep_alive() -> Iterator[KeepAliveSubject]:
    """A function call that nobody waits for."""
    service = Invoked()
    keeper = InvokedKeepAlive(cast("Clients", Functions(service)), "oauth_callback")
    yield KeepAliveSubject(
        keeper, lambda: [(each["tenant_id"], each["connection_id"]) for each in service.payloads]
    )
