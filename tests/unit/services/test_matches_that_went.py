"""A match that goes between the plan and the write leaves its contact to be looked at again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from crmsync.domain.change import Outcome
from crmsync.domain.mapping import Direction
from crmsync.domain.person import Person, PersonKind

from tests.unit.docs.stage import ME, Stage

EVE = {"first_name": "Eve", "last_name": "Ellis", "email": "eve@x.example"}
Going = Callable[[Stage, Person], object]
GOES: dict[str, tuple[PersonKind, Going]] = {
    "deleted": (PersonKind.CONTACT, lambda stage, eve: stage.org.delete_person(eve.id)),
    "converted": (PersonKind.LEAD, lambda stage, eve: stage.org.convert(eve.id)),
}


@pytest.mark.parametrize("how", GOES)
def test_the_contact_finds_its_person_in_the_next_run(how: str) -> None:
    kind, goes = GOES[how]
    stage = Stage(Direction.EXPORT)
    stage.with_members()
    eve = stage.org.add_person(ME, kind, **EVE)
    stage.org.join(stage.campaign.id, eve.id)
    stage.tenant.user_adds("k1", stage.group.id, **EVE, title="Partner")
    stage.world.io.once("artifacts.read_part", lambda: goes(stage, eve))

    first = stage.sync()
    stage.sync()

    unit = stage.result_of(first, "k1")
    assert unit is not None
    assert unit.outcome is Outcome.SKIPPED
    linked = stage.world.state_of(stage.connection).links_by_contact(["k1"])
    assert linked["k1"].person_id != eve.id
    assert linked["k1"].person_id in stage.org.members_of(stage.campaign.id)
