"""Mutate the code that reconciles, plans and checkpoints; see which mutants the fast tests notice.

    python -m tests.mutate                  everything from nothing, the table in docs anew
    python -m tests.mutate --go-on          go on with an earlier call; what it noticed stands
    python -m tests.mutate --go-on merge    only the modules whose name holds the word, printed

mutmut makes the mutants and chooses the tests of each by the functions they run through.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from tests.mutate.copy import COPY, ROOT, prepare
from tests.mutate.scope import LITTLE, MODULES, chosen
from tests.mutate.score import counted, forget_unnoticed, table, together, told, verdicts

PAGE = ROOT / "docs" / "reliability.md"
WANTED = 90.0
"""Per cent; the call fails below it."""


def main(arguments: Sequence[str]) -> int:
    """Mutate, print, and write the table when everything was mutated."""
    parser = argparse.ArgumentParser(prog="tests.mutate", description=__doc__)
    parser.add_argument("words", nargs="*", help="only modules whose name holds one of these")
    parser.add_argument(
        "--go-on", action="store_true", help="keep what was noticed by an earlier call"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    wanted = parser.parse_args(arguments)
    modules = chosen(wanted.words)
    if not wanted.go_on:
        shutil.rmtree(COPY, ignore_errors=True)
    prepare(modules)
    for module in modules:
        forget_unnoticed(COPY, module)
    _mutate(wanted.workers)
    counts = {module: counted(verdicts(COPY, module)) for module in modules}
    print("\n".join(table(counts)))  # noqa: T201 - a command
    if modules == MODULES:
        PAGE.write_text(told(PAGE.read_text("utf-8"), counts, datetime.now(UTC).date()), "utf-8")
    return 0 if together(counts).score >= WANTED else 1


def _mutate(workers: int) -> None:
    env = {**os.environ, **LITTLE, "PYTHONPATH": ".:src"}
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(workers)]
    subprocess.run(command, cwd=COPY, env=env, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
