"""What somebody said to be the same human is linked, whatever became of its address since."""

from __future__ import annotations

import pytest
from crmsync.domain.identity import Decisions
from crmsync.domain.person import Person
from crmsync.domain.run import Run

from tests.unit.docs.stage import ME, Stage

SHARED = "zed@x.example"


class Asked(Stage):
    """Robert in the CRM and Bobby here share an address; somebody said that they are one."""

    def __init__(self, *, here: bool) -> None:
        super().__init__()
        self.with_members()
        groups = () if here is False else (self.group.id,)
        self.tenant.user_adds("k1", *groups, first_name="Bobby", last_name="Zed", email=SHARED)
        self.robert: Person = self.org.add_person(
            ME, first_name="Robert", last_name="Zed", email=SHARED
        )
        if not here:
            self.org.join(self.campaign.id, self.robert.id)
        asked = self.result_of(self.sync(), "k1" if here else self.robert.id)
        assert asked is not None
        assert asked.reason == "needs_review"
        state = self.world.state_of(self.connection)
        state.put_decision("k1", Decisions(same=frozenset({self.robert.id})))
        state.put_decision(self.robert.id, Decisions(same=frozenset({"k1"})))

    def linked(self) -> dict[str, str]:
        """Person ids by contact id."""
        links = self.world.memory_of(self.connection).links
        return {i: link.person_id for i, link in links.items()}

    def sync_creates_nobody(self) -> Run:
        before = len(self.org.people), len(self.tenant.by_id)
        run = self.sync()
        assert (len(self.org.people), len(self.tenant.by_id)) == before
        return run


@pytest.mark.parametrize("here", [True, False], ids=["asked here", "asked there"])
@pytest.mark.parametrize("moves", ["here", "there"])
def test_an_address_that_changes_after_the_answer_makes_no_second_record(
    moves: str, *, here: bool
) -> None:
    stage = Asked(here=here)
    if moves == "here":
        stage.tenant.user_edits("k1", email="bobby@y.example")
    else:
        stage.org.edit(stage.robert.id, email="bobby@y.example")

    stage.sync_creates_nobody()

    assert stage.linked()["k1"] == stage.robert.id
    assert stage.is_in_group("k1")
    assert stage.robert.id in stage.org.members_of(stage.campaign.id)


def test_somebody_deleted_since_is_nobody_to_link() -> None:
    stage = Asked(here=True)
    stage.org.delete_person(stage.robert.id)

    stage.sync()

    assert stage.linked()["k1"] != stage.robert.id
