"""Random histories of users, runs, faults and time against the whole engine, on in-memory ports.

Here each seed draws what may happen in its history. `CRMSYNC_HISTORIES` says how many there are;
a failure names its seed, and the seed alone replays it.
"""

from __future__ import annotations

import pytest

from tests.properties.story import HISTORIES, Story, play

DRAWN = HISTORIES * 4 // 5
"""The others go deep in one thing each: `test_histories_by_feature`."""
SHARDS = 32


@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_history_breaks_a_promise(shard: int) -> None:
    for seed in range(shard, DRAWN, SHARDS):
        play(seed)


@pytest.mark.parametrize("seed", [3, 147, 205])
def test_the_same_seed_makes_the_same_history(seed: int) -> None:
    def trace() -> str:
        story = Story(seed)
        story.play()
        return story.world.io.fingerprint()

    assert trace() == trace()
