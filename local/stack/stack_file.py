"""What `up` leaves for people, tests and the next `up`, in two files of the stack's directory.

`stack.json` says where everything is, and exists only while everything runs. `processes.json` says
what was started, as soon as it is started, so that `down` finds it even after half an `up`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STACK = "stack.json"
PROCESSES = "processes.json"


def read(directory: Path, name: str) -> dict[str, Any]:
    """What was last written there; empty when nothing was."""
    try:
        data: dict[str, Any] = json.loads((directory / name).read_text())
    except FileNotFoundError:
        return {}
    return data


def write(directory: Path, name: str, content: Mapping[str, Any]) -> None:
    """Replace it in one step, so that a reader never sees half of it."""
    directory.mkdir(parents=True, exist_ok=True)
    draft = directory / f"{name}.new"
    draft.write_text(json.dumps(content, indent=2) + "\n")
    draft.replace(directory / name)


def remove(directory: Path, name: str) -> None:
    """Make it absent, whether it was there or not."""
    (directory / name).unlink(missing_ok=True)
