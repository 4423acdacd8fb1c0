"""An emulated AWS with the template's tables, empty for each test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.dynamodb.database import Database
from crmsync.adapters.dynamodb.grants import DynamoGrants
from crmsync.adapters.dynamodb.marketing import DynamoMarketing
from crmsync.adapters.dynamodb.runs import DynamoRuns
from crmsync.adapters.dynamodb.sync_state import DynamoSyncState
from crmsync.ports.runs import Lease
from moto import mock_aws

from tests.fakes.clock import FakeClock
from tests.integration import providers


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database() -> Iterator[Database]:
    tables = ("MarketingTable", "ControlTable", "SyncTable", "TokensTable")
    with providers.emulated_database(*tables) as opened:
        yield opened


@pytest.fixture
def dynamodb(database: Database) -> Any:
    """The client that all tables share, to disturb its calls."""
    return database.connection.client


@pytest.fixture
def marketing(database: Database, clock: FakeClock) -> DynamoMarketing:
    return DynamoMarketing(database.table("MarketingTable"), "t1", clock)


@pytest.fixture
def runs(database: Database, clock: FakeClock) -> DynamoRuns:
    return DynamoRuns(database.table("ControlTable"), clock)


@pytest.fixture
def lease(runs: DynamoRuns, clock: FakeClock) -> Lease:
    """The lease of the connection most tests use."""
    held = runs.acquire("t1", "con1", "run1", "w1", clock.now() + timedelta(minutes=5))
    assert held is not None
    return held


@pytest.fixture
def state(database: Database) -> DynamoSyncState:
    return DynamoSyncState(
        database.table("SyncTable"),
        database.table("ControlTable"),
        tenant_id="t1",
        connection_id="con1",
        org_id="o1",
    )


@pytest.fixture
def grants(database: Database) -> DynamoGrants:
    return DynamoGrants(database.table("TokensTable"))


@pytest.fixture
def clients() -> Iterator[Clients]:
    with mock_aws():
        yield providers.clients()
