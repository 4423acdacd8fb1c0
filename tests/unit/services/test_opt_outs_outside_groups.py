"""An opt-out reaches the CRM record also while its contact is not in the mapped group."""

from __future__ import annotations

from crmsync.domain.base import Link
from crmsync.domain.mapping import Direction

from tests.unit.docs.stage import ADA, ME, Stage


def test_the_next_run_tells_a_member_whose_contact_left_before_the_first_sync() -> None:
    stage = Stage(Direction.EXPORT)
    stage.tenant.user_adds("k2", stage.group.id, first_name="Bo", email="bo@x.example")
    contact = stage.tenant.user_adds("k1", **ADA)
    ada = stage.org.add_person(ME, **ADA)
    stage.org.join(stage.campaign.id, ada.id)
    stage.world.state_of(stage.connection).put_links([Link(contact.id, ada.id)])
    stage.sync()

    stage.tenant.user_opts_out(contact.id)
    run = stage.sync()

    assert not stage.row(run).full
    assert stage.org.people[ada.id].opted_out
