"""The real adapters on an emulated AWS, for the contract suites."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from crmsync.adapters.aws.artifacts import S3Artifacts
from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.aws.queue import SqsQueue, slice_of
from crmsync.adapters.aws.vault import KmsVault
from crmsync.adapters.dynamodb.audit import DynamoAuditLog
from crmsync.adapters.dynamodb.automations import DynamoAutomations
from crmsync.adapters.dynamodb.connections import DynamoConnections
from crmsync.adapters.dynamodb.database import Database
from crmsync.adapters.dynamodb.due import DynamoDueIndex
from crmsync.adapters.dynamodb.grants import DynamoGrants
from crmsync.adapters.dynamodb.marketing import DynamoMarketing
from crmsync.adapters.dynamodb.notices import DynamoNotices
from crmsync.adapters.dynamodb.posts import DynamoPosts
from crmsync.adapters.dynamodb.rates import DynamoRates
from crmsync.adapters.dynamodb.reviews import DynamoReviews
from crmsync.adapters.dynamodb.runs import DynamoRuns
from crmsync.adapters.dynamodb.sync_state import DynamoSyncState
from crmsync.domain.run import SliceMessage
from moto import mock_aws

from tests.contract.subjects import (
    ArtifactsSubject,
    ControlSubject,
    GrantsSubject,
    MarketingSubject,
    QueueSubject,
    StateSubject,
    VaultSubject,
)
from tests.fakes.clock import FakeClock
from tests.integration.tables import make_tables

BUCKET = "artifacts"


@cache
def clients() -> Clients:
    """The clients of all tests: making one costs more than most tests."""
    return Clients()


@cache
def _database() -> Database:
    return Database()


@contextmanager
def emulated_database(*tables: str) -> Iterator[Database]:
    """An empty DynamoDB with these tables of the template."""
    with mock_aws():
        make_tables(*tables)
        yield _database()


@contextmanager
def dynamodb_marketing() -> Iterator[MarketingSubject]:
    """The marketing table."""
    clock = FakeClock()
    with emulated_database("MarketingTable") as database:
        table = database.table("MarketingTable")
        yield MarketingSubject(lambda tenant_id: DynamoMarketing(table, tenant_id, clock), clock)


@contextmanager
def dynamodb_state() -> Iterator[StateSubject]:
    """The sync table, fenced by the leases of the control table."""
    clock = FakeClock()
    with emulated_database("SyncTable", "ControlTable") as database:
        sync, control = database.table("SyncTable"), database.table("ControlTable")

        def of(tenant_id: str, connection_id: str, org_id: str) -> DynamoSyncState:
            return DynamoSyncState(
                sync, control, tenant_id=tenant_id, connection_id=connection_id, org_id=org_id
            )

        yield StateSubject(of, DynamoRuns(control, clock), clock)


@contextmanager
def dynamodb_control() -> Iterator[ControlSubject]:
    """The control table."""
    clock = FakeClock()
    with emulated_database("ControlTable") as database:
        table = database.table("ControlTable")
        yield ControlSubject(
            connections=DynamoConnections(table),
            automations=DynamoAutomations(table),
            runs=DynamoRuns(table, clock),
            notices=DynamoNotices(table),
            posts=DynamoPosts(table, clock),
            reviews=DynamoReviews(table, clock),
            rates=DynamoRates(table, clock),
            audit=DynamoAuditLog(table),
            due=DynamoDueIndex(table),
            clock=clock,
        )


@contextmanager
def dynamodb_grants() -> Iterator[GrantsSubject]:
    """The tokens table."""
    with emulated_database("TokensTable") as database:
        yield GrantsSubject(DynamoGrants(database.table("TokensTable")))


@contextmanager
def s3_artifacts() -> Iterator[ArtifactsSubject]:
    """A bucket."""
    with mock_aws():
        client = clients().s3
        client.create_bucket(Bucket=BUCKET)

        def spoil(tenant_id: str, key: str) -> None:
            client.put_object(Bucket=BUCKET, Key=f"{tenant_id}/{key}", Body=b"something else")

        yield ArtifactsSubject(S3Artifacts(clients(), BUCKET), spoil)


@contextmanager
def sqs_queue() -> Iterator[QueueSubject]:
    """A standard queue; its delays take real time."""
    with mock_aws():
        client = clients().sqs
        url = client.create_queue(QueueName="sync")["QueueUrl"]

        def receive() -> list[SliceMessage]:
            answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            return [slice_of(message["Body"]) for message in answer.get("Messages", ())]

        yield QueueSubject(SqsQueue(clients(), url), receive, time.sleep)


@contextmanager
def kms_vault() -> Iterator[VaultSubject]:
    """A key."""
    with mock_aws():
        key_id = clients().kms.create_key()["KeyMetadata"]["KeyId"]
        yield VaultSubject(KmsVault(clients(), key_id))
