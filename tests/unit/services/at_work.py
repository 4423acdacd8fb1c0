"""A slice in the middle of its work, for what is too deep inside to be seen from a whole sync."""

from __future__ import annotations

from datetime import timedelta

from crmsync.domain.base import Link, MembershipBase
from crmsync.domain.mapping_run import MappingRun
from crmsync.domain.observation import Policy
from crmsync.ports.runs import Lease
from crmsync.ports.state import MappingMemory
from crmsync.services.work import Scene, Work

from tests.fakes.builders import a_run
from tests.fakes.state import Pair
from tests.unit.docs.stage import ME, Stage


class Books(Stage):
    """What is remembered of one contact, `c1`, in the middle of a slice."""

    def __init__(self, link: Link | None = None) -> None:
        super().__init__()
        self.store = self.world.memory_of(self.connection)
        if link is not None:
            self.remember(link)

    def remember(self, link: Link) -> None:
        """Somebody stored this link."""
        self.store.links[link.contact_id] = link
        self.store.people[link.person_id] = link.contact_id

    @property
    def link(self) -> Link | None:
        """The link as it is stored."""
        return self.store.links.get("c1")

    @property
    def membership(self) -> MembershipBase | None:
        """The membership base as it is stored."""
        return self.store.bases.get(self._pair, {}).get("c1")

    @membership.setter
    def membership(self, base: MembershipBase) -> None:
        self.store.bases[self._pair] = {"c1": base}

    @property
    def _pair(self) -> Pair:
        return (self.connection.id, self.campaign.id, self.group.id)

    def written(self) -> list[str]:
        """Calls that stored something."""
        return [name for name in self.world.io.names() if "put" in name or "move" in name]


def work_of(stage: Stage, run_id: str = "run1") -> Work:
    """The stage's only connection at work."""
    world, connection = stage.world, stage.connection
    lease = Lease(run_id, "w1", 1, world.clock.now() + timedelta(hours=1))
    return Work(
        ports=world.ports,
        run=a_run(run_id, connection_id=connection.id),
        connection=connection,
        lease=lease,
        crm=world.crm(connection),
        marketing=world.marketing(),
        state=world.state(connection),
    )


def scene_of(stage: Stage) -> Scene:
    """The stage's only mapping, its campaign and group there."""
    return Scene(
        index=0,
        row=MappingRun(stage.mapping, group_id=stage.group.id),
        campaign=stage.campaign,
        policy=Policy(stage.mapping.id, stage.mapping.direction),
        crm_user_id=ME,
        by_visibility=False,
        inactive_campaign_id=None,
        memory=MappingMemory(),
    )
