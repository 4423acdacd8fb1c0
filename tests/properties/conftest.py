"""What a million small objects ask for."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

OBJECTS = 500_000
"""So many new ones before cycles are looked for: about a hundred histories."""


@pytest.fixture(autouse=True, scope="module")
def _rarely_collected() -> Iterator[None]:
    """A history's objects die together, so looking for cycles among them every 700 is idle."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS, *before[1:])
    yield
    gc.set_threshold(*before)
    gc.unfreeze()
