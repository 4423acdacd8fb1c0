"""Copies of the engine with one bug in each, and what the oracles make of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.plants.plants import ORACLES, PACKAGE, Plant

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
"""Seconds beyond an oracle's own time after which it is taken to hang, which is noticing, too."""


@dataclass(frozen=True, slots=True)
class Caught:
    """What was noticed, '' if nothing was, after how many histories and seconds."""

    noticed: str
    histories: int
    seconds: float


def planted(plant: Plant, source: str) -> str:
    """The source with the bug in it; the line must still be there, exactly once."""
    count = source.count(plant.old)
    assert count == 1, f"'{plant.name}': its line occurs {count} times in {plant.file}"
    return source.replace(plant.old, plant.new)


@contextmanager
def garden(plant: Plant) -> Iterator[Path]:
    """A copy of the layer with the bug in it; the work tree is never touched."""
    with TemporaryDirectory() as name:
        layer = Path(name) / "layers" / "shared"
        shutil.copytree(ROOT / PACKAGE, layer / "crmsync", ignore=shutil.ignore_patterns("__py*"))
        file = layer / "crmsync" / plant.file
        file.write_text(planted(plant, file.read_text()))
        yield layer


def caught(plant: Plant, seconds: float) -> Caught:
    """Run what has to notice the plant, on such a copy."""
    with garden(plant) as layer:
        began = time.monotonic()
        try:
            done = _run(_command(plant, layer, seconds), layer, seconds + PATIENCE)
        except subprocess.TimeoutExpired:
            return Caught("it hangs", 0, seconds + PATIENCE)
        took = round(time.monotonic() - began, 1)
    if plant.by in ORACLES:
        last = done.stdout.strip().splitlines()
        assert last, f"'{plant.name}': {plant.by} said nothing: {done.stderr[-2000:]}"
        return Caught(**json.loads(last[-1]))
    assert done.returncode in (0, 1), f"'{plant.name}': {done.stdout[-2000:]}"
    return Caught(f"{plant.by} fails" if done.returncode else "", 1, took)


def _command(plant: Plant, layer: Path, seconds: float) -> list[str]:
    if plant.by not in ORACLES:
        path = f"pythonpath={ROOT} {layer}"
        options = ["-q", "-x", "-p", "no:cacheprovider", "-o", path]
        return [sys.executable, "-m", "pytest", *options, plant.by]
    within = ["--within", *plant.within] if plant.within else []
    seconds_given = ["--seconds", str(seconds)]
    return [sys.executable, "-m", "tests.plants.catch", plant.by, *seconds_given, *within]


def _run(command: list[str], layer: Path, seconds: float) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(layer), str(ROOT)))
    env = {**os.environ, "PYTHONPATH": path, "CRMSYNC_HYPOTHESIS": "unshrunk"}
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=seconds, check=False
    )
