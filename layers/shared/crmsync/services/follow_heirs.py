"""Follow people who were merged away or converted to the one that took over in the end.

Who took over may have been merged away since. It must not match anybody, nor store a link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from crmsync.domain.base import Link
from crmsync.services.sight import Sight
from crmsync.services.unit import Unit, unit_of
from crmsync.services.work import Work

Lines = dict[str, list[str]]
"""Who took over from a person, and from that one in turn, by the person's id."""


class FollowHeirs:
    """Follows the people of units; `look` reads people into the sight."""

    def __init__(self, work: Work, sight: Sight, look: Callable[[Iterable[str]], None]) -> None:
        self._work = work
        self._sight = sight
        self._look = look

    def run(self, units: dict[str, Unit], planned: AbstractSet[str]) -> None:
        """Afterwards a linked unit has the person who took over, or knows whose that one is.

        A person who is linked already keeps that link, and is looked at for what it inherits. So
        does one of the `planned`, who is about to be linked.
        """
        lines = self._lines(sorted({u.person_id for u in units.values() if u.person_id}))
        taken = self._work.state.links_by_person(
            sorted({i for each in lines.values() for i in each})
        )
        for line in list(lines.values()):
            for place, person_id in enumerate(line):
                if person_id in taken:
                    units.setdefault(person_id, unit_of(person_id, None, taken[person_id]))
                    lines.setdefault(person_id, line[place + 1 :])
        given = {*taken, *planned}
        for unit in sorted(units.values(), key=lambda unit: unit.contact_id or ""):
            line = lines.get(unit.person_id or "", [])
            if unit.link is not None and line and line[-1] in self._sight.people:
                self._follow(unit, unit.link, line, free=given.isdisjoint(line))
                given.add(line[-1])

    def _follow(self, unit: Unit, link: Link, line: Sequence[str], *, free: bool) -> None:
        heir = line[-1]
        for gone in (link.person_id, *line[:-1]):
            self._sight.inherit(heir, gone)
        if not free:
            unit.heir_id = heir
            return
        unit.person_id, unit.moved = heir, True
        unit.link = replace(link, person_id=heir)

    def _lines(self, person_ids: Sequence[str]) -> Lines:
        lines: Lines = {}
        last = {person_id: person_id for person_id in person_ids}
        while last:
            heirs = {p: heir for p, i in last.items() if (heir := self._heir(i)) is not None}
            last = {p: heir for p, heir in heirs.items() if heir not in lines.get(p, ())}
            self._look(last.values())
            for person_id, heir in last.items():
                lines.setdefault(person_id, []).append(heir)
        return lines

    def _heir(self, person_id: str) -> str | None:
        person = self._sight.people.get(person_id)
        return (person.merged_into or person.converted_into) if person else None
