"""Random histories in which one thing beyond the everyday happens, over and over.

A history in which everything may happen reaches no depth in anything; these go deep in one.
"""

from __future__ import annotations

import pytest

from tests.properties.stage import FEATURES
from tests.properties.story import HISTORIES, play

APART = 20_000
"""Between the first seeds of two features."""
EACH = HISTORIES // 125
"""Of 26 things, which together are the fifth that `test_histories` leaves."""


@pytest.mark.parametrize("feature", FEATURES)
def test_no_history_breaks_a_promise_however_often_this_happens(feature: str) -> None:
    first = APART * FEATURES.index(feature)

    for seed in range(first, first + EACH):
        play(seed, features=frozenset({feature}))
