"""What was decided again for a page outlives the worker that began to write it."""

from __future__ import annotations

from crmsync.domain.change import Outcome
from crmsync.domain.run import RunState

from tests.fakes.numbered import Kind
from tests.unit.docs.stage import saved_as
from tests.unit.services.two_mappings import TwoMappings


def test_what_was_decided_again_before_a_crash_is_told_after_it() -> None:
    firm = TwoMappings()
    firm.edit(firm.ada, city="Rome")
    firm.world.io.once(
        "runs.save", lambda: firm.edit(firm.ada, city="Lima"), when=saved_as(RunState.APPLYING)
    )
    firm.world.io.strike(
        "state.put_links", Kind.CRASH_BEFORE, when=lambda _: firm.value(firm.ada, "city") == "Lima"
    )

    run = firm.worked(firm.start())

    told = firm.result_of(run, firm.ada.id)
    assert told is not None
    assert (told.outcome, told.replanned) == (Outcome.UPDATED, True)
    assert [(f.name, f.before, f.after) for f in told.fields] == [("city", "", "Lima")]
