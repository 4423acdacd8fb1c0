"""Queue, bus, keys and secrets on AWS: what is theirs alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.aws.dead_letters import SqsDeadLetters
from crmsync.adapters.aws.events import EventBridgeEvents
from crmsync.adapters.aws.queue import SqsQueue, slice_of
from crmsync.adapters.aws.secrets import ClientSecrets
from crmsync.adapters.aws.vault import KmsVault
from crmsync.domain.errors import ConnectionStopped, Defer, Retry
from crmsync.domain.run import SliceMessage
from crmsync.ports.vault import SealContext

from tests.integration.faults import line

MESSAGE = SliceMessage("t1", "con1", "run1", 4, hop=2)
CONTEXT = SealContext("t1", "con1", "refresh")


class TestQueue:
    @pytest.mark.parametrize(("asked", "sent"), [(0, 0), (900, 900), (86_400, 900), (-5, 0)])
    def test_a_delay_is_what_sqs_can_do(self, clients: Clients, asked: int, sent: int) -> None:
        url = clients.sqs.create_queue(QueueName="sync")["QueueUrl"]

        with line(clients.sqs, "SendMessage") as sends:
            SqsQueue(clients, url).send(MESSAGE, delay_seconds=asked)

        assert sends.sent[0]["DelaySeconds"] == sent

    def test_each_connection_is_a_message_group(self, clients: Clients) -> None:
        url = clients.sqs.create_queue(QueueName="sync")["QueueUrl"]

        with line(clients.sqs, "SendMessage") as sends:
            SqsQueue(clients, url).send(MESSAGE)

        assert sends.sent[0]["MessageGroupId"] == "con1"
        assert slice_of(sends.sent[0]["MessageBody"]) == MESSAGE

    @pytest.mark.parametrize("body", ["", "[]", "{}", '{"tenant_id": "t1"}', "not json"])
    def test_a_body_that_is_no_slice_is_a_value_error(self, body: str) -> None:
        with pytest.raises(ValueError, match="validation error"):
            slice_of(body)

    def test_an_unreadable_message_is_kept_with_its_reason(self, clients: Clients) -> None:
        url = clients.sqs.create_queue(QueueName="dead")["QueueUrl"]

        SqsDeadLetters(clients, url).put("not json", "unreadable")

        answer = clients.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])
        (message,) = answer["Messages"]
        assert message["Body"] == "not json"
        assert message["MessageAttributes"]["reason"]["StringValue"] == "unreadable"


class TestEvents:
    @pytest.fixture
    def events(self, clients: Clients) -> EventBridgeEvents:
        clients.events.create_event_bus(Name="bus")
        return EventBridgeEvents(clients, "bus")

    def test_an_event_says_where_it_is_from_and_what_it_is(
        self, events: EventBridgeEvents, clients: Clients
    ) -> None:
        with line(clients.events, "PutEvents") as puts:
            events.publish("run.completed", {"tenant_id": "t1", "run_id": "run1"})

        (entry,) = puts.sent[0]["Entries"]
        assert entry["EventBusName"] == "bus"
        assert (entry["Source"], entry["DetailType"]) == ("crmsync", "run.completed")
        assert json.loads(entry["Detail"]) == {"tenant_id": "t1", "run_id": "run1"}

    def test_an_entry_that_was_not_taken_is_no_success(
        self, events: EventBridgeEvents, clients: Clients
    ) -> None:
        with line(clients.events, "PutEvents") as puts:
            puts.answers({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]})
            with pytest.raises(Retry) as caught:
                events.publish("run.completed", {})

        assert "InternalFailure" in caught.value.detail

    def test_a_throttled_entry_is_deferred(
        self, events: EventBridgeEvents, clients: Clients
    ) -> None:
        with line(clients.events, "PutEvents") as puts:
            puts.answers({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]})
            with pytest.raises(Defer):
                events.publish("run.completed", {})


class TestVault:
    @pytest.fixture
    def key_id(self, clients: Clients) -> str:
        return clients.kms.create_key()["KeyMetadata"]["KeyId"]

    def test_the_context_names_tenant_connection_and_field(
        self, clients: Clients, key_id: str
    ) -> None:
        with line(clients.kms, "Encrypt") as seals, line(clients.kms, "Decrypt") as opens:
            sealed = KmsVault(clients, key_id).seal("secret", CONTEXT)
            KmsVault(clients, key_id).open(sealed, CONTEXT)

        expected = {"tenant": "t1", "connection": "con1", "field": "refresh"}
        assert seals.sent[0]["EncryptionContext"] == expected
        assert opens.sent[0]["EncryptionContext"] == expected
        assert opens.sent[0]["KeyId"] == key_id

    @pytest.mark.parametrize("code", ["InvalidCiphertextException", "IncorrectKeyException"])
    def test_a_secret_of_another_context_or_key_stops_the_connection(
        self, clients: Clients, key_id: str, code: str
    ) -> None:
        with line(clients.kms, "Decrypt") as opens:
            opens.refuses(code)
            with pytest.raises(ConnectionStopped):
                KmsVault(clients, key_id).open(b"sealed", CONTEXT)

    @pytest.mark.parametrize("code", ["AccessDeniedException", "DisabledException"])
    def test_a_key_we_may_not_use_blames_no_connection(
        self, clients: Clients, key_id: str, code: str
    ) -> None:
        with line(clients.kms, "Decrypt") as opens:
            opens.refuses(code)
            with pytest.raises(Defer) as caught:
                KmsVault(clients, key_id).open(b"sealed", CONTEXT)

        assert caught.value.code == "token_key_unavailable"


class TestClientSecrets:
    def make(self, clients: Clients, text: str) -> ClientSecrets:
        clients.secrets.create_secret(Name="clients", SecretString=text)
        return ClientSecrets(clients, "clients")

    def test_a_platform_has_its_own_client(self, clients: Clients) -> None:
        entries = {"salesforce": {"client_id": "id1", "client_secret": "s1"}}

        client = self.make(clients, json.dumps(entries)).of("salesforce")

        assert (client.client_id, client.client_secret) == ("id1", "s1")

    def test_the_secret_does_not_show_in_logs(self, clients: Clients) -> None:
        entries = {"salesforce": {"client_id": "id1", "client_secret": "canary"}}

        assert "canary" not in repr(self.make(clients, json.dumps(entries)).of("salesforce"))

    def test_the_secret_is_read_once_until_it_is_forgotten(self, clients: Clients) -> None:
        secrets = self.make(clients, '{"salesforce": {"client_id": "old"}}')
        with line(clients.secrets, "GetSecretValue") as reads:
            assert secrets.of("salesforce").client_id == "old"
            clients.secrets.put_secret_value(
                SecretId="clients", SecretString='{"salesforce": {"client_id": "new"}}'
            )

            cached = secrets.of("salesforce").client_id
            secrets.forget()
            fresh = secrets.of("salesforce").client_id

        assert (cached, fresh) == ("old", "new")
        assert len(reads.sent) == 2

    @pytest.mark.parametrize("text", ["{}", "[]", "not json", '{"salesforce": {"client_id": ""}}'])
    def test_a_client_that_is_not_filled_in_is_the_operators_business(
        self, clients: Clients, text: str
    ) -> None:
        with pytest.raises(Defer) as caught:
            self.make(clients, text).of("salesforce")

        assert caught.value.code == "oauth_client_missing"

    def test_a_secret_that_does_not_exist_is_the_operators_business(self, clients: Clients) -> None:
        with pytest.raises(Defer):
            ClientSecrets(clients, "missing").of("salesforce")


class TestClients:
    @pytest.mark.parametrize("name", ["sqs", "events", "s3", "kms", "secrets", "functions"])
    def test_every_client_gives_up_in_finite_time(self, clients: Clients, name: str) -> None:
        config: Any = getattr(clients, name).meta.config

        assert config.connect_timeout == 3
        assert config.read_timeout <= 29
        assert config.retries["mode"] == "standard"
        assert 2 <= config.retries["total_max_attempts"] <= 5
