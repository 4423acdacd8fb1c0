"""Soaking adds up over several calls."""

from __future__ import annotations

from pathlib import Path

from tests.soak.__main__ import FIRST_SEED, Soak, soak
from tests.soak.chunk import CHUNK


def test_a_call_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "soak.json"

    first = soak(0.0, 1, path)
    second = soak(0.0, 1, path)

    assert first.histories == 2 * CHUNK
    assert second.histories == 4 * CHUNK
    assert second.next_seed == FIRST_SEED + 4 * CHUNK
    assert Soak.kept(path) == second
    assert second.faults > first.faults > 0
    assert not second.broken
