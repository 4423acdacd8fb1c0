"""Wait for a condition, never for a guess."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(holds: Callable[[], bool], *, what: str, seconds: float) -> None:
    """Return as soon as `holds`; after `seconds`, TimeoutError says what never happened."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.1)
