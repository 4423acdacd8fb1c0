"""Level D: random histories on the real adapters over an emulated AWS, which itself fails at times.

The stories are those of `tests/properties`; `CRMSYNC_TWIN_HISTORIES` says how many.
"""

from __future__ import annotations

import os
import random
from contextlib import ExitStack
from typing import Any

import pytest

from tests.integration import providers
from tests.integration.faults import line
from tests.integration.twins import TwinWorld
from tests.properties.stage import FEATURES
from tests.properties.story import Story

HISTORIES = int(os.environ.get("CRMSYNC_TWIN_HISTORIES", "12"))
SHARDS = 3
LENGTH = 2
BEHIND_OUR_BACK = frozenset({"restore"})
"""A memory put back is one fake's, and not the table's."""
TABLES = ("MarketingTable", "ControlTable", "SyncTable")
WRITES = ("PutItem", "DeleteItem", "UpdateItem", "TransactWriteItems")
READS = ("GetItem", "BatchGetItem", "Query")


class TwinStory(Story):
    """A story on twins."""

    make_world = TwinWorld


def _trouble(client: Any, dice: random.Random, stack: ExitStack) -> None:
    """Now and then a call is refused in passing, or applied with its answer lost."""
    for operation in (*WRITES, *READS):
        way = stack.enter_context(line(client, operation))
        for _ in range(2):
            quiet = dice.randrange(1, 60)
            for _ in range(quiet):
                way.passes_after(lambda: None)
            if operation in WRITES and dice.random() < 0.5:
                way.loses_the_answer()
            else:
                way.refuses("ProvisionedThroughputExceededException")


@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_real_adapters_answer_as_the_fakes_do_and_break_no_promise(
    shard: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(shard, HISTORIES, SHARDS):
        with providers.emulated_database(*TABLES) as database, ExitStack() as stack:
            monkeypatch.setattr(TwinWorld, "database", database, raising=False)
            _play(seed, database.connection.client, stack)


def _play(seed: int, client: Any, stack: ExitStack) -> None:
    dice = random.Random(seed)  # noqa: S311 - replayable by its seed
    places = sorted({*FEATURES} - BEHIND_OUR_BACK)
    features = frozenset(dice.sample(places, dice.choice((0, 1, 2, 3))))
    story = TwinStory(seed, features=features)
    story.world.page_size = 1000
    _trouble(client, dice, stack)
    try:
        story.play(LENGTH)
    except AssertionError as error:
        msg = f"seed {seed} {sorted(features)}: {error}"
        raise AssertionError(msg) from error
