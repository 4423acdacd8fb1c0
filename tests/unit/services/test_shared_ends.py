"""Two mappings of one run share a group or a campaign: leaving one of two is not leaving both."""

from __future__ import annotations

import pytest
from crmsync.domain.mapping import Direction
from crmsync.domain.run import Run

from tests.fakes.builders import a_mapping
from tests.unit.services.two_mappings import TwoMappings

FEEDS = [Direction.IMPORT, Direction.BOTH]
FILLS = [Direction.EXPORT, Direction.BOTH]


class Shared(TwoMappings):
    """Ada and others are in everything that the two mappings keep the same."""

    def __init__(self, direction: Direction, *, one_group: bool) -> None:
        super().__init__()
        contact = self.contact_of(self.ada.id)
        assert contact is not None
        self.contact_id = contact.id
        self.change_connection(
            settings=self.connection.settings.__class__(remove_members_in_crm=True)
        )
        second = (self.autumn.id, self.group.id) if one_group else (self.campaign.id, "g2")
        self.rows = [
            a_mapping(self.campaign.id, self.group.id, direction),
            a_mapping(*second, direction, mapping_id="m2"),
        ]
        if one_group:
            self.org.join(self.autumn.id, self.ada.id)
        else:
            self.tenant.add_members("g2", [*self.tenant.members[self.group.id]])
        self.again()
        self.again()

    def again(self) -> Run:
        return self.worked(self.start())


@pytest.mark.parametrize("direction", FEEDS)
def test_who_leaves_one_of_two_campaigns_stays_in_the_group(direction: Direction) -> None:
    firm = Shared(direction, one_group=True)

    firm.org.leave(firm.campaign.id, firm.ada.id)
    firm.again()
    firm.again()

    assert firm.is_in_group(firm.contact_id)
    assert firm.ada.id in firm.org.members_of(firm.autumn.id)
    assert firm.ada.id not in firm.org.members_of(firm.campaign.id)


@pytest.mark.parametrize("direction", FEEDS)
@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "one after the other"])
def test_who_leaves_both_campaigns_leaves_the_group(direction: Direction, *, at_once: bool) -> None:
    firm = Shared(direction, one_group=True)

    firm.org.leave(firm.campaign.id, firm.ada.id)
    if not at_once:
        firm.again()
    firm.org.leave(firm.autumn.id, firm.ada.id)
    firm.again()
    firm.again()

    assert not firm.is_in_group(firm.contact_id)


@pytest.mark.parametrize("direction", FEEDS)
def test_somebody_deleted_in_the_crm_is_in_no_other_campaign(direction: Direction) -> None:
    firm = Shared(direction, one_group=True)

    firm.org.delete_person(firm.ada.id)
    firm.again()
    firm.again()

    assert not firm.is_in_group(firm.contact_id)


@pytest.mark.parametrize("direction", FILLS)
def test_who_leaves_one_of_two_groups_stays_in_the_campaign(direction: Direction) -> None:
    firm = Shared(direction, one_group=False)

    firm.tenant.remove_members("g2", [firm.contact_id])
    firm.again()
    firm.again()

    assert firm.ada.id in firm.org.members_of(firm.campaign.id)
    assert firm.is_in_group(firm.contact_id)
    assert not firm.tenant.memberships("g2", [firm.contact_id])


@pytest.mark.parametrize("direction", FILLS)
def test_who_leaves_both_groups_leaves_the_campaign(direction: Direction) -> None:
    firm = Shared(direction, one_group=False)

    firm.tenant.remove_members("g2", [firm.contact_id])
    firm.again()
    firm.tenant.remove_members(firm.group.id, [firm.contact_id])
    firm.again()

    assert firm.ada.id not in firm.org.members_of(firm.campaign.id)
