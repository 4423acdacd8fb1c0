"""Ask one oracle until it notices something; run on whatever `crmsync` the path leads to.

    python -m tests.plants.catch histories --within late

Prints one line of JSON: what was noticed, after how many histories, in how many seconds. The plants
of `tests/plants/plants.py` are caught by exactly this, each in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable

from tests.properties import test_triples
from tests.properties.side_by_side import SideBySide
from tests.properties.story import Story
from tests.properties.sweep import sweep, sweep_with_edits

EDITS_EVERY = 13
Oracle = Callable[[int, frozenset[str] | None], object]


def _history(seed: int, within: frozenset[str] | None) -> object:
    """A whole history, with these features if any are named."""
    return Story(seed, features=within).play()


def _triple(seed: int, within: frozenset[str] | None) -> object:
    del within
    dice = random.Random(seed)  # noqa: S311 - replayable by its number
    first, rules = test_triples.triple(dice), test_triples.policy(dice)
    rest = test_triples.brought_to_rest(first, rules, dice)
    return test_triples.agrees(first, rest, rules)


ASK: dict[str, Oracle] = {
    "histories": _history,
    "sweep": lambda seed, _: sweep(seed),
    "edits": lambda seed, _: sweep_with_edits(seed, EDITS_EVERY),
    "side by side": lambda seed, _: SideBySide(seed).schedules(),
    "triples": _triple,
}


def notices(by: str, within: frozenset[str] | None, seconds: float) -> tuple[str, int]:
    """What the oracle noticed, '' if nothing in that time; and how many histories it took."""
    ends, seed = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        try:
            ASK[by](seed, within)
        except Exception as error:  # noqa: BLE001 - a bug may show as anything
            return f"{type(error).__name__}: {error}"[:300], seed + 1
        seed += 1
    return "", seed


def main() -> int:
    """Catch, print, and say by the exit code whether anything was noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("by", choices=ASK, help="the oracle")
    parser.add_argument("--within", nargs="*", default=None, help="features of the histories")
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    began = time.monotonic()
    within = None if asked.within is None else frozenset(asked.within)
    what, histories = notices(asked.by, within, asked.seconds)
    took = round(time.monotonic() - began, 1)
    print(json.dumps({"noticed": what, "histories": histories, "seconds": took}))  # noqa: T201 - a command
    return 0 if what else 1


if __name__ == "__main__":
    sys.exit(main())
