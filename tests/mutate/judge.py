"""Judge mutants: one pytest session that has collected and run everything once, and then forks.

Runs inside the copy, as its own process. A child plays one mutant: the tests that run through its
function, first those that are likely to notice it, until one fails. So a mutant mostly costs a few
tests, and no start of pytest.
"""

from __future__ import annotations

import gc
import math
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
from _pytest.runner import runtestprotocol
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

from tests.mutate.scope import LEFT_OUT, TESTS
from tests.mutate.score import Verdicts

NOTICED, UNNOTICED = 1, 0
SECONDS = 10.0
"""So long the tests of one mutant may take; whoever is not noticed by then counts as unnoticed."""
FOR_EVER = 30
"""After so many seconds of processor time a test is taken to run for ever, which was noticed."""


class Judge:
    """The plugin that runs the tests its own way."""

    def __init__(self, todo: Sequence[str], verdicts: Verdicts, workers: int) -> None:
        self._todo = todo
        self._verdicts = verdicts
        self._workers = workers
        self._running: dict[int, tuple[str, int]] = {}
        self._tests = Known()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running every test once: learn what they run through, then judge."""
        self._tests.learn(session.items)
        gc.freeze()  # so that children do not copy what they inherit only to look through it
        self._try_nobody(session.items)
        for number, mutant in enumerate(self._todo):
            while len(self._running) >= self._workers:
                self._hear()
            self._try(mutant)
            _say(f"{number + 1} of {len(self._todo)}")
        while self._running:
            self._hear()
        return True

    def _try_nobody(self, items: Sequence[pytest.Item]) -> None:
        """A test that fails in a child although nothing is mutated would notice everything."""
        child, reader = _forked("nobody", items, math.inf)
        os.waitpid(child, 0)
        with os.fdopen(reader) as told:
            if nodeid := told.read():
                pytest.exit(f"{nodeid} fails in a child without a mutant", returncode=1)

    def _try(self, mutant: str) -> None:
        items = self._tests.through(mutant)
        if not items:
            self._verdicts.add(mutant, noticed=False)
            return
        child, reader = _forked(mutant.partition("@")[0], items, SECONDS)
        self._running[child] = mutant, reader

    def _hear(self) -> None:
        child, status = os.wait()
        ended = os.waitstatus_to_exitcode(status)
        mutant, reader = self._running.pop(child)
        with os.fdopen(reader) as told:
            if nodeid := told.read():
                self._tests.prefer(mutant, nodeid)
        self._verdicts.add(mutant, noticed=ended == NOTICED or ended < 0)


@dataclass
class Known:
    """What is known of the tests: their cost, and which functions each runs through."""

    cost: dict[pytest.Item, float] = field(default_factory=dict)
    by_function: dict[str, list[pytest.Item]] = field(default_factory=dict)
    noticed: Counter[tuple[str, str]] = field(default_factory=Counter)
    last: dict[str, str] = field(default_factory=dict)

    def learn(self, items: Sequence[pytest.Item]) -> None:
        """Run every test once, without a mutant; one that fails judges nobody."""
        set_mutant_under_test("stats")
        for item in items:
            began = time.process_time()
            if reason := _failure(item):
                pytest.exit(f"{item.nodeid} fails without a mutant:\n{reason}", returncode=1)
            self.cost[item] = time.process_time() - began
            for function in state()._stats:
                self.by_function.setdefault(function, []).append(item)
            state()._stats.clear()
            _say(f"learned {len(self.cost)} of {len(items)} tests")

    def through(self, mutant: str) -> list[pytest.Item]:
        """The tests that run through the mutant's function, in the order to try them.

        First the one that noticed the mutant before, then the tests named like the module; of
        those and of the others first whoever noticed most in the module for what it costs.
        """
        own = f"test_{_module(mutant).rpartition('.')[2]}.py"

        def order(item: pytest.Item) -> tuple[bool, bool, float, float]:
            again = self.last.get(_function(mutant)) == item.nodeid
            merit = self.noticed[_module(mutant), item.nodeid] / self.cost[item]
            return not again, item.path.name != own, -merit, self.cost[item]

        return sorted(self.by_function.get(_function(mutant), []), key=order)

    def prefer(self, mutant: str, nodeid: str) -> None:
        """This one noticed the mutant, so it mostly notices the next one of the function, too."""
        self.noticed[_module(mutant), nodeid] += 1
        self.last[_function(mutant)] = nodeid


def _function(mutant: str) -> str:
    return mutant.partition("__mutmut_")[0]


def _module(mutant: str) -> str:
    return _function(mutant).rpartition(".")[0]


def _forked(mutant: str, items: Sequence[pytest.Item], seconds: float) -> tuple[int, int]:
    """A child that plays the mutant, and where it tells which test noticed it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _play(mutant, items, seconds, writer)
    os.close(writer)
    return child, reader


def _play(mutant: str, items: Sequence[pytest.Item], seconds: float, writer: int) -> None:
    """In a child: the tests on this mutant; tells which one noticed it and ends the child."""
    if seconds < FOR_EVER:
        resource.setrlimit(resource.RLIMIT_CPU, (FOR_EVER, FOR_EVER + 1))
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.dup2(nothing, sys.stderr.fileno())
    set_mutant_under_test(mutant)
    os.environ.pop("MUTANT_UNDER_TEST")  # every call asks for it, and memory answers faster
    for item in items:
        if time.process_time() > seconds:
            break
        if _is_noticed_by(item):
            os.write(writer, item.nodeid.encode())
            os._exit(NOTICED)
    os._exit(UNNOTICED)


def _is_noticed_by(item: pytest.Item) -> bool:
    try:
        return bool(_failure(item))
    except BaseException:  # noqa: BLE001 - whatever gets through pytest was noticed
        return True


def _failure(item: pytest.Item) -> str:
    """What made the test fail, '' if it passed. What the session has set up stays."""
    next_one = cast("pytest.Item", item.session)  # all is torn down but the session's own
    reports = runtestprotocol(item, log=False, nextitem=next_one)
    return next((report.longreprtext or "failed" for report in reports if report.failed), "")


def _say(text: str) -> None:
    if sys.stdout.isatty():
        print(f"\r{text}\033[K", end="", flush=True)  # noqa: T201 - a command


def main(todo: Path, verdicts: Path, workers: int) -> int:
    """Judge the mutants listed in `todo`; the copy is the working directory."""
    judge = Judge(todo.read_text("utf-8").split(), Verdicts(verdicts), workers)
    left_out = [f"--deselect={name}" for name in LEFT_OUT]
    options = ("--quiet", "--capture=no", "--tb=native", "--timeout=120", "-p", "no:cacheprovider")
    # Nobody reads why a test noticed a mutant, and explaining it costs more than the test.
    options += ("--assert=plain",)
    return int(pytest.main([*options, *left_out, *TESTS], plugins=[judge]))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
