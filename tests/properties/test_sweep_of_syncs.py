"""I-11: syncs and previews struck at every boundary in every way come to what undisturbed ones do.

`CRMSYNC_SCENARIOS` says how many scenarios there are, over both files of the sweep.
"""

from __future__ import annotations

import pytest

from tests.properties.sweep import SCENARIOS, USUAL, Sweep, seeds_of, sweep, sweep_with_edits

SHARDS = 6
SYNCS = ("first sync", "later sync", "another later sync", "preview")
EVERY = 97
"""Of so many points one is also resumed only after somebody edited something."""


def test_the_usual_scenarios_have_more_than_fifty_thousand_points() -> None:
    assert sum(len(Sweep(seed).points()) for seed in range(USUAL)) > 50_000


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_sync_interrupted_anywhere_comes_to_what_an_undisturbed_one_does(shard: int) -> None:
    points = sum(map(sweep, seeds_of(SYNCS, SCENARIOS)[shard::SHARDS]))

    assert points > 100 * SCENARIOS // 2 // SHARDS


def test_an_edit_between_the_crash_and_the_resumption_is_not_lost() -> None:
    points = sum(sweep_with_edits(seed, EVERY) for seed in seeds_of(SYNCS, SCENARIOS))

    assert points > SCENARIOS // 2
