"""Random histories of users, runs, faults and time against the whole engine, on in-memory ports.

`CRMSYNC_HISTORIES` says how many; a failure names its seed, and the seed alone replays it.
"""

from __future__ import annotations

import os

import pytest

from tests.properties.story import Story, play

SHARDS = 8
HISTORIES = int(os.environ.get("CRMSYNC_HISTORIES", "160"))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_history_breaks_a_promise(shard: int) -> None:
    each = HISTORIES // SHARDS

    for seed in range(shard * each, (shard + 1) * each):
        play(seed)


@pytest.mark.parametrize("seed", [3, 147, 205])
def test_the_same_seed_makes_the_same_history(seed: int) -> None:
    def trace() -> str:
        story = Story(seed)
        story.play()
        return story.world.io.fingerprint()

    assert trace() == trace()
