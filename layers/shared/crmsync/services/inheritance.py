"""Find what people took over when a record was merged into theirs, or a lead was converted into it.

It must not know what is then done with the link, nor look at anybody's fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crmsync.domain.base import Link
from crmsync.domain.person import Person
from crmsync.services.work import Work


class Inheritance:
    """Asks the CRM who came before. `people` are heirs who also inherit an opt-out."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.people: dict[str, Person] = {}
        self._before: dict[str, Sequence[str]] = {}
        self._links: dict[str, Link] = {}

    def links_of(self, people: Sequence[Person]) -> dict[str, Link]:
        """By person id the link of who came before, as it will be; the first one of several."""
        self._ask([p.id for p in people])
        lines = {p.id: held for p in people if (held := self._lines(p.id))}
        self._inherit_consent({p.id: p for p in people}, lines)
        found = {}
        for person_id, held in lines.items():
            links = (self._links[line[-1]] for line in held)
            first = min(links, key=lambda link: link.contact_id)
            found[person_id] = replace(first, person_id=person_id)
        return found

    def _ask(self, ids: Sequence[str]) -> None:
        """Who came before these, back to the ones we had linked: whoever took over may be gone."""
        while ids:
            before = self._work.crm.predecessors(ids)
            gone = {i for each in before.values() for i in each} - self._before.keys()
            links = self._work.state.links_by_person(sorted(gone)) if gone else {}
            self._before.update(before)
            self._links.update(links)
            ids = sorted(gone - links.keys())

    def _lines(self, person_id: str) -> list[tuple[str, ...]]:
        """The records from this one, left out, back to each that is linked."""
        lines: list[tuple[str, ...]] = []
        for gone in self._before.get(person_id, ()):
            further = [()] if gone in self._links else self._lines(gone)
            lines += [(gone, *rest) for rest in further]
        return lines

    def _inherit_consent(
        self, people: Mapping[str, Person], lines: Mapping[str, Sequence[tuple[str, ...]]]
    ) -> None:
        """Who opted out before a merge or conversion, opted out."""
        before = {heir: {i for line in held for i in line} for heir, held in lines.items()}
        ids = sorted({i for each in before.values() for i in each})
        gone = self._work.crm.look([], ids).people if ids else {}
        for heir, each in before.items():
            if any(gone[i].opted_out for i in each if i in gone):
                self.people[heir] = replace(people[heir], inherits_opt_out=True)
