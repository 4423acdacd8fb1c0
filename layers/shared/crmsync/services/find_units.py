"""Find the units that ids stand for: by link, by what took over a record, or by matching.

A unit found by two ids is one unit. It must not read contacts' memberships or bases, nor decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from crmsync.domain.base import Link
from crmsync.domain.identity import Match, Verdict
from crmsync.domain.person import Person
from crmsync.services.matching import Matching
from crmsync.services.sight import Sight
from crmsync.services.work import Scene, Work


@dataclass(slots=True)
class Unit:
    """One unit being put together; `heir_id` took over its person, but is somebody else's."""

    person_id: str | None
    contact_id: str | None
    link: Link | None = None
    match: Match | None = None
    may_create: bool = False
    moved: bool = False
    heir_id: str | None = None


class FindUnits:
    """Finds units of one scene and reads their people into the sight.

    With `trust_crm` the sight is used as is, without a CRM call.
    """

    def __init__(self, work: Work, scene: Scene, sight: Sight, *, trust_crm: bool) -> None:
        self._work = work
        self._scene = scene
        self._sight = sight
        self._trust_crm = trust_crm

    def run(self, person_ids: Sequence[str], contact_ids: Sequence[str]) -> dict[str, Unit]:
        """A unit per id: every person first, then the contacts not covered by them."""
        units = self._linked(person_ids, contact_ids)
        self._look(u.person_id for u in units.values() if u.person_id)
        self._follow_successors(units)
        self._match(units)
        return units

    def _linked(self, person_ids: Sequence[str], contact_ids: Sequence[str]) -> dict[str, Unit]:
        by_person = self._work.state.links_by_person(person_ids) if person_ids else {}
        by_contact = self._work.state.links_by_contact(contact_ids) if contact_ids else {}
        units = {p: _unit(p, None, by_person.get(p)) for p in person_ids}
        covered = {link.contact_id for link in by_person.values()}
        for contact_id in contact_ids:
            if contact_id not in covered:
                units[contact_id] = _unit(None, contact_id, by_contact.get(contact_id))
        return units

    def _look(self, person_ids: Iterable[str]) -> None:
        """Read directly the people we do not have, unless we have to trust what we were given."""
        wanted = sorted(set(person_ids) - self._sight.looked)
        if not wanted or self._trust_crm:
            return
        found = self._work.crm.look(self._scene.campaign_ids, wanted)
        self._sight.take(found.people, found.members, self._scene)
        self._sight.looked.update(wanted)

    def _follow_successors(self, units: dict[str, Unit]) -> None:
        """A person merged away or converted is followed to the one that took over.

        One who is linked already keeps that link, and is looked at for the opt-out it inherits.
        """
        heirs = {u.person_id: self._heir(u.person_id) for u in units.values() if u.person_id}
        self._look(heir for heir in heirs.values() if heir)
        taken = self._work.state.links_by_person(sorted({h for h in heirs.values() if h}))
        for unit in list(units.values()):
            heir = heirs.get(unit.person_id or "")
            if unit.link is None or heir is None or heir not in self._sight.people:
                continue
            self._sight.inherit(heir, unit.link.person_id)
            if heir in taken:
                unit.heir_id = heir
                units.setdefault(heir, _unit(heir, None, taken[heir]))
            else:
                unit.person_id, unit.moved = heir, True
                unit.link = replace(unit.link, person_id=heir)
        _drop_doubles(units)

    def _heir(self, person_id: str | None) -> str | None:
        person = self._sight.people.get(person_id or "")
        return (person.merged_into or person.converted_into) if person else None

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
        _drop_doubles(units)

    def _unmatched(self, unit: Unit) -> Person | None:
        person = self._sight.people.get(unit.person_id or "") if unit.link is None else None
        return None if person is None or person.deleted else person


def _unit(person_id: str | None, contact_id: str | None, link: Link | None) -> Unit:
    if link is None:
        return Unit(person_id, contact_id)
    return Unit(link.person_id, link.contact_id, link)


def _drop_doubles(units: dict[str, Unit]) -> None:
    """Two keys that turned out to be one human stay one unit: the one found first."""
    seen: set[str] = set()
    for key, unit in list(units.items()):
        mine = {i for i in (unit.person_id, unit.contact_id) if i}
        if mine & seen and not _is_review(unit):
            del units[key]
        seen |= mine


def _is_review(unit: Unit) -> bool:
    return unit.match is not None and unit.match.verdict is Verdict.REVIEW
