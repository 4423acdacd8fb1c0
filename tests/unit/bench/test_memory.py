"""What a sync holds does not grow with its campaign, but for the ids of its members."""

from __future__ import annotations

from itertools import islice

from bench.memory import MEMORY, Story, bench
from bench.worker import MEGABYTE
from tests.template.template import written

FEW, MANY = 600, 1_600
BYTES_PER_MEMBER = 1_500
"""The plan takes several times as much for one member. 100,000 members: 150 MB of 1,024 MB."""


def held(members: int) -> int:
    """The most that the engine allocated at once in a first sync and in a full one after it."""
    with bench(limit=0, traced=True) as stage:
        stage.world.org().page_size = stage.world.page_size = 100
        runs = [each.run for each in islice(Story(stage, members).rounds(), 2)]
        assert [run.state for run in runs] == ["succeeded", "succeeded"]
        assert [run.mappings[0].considered for run in runs] == [members, members]
        return stage.figures().held


def test_a_sync_holds_little_more_of_each_member_than_their_ids() -> None:
    few = held(FEW)  # first, as it also loads what is loaded once

    assert held(MANY) - few < (MANY - FEW) * BYTES_PER_MEMBER


def test_the_function_has_no_less_memory_than_the_process_that_is_measured() -> None:
    function = written().of_type("AWS::Serverless::Function")["RunSyncFunction"]

    assert function["MemorySize"] * MEGABYTE >= MEMORY
