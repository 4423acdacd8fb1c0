"""Processes that outlive the command that starts them, and are ended only if still the same."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_PATIENCE_SECONDS = 3.0
# Those of this very process: they may outlive it, but while it lives it must note their end.
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Detached:
    """A running process. `born` tells it from a later one that got the same number."""

    pid: int
    born: str
    log: str
    address: str = ""

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Detached:
        """The process that `as_json` described, dead or alive."""
        return cls(int(data["pid"]), data["born"], data["log"], data["address"])

    def is_alive(self) -> bool:
        """Whether it runs, and is not another process that was given its number."""
        return _born(self.pid) == self.born

    def stop(self) -> None:
        """End it and everything it started; returns when it is gone."""
        for ending in (signal.SIGTERM, signal.SIGKILL):
            if not self.is_alive():
                break
            os.killpg(self.pid, ending)
            _wait_until_gone(self)
        if self.pid in _CHILDREN and _CHILDREN[self.pid].poll() is not None:
            del _CHILDREN[self.pid]


def start(
    command: Sequence[str], *, log: Path, cwd: Path, env: Mapping[str, str], address: str = ""
) -> Detached:
    """Start a process group of its own, with its output appended to `log`.

    `address` is kept with it, for whoever must know what it serves.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as sink:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _CHILDREN[process.pid] = process
    return Detached(process.pid, _born(process.pid) or "", str(log), address)


def _wait_until_gone(process: Detached) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.05)


def _born(pid: int) -> str | None:
    """When the process started, in the system's own words; None for none, or for a finished one."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        return _born_linux(stat)
    shown = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return None if not shown or shown.startswith("Z") else shown.split(maxsplit=1)[1]


def _born_linux(stat: Path) -> str | None:
    try:
        after_name = stat.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, started = after_name[0], after_name[19]
    return None if state == "Z" else started
