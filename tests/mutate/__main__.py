"""Mutate the code that reconciles, plans and checkpoints; see which mutants the fast tests notice.

    python -m tests.mutate                  everything from nothing, the table in docs anew
    python -m tests.mutate --go-on          go on with an earlier call; what it noticed stands
    python -m tests.mutate --go-on merge    only the modules whose name holds the word, printed

What no test noticed is listed in `.local/unnoticed.txt`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.mutate.copy import COPY, ROOT, Mutant, prepare
from tests.mutate.scope import LITTLE, MODULES, chosen
from tests.mutate.score import Verdicts, counted, table, together, told, unnoticed

PAGE = ROOT / "docs" / "reliability.md"
KEPT = ROOT / ".local" / "mutants.jsonl"
LISTED = ROOT / ".local" / "unnoticed.txt"
WANTED = 90.0
"""Per cent; the call fails below it."""


def main(arguments: Sequence[str]) -> int:
    """Mutate, print, and write the table when everything was mutated."""
    parser = argparse.ArgumentParser(prog="tests.mutate", description=__doc__)
    parser.add_argument("words", nargs="*", help="only modules whose name holds one of these")
    parser.add_argument("--go-on", action="store_true", help="keep what an earlier call noticed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    wanted = parser.parse_args(arguments)
    modules = chosen(wanted.words)
    mutants = prepare(modules)
    if not wanted.go_on:
        KEPT.unlink(missing_ok=True)
    _judge(mutants, KEPT, wanted.workers)
    verdicts = Verdicts(KEPT)
    LISTED.write_text("\n".join(unnoticed(mutants, verdicts)), "utf-8")
    counts = counted(mutants, verdicts)
    print("\n".join(table(counts)))  # noqa: T201 - a command
    if modules == MODULES:
        PAGE.write_text(told(PAGE.read_text("utf-8"), counts, datetime.now(UTC).date()), "utf-8")
    return 0 if together(counts).score >= WANTED else 1


def _judge(mutants: Sequence[Mutant], kept: Path, workers: int) -> None:
    """Judge in a process of its own, that sees the copy only: the untried, then the unnoticed."""
    noticed = Verdicts(kept)
    keys = [mutant.key for mutant in mutants if not noticed.get(mutant.key)]
    todo = COPY / "todo.txt"
    todo.write_text("\n".join(sorted(keys, key=lambda key: noticed.get(key) is False)), "utf-8")
    env = {**os.environ, **LITTLE, "PYTHONPATH": ".:src"}
    command = [sys.executable, "-m", "tests.mutate.judge", str(todo), str(kept), str(workers)]
    subprocess.run(command, cwd=COPY, env=env, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
