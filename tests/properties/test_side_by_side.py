"""I-1 to I-9 without a lease: two runs of one connection, taking turns in thousands of ways."""

from __future__ import annotations

import os

import pytest

from tests.properties.side_by_side import SCHEDULES, SideBySide

SHARDS = 5
WANTED = int(os.environ.get("CRMSYNC_SCHEDULES", "2000"))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_two_workers_without_a_lease_break_no_promise(shard: int) -> None:
    played = ended = 0

    for seed in range(shard, -(-WANTED // SCHEDULES), SHARDS):
        two = SideBySide(seed)
        played += two.schedules()
        ended += two.ends["done"]

    assert ended > played, "hardly ever did both workers get to the end"
