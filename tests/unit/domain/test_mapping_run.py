"""What of a mapping's row is counted anew, and what becomes of it when its run ends early."""

from __future__ import annotations

from dataclasses import replace

import pytest
from crmsync.domain.change import Outcome
from crmsync.domain.guard import Effect
from crmsync.domain.mapping_run import MappingRun, MappingState, cancelled, uncounted

from tests.fakes.builders import a_mapping

ROW = MappingRun(a_mapping("701", "g1"), "701", "Spring", "g1", "Spring", full=True, members=3)


def test_before_anything_is_counted_only_what_was_read_is_known() -> None:
    counted = replace(
        ROW,
        counts={Outcome.UPDATED: 2},
        waterfall={"in_group": 2},
        conflicts=1,
        effect=Effect(1, 1, 1),
        own_rows=1,
        pending=1,
    )

    assert uncounted(counted) == ROW


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (MappingState.WAITING, MappingState.CANCELLED),
        (MappingState.RUNNING, MappingState.CANCELLED),
        (MappingState.DONE, MappingState.DONE),
        (MappingState.HELD, MappingState.HELD),
        (MappingState.PAUSED, MappingState.PAUSED),
        (MappingState.FAILED, MappingState.FAILED),
    ],
)
def test_a_cancelled_run_cancels_the_mappings_that_were_not_through(
    before: MappingState, after: MappingState
) -> None:
    first, second = cancelled((replace(ROW, state=before), ROW))

    assert first == replace(ROW, state=after)
    assert second.state is MappingState.CANCELLED
