"""Read a mapping completely: the campaign's members, then the group's, then what is remembered.

Each page plans only what the pages before it did not bring up. It must not know why the mapping
is read in full, nor how a page's changes are stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmsync.domain.observation import Observation
from crmsync.services.gathering import PAGE_SIZE, Gathering
from crmsync.services.observe import Observer
from crmsync.services.plan_parts import PlanParts
from crmsync.services.scene import inactive_people
from crmsync.services.sight import Sight

PEOPLE, CONTACTS, BASES = "people", "contacts", "bases"
"""The three parts of a full reading in their order, as the run's cursor names them."""


class FullPages:
    """Plans one page of a full reading at a time; `position` is the store's own cursor or ''."""

    def __init__(self, gathering: Gathering, plan: PlanParts) -> None:
        self._gathering = gathering
        self._work = gathering.work
        self._plan = plan

    def people(self, index: int, position: str) -> None:
        """A page of the campaign's members."""
        campaign = self._gathering.campaigns.get(index)
        if campaign is None:
            self._plan.store(index, [], f"{CONTACTS}:")
            return
        scene = self._gathering.scene(index)
        page = self._work.crm.members_page(campaign.id, position or None)
        sight = self._blank_sight()
        sight.take(page.people, page.members, scene)
        ids = [m.person_id for m in page.members]
        sight.looked.update(ids)
        found = Observer(self._work, scene, sight).observe(ids, [])
        following = f"{PEOPLE}:{page.cursor}" if page.cursor else f"{CONTACTS}:"
        self._plan.store(index, self._new(index, found), following)

    def contacts(self, index: int, position: str) -> None:
        """A page of the group's members that the campaign did not bring up."""
        scene = self._gathering.scene(index)
        if not scene.group_id:
            self._plan.store(index, [], f"{BASES}:")
            return
        page = self._work.marketing.members_page(scene.group_id, position or None, PAGE_SIZE)
        following = f"{CONTACTS}:{page.cursor}" if page.cursor else f"{BASES}:"
        self._contact_units(index, page.contact_ids, following)

    def bases(self, index: int, position: str) -> None:
        """A page of members that only the base remembers: both sides let them go."""
        scene = self._gathering.scene(index)
        if not scene.group_id or not scene.campaign_id:
            self._plan.finish(index)
            return
        page = self._work.state.membership_base_page(
            scene.campaign_id, scene.group_id, position or None
        )
        following = f"{BASES}:{page.cursor}" if page.cursor else ""
        self._contact_units(index, sorted(page.items), following)

    def _contact_units(self, index: int, contact_ids: Sequence[str], following: str) -> None:
        fresh = [c for c in contact_ids if c not in self._plan.known(index)]
        observer = Observer(self._work, self._gathering.scene(index), self._blank_sight())
        found = observer.observe([], fresh, self._plan.known(index)) if fresh else {}
        self._plan.store(index, self._new(index, found), following)

    def _new(self, index: int, found: Mapping[str, Observation]) -> list[Observation]:
        """Those whose person no page before brought up."""
        known = self._plan.known(index)
        return [o for o in found.values() if not (o.person and o.person.id in known)]

    def _blank_sight(self) -> Sight:
        return Sight(inactive=set(inactive_people(self._work)))
