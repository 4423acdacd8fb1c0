"""Some histories at a time, in a module that a new process can import by its name."""

from __future__ import annotations

from tests.properties.story import play

CHUNK = 10

Played = tuple[list[str], int, int]
"""Errors, boundaries and faults of some histories."""


def play_chunk(first: int) -> Played:
    """Play the histories of these seeds."""
    broken: list[str] = []
    boundaries = faults = 0
    for seed in range(first, first + CHUNK):
        try:
            story = play(seed)
        except Exception as error:  # noqa: BLE001 - whatever comes out of a history is its result
            broken.append(f"{type(error).__name__} {error}"[:500] if error.args else f"seed {seed}")
        else:
            boundaries += story.world.io.count
            faults += story.stats["faults"]
    return broken, boundaries, faults
