"""A21 and A22: replies kept for a request that died, and clocks that disagree."""

from __future__ import annotations

from datetime import timedelta

import pytest
from crmsync.adapters.dynamodb.database import Database
from crmsync.adapters.dynamodb.runs import DynamoRuns
from crmsync.bootstrap.api import _repeats
from crmsync.domain.errors import Conflict, Retry
from crmsync.services.work import LEASE_MARGIN

from tests.fakes.clock import FakeClock
from tests.fakes.numbered import Crash
from tests.faults.cloud import Cloud
from tests.integration.faults import line
from tests.integration.tables import make_tables
from tests.integration.test_repeats import BODY, counting, die, once
from tests.template.template import Template


def test_a21_a_key_left_in_progress_frees_itself_and_slices_are_kept_apart_by_their_lease(
    database: Database, deployed: Template
) -> None:
    assert database
    make_tables("IdempotencyTable")
    store = _repeats("IdempotencyTable")
    work, started = counting()
    with pytest.raises(Crash):
        once(store, left_ms=29_000).start("k", BODY, die)
    with pytest.raises(Conflict, match="in_progress"):
        once(store).start("k", BODY, work)
    with pytest.raises(Crash):
        once(store, "t1|u1|POST /q", left_ms=0).start("k", BODY, die)

    assert once(store, "t1|u1|POST /q").start("k", BODY, work).run_id == "run_0"

    assert started == ["run_0"]
    run_sync = deployed.of_type("AWS::Lambda::Function")["RunSyncFunction"]
    assert "IDEMPOTENCY_TABLE" not in run_sync["Environment"]["Variables"]


def test_a22_hosts_whose_clocks_differ_by_a_minute_never_hold_one_lease_together(
    cloud: Cloud, database: Database
) -> None:
    table = database.table("ControlTable")
    slow, fast = FakeClock(), FakeClock()
    fast.advance(60)
    ends = slow.now() + timedelta(seconds=slow.lifetime())
    here, there = DynamoRuns(table, slow), DynamoRuns(table, fast)
    held = here.acquire("t1", "con9", "run1", "w1", ends + LEASE_MARGIN)
    fast.moment = ends + timedelta(seconds=60)

    assert held is not None
    assert there.acquire("t1", "con9", "run1", "w2", fast.now() + timedelta(minutes=5)) is None

    with line(cloud.clients.sqs, "SendMessage") as sends:
        sends.refuses("RequestTimeTooSkewed", status=403)
        with pytest.raises(Retry, match="aws_unavailable"):
            cloud.start()
