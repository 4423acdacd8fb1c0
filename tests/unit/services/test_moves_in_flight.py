"""A membership that was moved by a worker who then died is known to have been moved by us."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from crmsync.domain.contact import Contact

from tests.fakes.numbered import Kind
from tests.unit.docs.stage import ME, Stage

EVE = {"first_name": "Eve", "last_name": "Ellis", "email": "eve@x.example"}


def dies_after(stage: Stage, call: str, meanwhile: Callable[[], object]) -> None:
    """The worker that makes this call dies; before the next one begins, that happens."""
    io = stage.world.io
    io.strike(call, Kind.CRASH_AFTER)
    io.once(call, lambda: io.on_io(io.count, lambda _: meanwhile()))


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.with_members()
    return stage


def test_whoever_leaves_the_campaign_meanwhile_leaves_the_group(stage: Stage) -> None:
    eve = stage.org.add_person(ME, **EVE)
    stage.org.join(stage.campaign.id, eve.id)
    dies_after(stage, "marketing.add_members", lambda: stage.org.leave(stage.campaign.id, eve.id))

    stage.sync()

    contact = stage.contact_of(eve.id)
    assert contact is not None
    assert not stage.is_in_group(contact.id)
    assert eve.id not in stage.org.members_of(stage.campaign.id)


def test_whoever_leaves_the_group_meanwhile_is_not_put_back(stage: Stage) -> None:
    contact: Contact = stage.tenant.user_adds("k1", stage.group.id, **EVE)
    dies_after(
        stage,
        "crm.add_members",
        lambda: stage.tenant.remove_members(stage.group.id, [contact.id]),
    )

    stage.sync()

    assert not stage.is_in_group(contact.id)
