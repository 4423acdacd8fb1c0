"""Several workers at once, switched at their boundaries only, in an order the test chooses.

Each job has a thread of its own, but only one of them runs at a time: whoever reaches a boundary
hands the turn on. The same choices give the same history, so a failure is replayed by its seed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.fakes.numbered import Boundaries

Job = Callable[[], object]
Choose = Callable[[Sequence[int]], int]
"""Picks who goes on, from the numbers of the jobs that are not done; `Random.choice` is one."""
PATIENCE = 60.0
"""Seconds after which a turn that nobody gave back is a failure of the test itself."""


@dataclass
class _Player:
    """One job: `go` lets it run to its next boundary, `stopped` tells that it got there."""

    job: Job
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    stopped: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    done: bool = False
    result: object = None

    def play(self) -> None:
        """The thread: wait for the first turn, work, and keep what comes of it."""
        self.go.acquire()
        try:
            self.result = self.job()
        except BaseException as error:  # noqa: BLE001 - a crash is a result like any other
            self.result = error
        self.done = True
        self.stopped.release()


def interleave(io: Boundaries, jobs: Sequence[Job], choose: Choose) -> list[object]:
    """What each job returned, or the exception that ended it. The whole test shares `io`."""
    players = [_Player(job) for job in jobs]
    threads = [threading.Thread(target=p.play, daemon=True) for p in players]
    by_thread = dict(zip(threads, players, strict=True))

    def hand_over() -> None:
        player = by_thread.get(threading.current_thread())
        if player is not None:
            player.stopped.release()
            player.go.acquire()

    io.turn = hand_over
    for thread in threads:
        thread.start()
    _take_turns(players, choose)
    io.turn = None
    for thread in threads:
        thread.join(PATIENCE)
    return [player.result for player in players]


def _take_turns(players: Sequence[_Player], choose: Choose) -> None:
    while waiting := [n for n, player in enumerate(players) if not player.done]:
        player = players[choose(waiting)]
        player.go.release()
        assert player.stopped.acquire(timeout=PATIENCE), "a job neither ended nor made a call"
