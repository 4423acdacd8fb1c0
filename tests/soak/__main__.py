"""Play random histories for a while, going on where the last call ended, and add them up.

    python -m tests.soak --seconds 600

What was played is kept in `.local/soak.json`, so several calls add up. A history that breaks a
promise is printed with its seed, which replays it, and the call fails.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path

from tests.soak.chunk import CHUNK, Played, play_chunk

KEPT = Path(__file__).parents[2] / ".local" / "soak.json"
FIRST_SEED = 100_000
"""Beyond the seeds that every test run plays."""
WANTED = 1_000_000
EVERY_SECONDS = 15.0


@dataclass
class Soak:
    """What was played so far, over all calls."""

    next_seed: int = FIRST_SEED
    histories: int = 0
    boundaries: int = 0
    faults: int = 0
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)

    @classmethod
    def kept(cls, path: Path) -> Soak:
        """As the last call left it."""
        return cls(**json.loads(path.read_text())) if path.exists() else cls()

    def keep(self, path: Path) -> None:
        """Leave it to the next call."""
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    def add(self, played: Played) -> None:
        """A chunk was played."""
        self.histories += CHUNK
        self.broken += played[0]
        self.boundaries += played[1]
        self.faults += played[2]


def soak(seconds: float, workers: int, path: Path = KEPT) -> Soak:
    """Play for that long; chunks that were begun are finished and kept."""
    total, began = Soak.kept(path), time.monotonic()
    before = total.seconds
    # A fork of a process with threads can inherit a lock that nobody is left to give back.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(play_chunk, first) for first in _next(total, 2 * workers)}
        told = began
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for each in done:
                total.add(each.result())
            passed = time.monotonic() - began
            total.seconds = before + passed
            if passed < seconds and not total.broken:
                waiting |= _submitted(pool, total, len(done))
            if time.monotonic() - told > EVERY_SECONDS:
                told = time.monotonic()
                total.keep(path)
                _tell(total)
    total.keep(path)
    return total


def _submitted(pool: ProcessPoolExecutor, total: Soak, count: int) -> set[Future[Played]]:
    return {pool.submit(play_chunk, first) for first in _next(total, count)}


def _next(total: Soak, count: int) -> Iterator[int]:
    for _ in range(count):
        yield total.next_seed
        total.next_seed += CHUNK


def _tell(total: Soak) -> None:
    rate = total.histories / total.seconds if total.seconds else 0.0
    text = f"{total.histories:,} of {WANTED:,} histories, {total.faults:,} faults, "
    text += f"{total.boundaries:,} boundaries, {rate:.0f} histories/s, {len(total.broken)} broken"
    print(text, flush=True)  # noqa: T201 - a command


def main() -> int:
    """Soak and tell; 1 if a promise was broken, now or in an earlier call."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    total = soak(asked.seconds, asked.workers)
    _tell(total)
    for each in total.broken:
        print(f"BROKEN: {each}")  # noqa: T201 - a command
    return 1 if total.broken else 0


if __name__ == "__main__":
    sys.exit(main())
