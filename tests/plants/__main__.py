"""Plant every bug in turn, see it caught, and print the table; fails if one is not.

python -m tests.plants                all of them
python -m tests.plants overlap        those whose name holds the word
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests.plants.garden import Caught, caught
from tests.plants.plants import PLANTS, Plant

SECONDS = 600.0
"""How long an oracle may look for one bug."""


def main(words: Sequence[str]) -> int:
    """The table; 1 if a bug went unnoticed."""
    chosen = [p for p in PLANTS if not words or any(word in p.name for word in words)]
    missed = [plant.name for plant in chosen if not _tried(plant)]
    print(f"\n{len(chosen) - len(missed)} of {len(chosen)} planted bugs caught")  # noqa: T201 - a command
    for name in missed:
        print(f"NOT CAUGHT: {name}")  # noqa: T201 - a command
    return 1 if missed else 0


def _tried(plant: Plant) -> bool:
    found: Caught = caught(plant, SECONDS)
    row = (f"{plant.name:60.60}", f"{plant.by:24.24}", f"{found.histories:6}")
    print(*row, f"{found.seconds:6.1f} s", found.noticed[:80], flush=True)  # noqa: T201 - a command
    return bool(found.noticed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
