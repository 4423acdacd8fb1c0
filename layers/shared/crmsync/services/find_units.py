"""Find the units that ids stand for: by link, by what took over a record, or by matching.

A unit found by two ids is one unit. It must not read contacts' memberships or bases, nor decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from crmsync.domain.person import Person
from crmsync.services.follow_heirs import FollowHeirs
from crmsync.services.matching import Matching
from crmsync.services.sight import Sight
from crmsync.services.unit import Unit, drop_doubles, unit_of
from crmsync.services.work import Scene, Work


class FindUnits:
    """Finds units of one scene and reads their people into the sight.

    With `trust_crm` the sight is used as is, without a CRM call.
    """

    def __init__(self, work: Work, scene: Scene, sight: Sight, *, trust_crm: bool) -> None:
        self._work = work
        self._scene = scene
        self._sight = sight
        self._trust_crm = trust_crm

    def run(
        self, person_ids: Sequence[str], contact_ids: Sequence[str], planned: AbstractSet[str]
    ) -> dict[str, Unit]:
        """A unit per id: every person first, then the contacts not covered by them."""
        units = self._linked(person_ids, contact_ids)
        self._look(u.person_id for u in units.values() if u.person_id)
        FollowHeirs(self._work, self._sight, self._look).run(units, planned)
        drop_doubles(units)
        self._match(units)
        return units

    def _linked(self, person_ids: Sequence[str], contact_ids: Sequence[str]) -> dict[str, Unit]:
        by_person = self._work.state.links_by_person(person_ids) if person_ids else {}
        by_contact = self._work.state.links_by_contact(contact_ids) if contact_ids else {}
        units = {p: unit_of(p, None, by_person.get(p)) for p in person_ids}
        covered = {link.contact_id for link in by_person.values()}
        for contact_id in contact_ids:
            if contact_id not in covered:
                units[contact_id] = unit_of(None, contact_id, by_contact.get(contact_id))
        return units

    def _look(self, person_ids: Iterable[str]) -> None:
        """Read directly the people we do not have, unless we have to trust what we were given."""
        wanted = sorted(set(person_ids) - self._sight.looked)
        if not wanted or self._trust_crm:
            return
        found = self._work.crm.look(self._scene.campaign_ids, wanted)
        self._sight.take(found.people, found.members, self._scene)
        self._sight.looked.update(wanted)

    def _match(self, units: dict[str, Unit]) -> None:
        people = [p for u in units.values() if (p := self._unmatched(u)) is not None]
        contacts = [
            u.contact_id
            for u in units.values()
            if u.link is None and not u.person_id and u.contact_id
        ]
        if not people and not contacts:
            return
        matching = Matching(self._work, trust_crm=self._trust_crm)
        found = {**matching.for_people(people), **matching.for_contacts(contacts)}
        self._sight.people.update(matching.people)
        self._look(p for p in (found[k].person_id for k in found) if p)
        for key, result in found.items():
            unit = units[key]
            unit.link, unit.match = result.link, result.match
            unit.person_id = result.person_id or unit.person_id
            unit.contact_id = result.contact_id or unit.contact_id
            unit.may_create = result.may_create
            unit.moved = result.moved
        drop_doubles(units)

    def _unmatched(self, unit: Unit) -> Person | None:
        person = self._sight.people.get(unit.person_id or "") if unit.link is None else None
        return None if person is None or person.deleted else person
