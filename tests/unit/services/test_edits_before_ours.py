"""What a person did between the plan and the write is theirs: not told as ours, nor taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from crmsync.domain.change import Outcome
from crmsync.domain.contact import Contact
from crmsync.domain.run import Run
from crmsync.domain.terms import TERMS_VERSION

from tests.unit.docs.stage import Stage


class Planned(Stage):
    """Somebody previews, edits one side just as planned, and then has the preview carried out."""

    def __init__(self) -> None:
        super().__init__()
        self.ada = self.with_members(title="Old")
        found = self.contact_of(self.ada.id)
        assert found is not None
        self.contact: Contact = found

    def carried_out(self, act: Callable[[], object]) -> Run:
        """The run of a preview, before which somebody did this."""
        self.world.clock.advance(3600)
        preview = self._start.preview(self.connection, [self.mapping], "advisor-u1")
        self.world.drain(self._slices.handle)
        act()
        return self._worked(preview)

    def undone(self, run: Run) -> Run:
        """The run that takes this one back."""
        plan = self._start.undo(self.connection, run.id, "advisor-u1")
        self.world.drain(self._slices.handle)
        return self._worked(plan)

    def _worked(self, preview: Run) -> Run:
        run = self._start.from_preview(self.connection, preview.id, "advisor-u1", TERMS_VERSION)
        self.world.drain(self._slices.handle)
        return self.world.control.runs["t1", run.id]


@pytest.fixture
def stage() -> Planned:
    return Planned()


def test_a_value_somebody_typed_as_planned_is_not_taken_back(stage: Planned) -> None:
    stage.org.edit(stage.ada.id, title="New")
    run = stage.carried_out(lambda: stage.tenant.user_edits(stage.contact.id, title="New"))

    stage.undone(run)

    told = stage.result_of(run, stage.contact.id)
    assert told is not None
    assert (told.outcome, told.steps, told.replanned) == (Outcome.UNCHANGED, (), True)
    assert stage.tenant.by_id[stage.contact.id].value("title") == "New"


def test_somebody_put_into_the_group_as_planned_stays_there(stage: Planned) -> None:
    stage.org.leave(stage.campaign.id, stage.ada.id)
    stage.sync()
    stage.org.join(stage.campaign.id, stage.ada.id)
    run = stage.carried_out(lambda: stage.tenant.add_members(stage.group.id, [stage.contact.id]))

    stage.undone(run)

    assert stage.is_in_group(stage.contact.id)
