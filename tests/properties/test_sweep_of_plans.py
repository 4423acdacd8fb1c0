"""I-11: runs of previews, undos and retries, struck at every boundary in every way."""

from __future__ import annotations

import pytest

from tests.properties.sweep import SCENARIOS, seeds_of, sweep, sweep_with_edits

SHARDS = 6
PLANS = ("run of a preview", "undo", "run of an undo", "run of a retry")
EVERY = 97


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_plan_interrupted_anywhere_is_carried_out_as_if_nothing_happened(shard: int) -> None:
    points = sum(map(sweep, seeds_of(PLANS, SCENARIOS)[shard::SHARDS]))

    assert points > 100 * SCENARIOS // 2 // SHARDS


def test_an_edit_before_an_interrupted_plan_is_resumed_is_not_lost() -> None:
    points = sum(sweep_with_edits(seed, EVERY) for seed in seeds_of(PLANS, SCENARIOS))

    assert points > SCENARIOS // 4
