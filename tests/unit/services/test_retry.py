"""A retry does again what failed in a run, and nothing else."""

from __future__ import annotations

import pytest
from crmsync.domain.change import Change, Outcome
from crmsync.domain.errors import Conflict
from crmsync.domain.run import Run, RunKind
from crmsync.domain.terms import TERMS_VERSION

from tests.fakes.world import World
from tests.unit.docs.stage import Stage

POISONED, FINE = "ada@x.example", "bob@x.example"


class Retry(Stage):
    """Three members were edited here; the CRM refuses the first of them."""

    def __init__(self) -> None:
        super().__init__()
        self.with_members()
        self.edit_all("Berlin")
        self.org.poison(POISONED)
        self.failed = self.sync()
        self.org.cure(POISONED)

    def edit_all(self, city: str) -> None:
        for contact in list(self.tenant.by_id.values()):
            self.tenant.user_edits(contact.id, city=city)

    def plan(self) -> Run:
        run = self._start.retry(self.connection, self.failed.id, "advisor-u1")
        return self._worked(run)

    def execute(self, preview: Run) -> Run:
        args = (self.connection, preview.id, "advisor-u1", TERMS_VERSION)
        return self._worked(self._start.from_preview(*args))

    def _worked(self, run: Run) -> Run:
        self.world.drain(self._slices.handle)
        return self.stored(self.world, run)

    @staticmethod
    def stored(world: World, run: Run) -> Run:
        found = world.runs.get("t1", run.id)
        assert found is not None
        return found

    def cities(self) -> dict[str, str]:
        return {p.value("email"): p.value("city") for p in self.org.people.values()}


@pytest.fixture
def retry() -> Retry:
    return Retry()


def outcomes(changes: list[Change]) -> list[Outcome]:
    return [change.outcome for change in changes]


def test_its_plan_has_what_failed_and_nobody_else(retry: Retry) -> None:
    assert sorted(outcomes(retry.results(retry.failed))) == ["failed", "updated", "updated"]

    plan = retry.plan()

    assert plan.kind is RunKind.RETRY
    (change,) = retry.results(plan)
    assert change.person is not None
    assert change.person.value("email") == POISONED


def test_carried_out_it_writes_nobody_else_whatever_was_edited_since(retry: Retry) -> None:
    retry.edit_all("Madrid")

    done = retry.execute(retry.plan())

    assert outcomes(retry.results(done)) == [Outcome.UPDATED]
    assert retry.cities()[POISONED] == "Madrid"
    assert retry.cities()[FINE] == "Berlin"


def test_what_was_edited_meanwhile_travels_with_the_next_sync(retry: Retry) -> None:
    retry.edit_all("Madrid")
    retry.execute(retry.plan())

    retry.sync()

    assert set(retry.cities().values()) == {"Madrid"}


def test_an_undo_is_not_retried_but_made_once_more() -> None:
    stage = Retry()
    plan = stage._start.undo(stage.connection, stage.failed.id, "advisor-u1")
    stage.world.drain(stage._slices.handle)
    undone = stage.execute(plan)

    with pytest.raises(Conflict) as refused:
        stage._start.retry(stage.connection, undone.id, "advisor-u1")

    assert refused.value.code == "undo_again"
