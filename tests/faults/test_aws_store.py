"""A12 to A20: stores and keys that throttle, refuse, clash, answer by half, late or wrongly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.aws.vault import KmsVault
from crmsync.adapters.dynamodb.backoff import ATTEMPTS
from crmsync.adapters.dynamodb.connections import DynamoConnections
from crmsync.adapters.dynamodb.database import Database
from crmsync.adapters.dynamodb.grants import DynamoGrants
from crmsync.domain.contact import ContactEdit
from crmsync.domain.errors import Conflict, CrmSyncError, Defer
from crmsync.domain.run import RunState

from functions.oauth_callback.app import make_handler
from tests.fakes.builders import a_connection, a_draft, a_login, a_run
from tests.fakes.clock import START
from tests.faults.cloud import TABLES, Cloud
from tests.faults.front_door import FrontDoor
from tests.integration.faults import Line, line
from tests.template.template import Template
from tests.unit.functions.events import Context


@pytest.fixture
def impatient(cloud: Cloud) -> Iterator[Line]:
    """The way run items are saved, each call attempted once: the last of botocore's attempts."""
    single = Database()
    single.connection._retry_configuration = {"mode": "standard", "total_max_attempts": 1}
    cloud.database = single
    cloud._number_ports()
    cloud.connection = cloud.connect(user_id="u2")
    with line(single.connection.client, "TransactWriteItems") as watched:
        yield watched


def sizes(database: Database) -> list[int]:
    """How large each stored item is, over all tables."""
    scan = database.connection.client.scan
    return [
        len(json.dumps(item, default=str))
        for table in TABLES
        for page in [scan(TableName=table)]
        for item in page["Items"]
    ]


def test_a12_a_throttled_table_is_asked_again_and_then_left_alone_for_a_while(
    cloud: Cloud, impatient: Line, database: Database
) -> None:
    patience = database.connection._retry_configuration
    assert patience == {"mode": "standard", "total_max_attempts": 5}
    assert database.connection._read_timeout_seconds == 5
    cloud.group("ada")
    run = cloud.start()
    (body,) = cloud.messages()
    before = len(impatient.sent)
    impatient.passes_after(lambda: None)
    impatient.refuses("ProvisionedThroughputExceededException")

    assert cloud.deliver(body) == "later"
    assert len(impatient.sent) > before + 2

    cloud.clock.advance(600)
    assert cloud.deliver(cloud.message_of(run)) == "done"
    assert (cloud.stored(run).state, cloud.arrived) == (RunState.SUCCEEDED, ["Ada"])


def test_a13_an_own_write_retried_after_a_lost_answer_is_not_a_lost_race(
    database: Database, dynamodb: Any, cloud: Cloud
) -> None:
    connections = DynamoConnections(database.table("ControlTable"))
    with line(dynamodb, "PutItem") as puts:
        puts.loses_the_answer()
        own = connections.put(a_connection())
    assert len(puts.sent) == 2
    assert connections.get("t1", "con1") == own

    connections.put(replace(own, sync_by_visibility=True))
    with pytest.raises(Conflict, match="stale"):
        connections.put(own)

    (contact,) = cloud.store.create_contacts([a_draft("c1")])
    other = ContactEdit("c1", contact.version, {"city": "Rome"})
    with line(dynamodb, "PutItem") as puts:
        puts.passes_after(lambda: cloud.store.edit_contacts([other]))
        (refused,) = cloud.store.edit_contacts([ContactEdit("c1", contact.version, {"city": "Y"})])
    assert refused is None
    assert cloud.store.contacts(["c1"])["c1"].value("city") == "Rome"


def test_a14_a_clashing_transaction_is_repeated_with_the_same_token_and_never_applied_twice(
    cloud: Cloud, dynamodb: Any
) -> None:
    clash = [{"Code": "TransactionConflict"}, {"Code": "None"}]
    cloud.store.create_contacts([a_draft("c1")])
    with line(dynamodb, "TransactWriteItems") as writes:
        writes.refuses("TransactionCanceledException", CancellationReasons=clash)
        writes.loses_the_answer()
        cloud.store.add_members("g1", ["c1"])
    group = cloud.store.group("g1")
    assert group is not None
    assert group.member_count == 1
    assert len(writes.sent) == 3
    assert len({call["ClientRequestToken"] for call in writes.sent}) == 1

    with line(dynamodb, "TransactWriteItems") as writes:
        writes.refuses("TransactionInProgressException")
        cloud.store.create_group("g2", "Others")
    assert len({call["ClientRequestToken"] for call in writes.sent}) == 1

    other = [{"Code": "ValidationError"}, {"Code": "None"}]
    with line(dynamodb, "TransactWriteItems") as writes:
        writes.refuses("TransactionCanceledException", CancellationReasons=other)
        with pytest.raises(CrmSyncError, match="aws_refused"):
            cloud.store.create_group("g3", "Nobody")
    assert len(writes.sent) == 1


def test_a15_what_a_batch_left_undone_is_asked_for_again_and_never_taken_for_absent(
    cloud: Cloud, dynamodb: Any
) -> None:
    cloud.group("ada", "bob")
    with line(dynamodb, "BatchGetItem") as gets:
        gets.does_nothing_of("UnprocessedKeys")
        gets.does_nothing_of("UnprocessedKeys")
        assert sorted(cloud.store.contacts(["ada", "bob"])) == ["ada", "bob"]
        assert len(gets.sent) == 3

        for _ in range(ATTEMPTS):
            gets.does_nothing_of("UnprocessedKeys")
        with pytest.raises(Defer):
            cloud.store.contacts(["ada"])


def test_a16_no_item_grows_with_a_group_or_with_a_run(cloud: Cloud, database: Database) -> None:
    cloud.group("ada", "bob")
    assert cloud.sync().state is RunState.SUCCEEDED
    few = sizes(database)
    cloud.group(*(f"b{number}" for number in range(20)))
    cloud.clock.advance(3600)

    assert cloud.sync().state is RunState.SUCCEEDED

    many = sizes(database)
    assert len(many) > len(few) + 4 * 20
    assert max(many) < max(few) + 500
    assert max(many) < 20_000


def test_a17_what_decides_who_may_write_is_read_strongly_consistent(
    cloud: Cloud, database: Database, dynamodb: Any
) -> None:
    runs, grants = cloud.ports.runs, DynamoGrants(database.table("TokensTable"))
    runs.create(a_run(), due_at=None)
    held = runs.acquire("t1", "con1", "run1", "w1", START + timedelta(minutes=5))
    assert held is not None

    with line(dynamodb, "GetItem") as gets:
        runs.get("t1", "run1")
        runs.lease("t1", "con1")
        runs.cancel_requested("t1", "run1")
        runs.acquire("t1", "con1", "run1", "w1", START + timedelta(minutes=6))
        grants.get("t1", "con1")
        grants.get_state("hash1")
        cloud.ports.connections.get("t1", "con1")
        cloud.ports.state(cloud.connection).memory("701", "g1")
    with line(dynamodb, "BatchGetItem") as batches:
        cloud.ports.state(cloud.connection).links_by_contact(["ada"])

    assert len(gets.sent) >= 7
    assert all(call["ConsistentRead"] is True for call in gets.sent)
    asked = [table for call in batches.sent for table in call["RequestItems"].values()]
    assert asked
    assert all(table["ConsistentRead"] is True for table in asked)


def test_a18_what_has_expired_counts_for_nothing_although_it_is_still_there(
    cloud: Cloud, database: Database, deployed: Template
) -> None:
    grants = DynamoGrants(database.table("TokensTable"))
    grants.put_state(a_login(expires_at=START + timedelta(minutes=10)))
    late = START + timedelta(minutes=10, seconds=1)

    assert grants.park_code("hash1", b"code", "receipt", late) is None
    assert grants.get_state("hash1") is not None

    runs = cloud.ports.runs
    first = runs.acquire("t1", "con9", "run1", "w1", START + timedelta(minutes=5))
    cloud.clock.moment = START + timedelta(minutes=6)
    second = runs.acquire("t1", "con9", "run2", "w2", START + timedelta(minutes=11))
    assert first is not None
    assert second is not None
    assert second.fence == first.fence + 1
    stored = database.connection.client.scan(TableName="ControlTable")["Items"]
    (lease,) = [item for item in stored if "con9" in item["pk"]["S"] and "fence" in item]
    ttl = deployed.of_type("AWS::DynamoDB::Table")["ControlTable"]["TimeToLiveSpecification"]
    assert ttl["AttributeName"] not in lease


def test_a19_a_key_that_is_busy_or_closed_is_our_outage_and_pages_somebody(
    door: FrontDoor, clients: Clients, capsys: pytest.CaptureFixture[str]
) -> None:
    key_id = clients.kms.create_key()["KeyMetadata"]["KeyId"]
    vault = KmsVault(clients, key_id)
    door.vault = vault
    door.desk = door.desk_with()
    door.connects(again=True)
    event = {"action": "keep_alive", "tenant_id": "t1", "connection_id": door.connection_id}
    handler = make_handler(lambda _: door.desk)
    with line(clients.kms, "Decrypt") as calls:
        calls.refuses("ThrottlingException")
        assert door.get(door.connection_id).token
    assert len(calls.sent) == 2

    for code in ("AccessDeniedException", "DisabledException"):
        door.firm.clock.advance(by=timedelta(days=8))
        with line(clients.kms, "Decrypt") as calls:
            calls.refuses(code)
            answer = handler(event, Context())
        assert answer["error"]["code"] == "token_key_unavailable"
        assert '"OAuthClientRefused":[1.0]' in capsys.readouterr().out
        door.firm.clock.advance(120)
        assert handler(event, Context()) == {"ok": True}

    assert door.connected
    assert door.stops == []


def test_a20_a_reply_damaged_on_its_way_is_read_again_and_no_link_never_means_nobody(
    cloud: Cloud, dynamodb: Any
) -> None:
    cloud.group("ada")
    cloud.sync()
    with line(dynamodb, "GetItem") as gets:
        gets.answers({}, headers={"x-amz-crc32": "12345"})
        assert cloud.ports.connections.get("t1", cloud.connection.id) is not None
    assert len(gets.sent) == 2

    client = cloud.database.connection.client
    for item in client.scan(TableName="SyncTable")["Items"]:
        keys = {name: item[name] for name in ("pk", "sk")}
        client.delete_item(TableName="SyncTable", Key=keys)
    for has_id in (True, False):
        cloud.org().external_id = has_id
        cloud.clock.advance(3600)
        assert cloud.sync().state is RunState.SUCCEEDED
        assert cloud.arrived == ["Ada"]
