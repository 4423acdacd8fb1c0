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

    def links_of(self, people: Sequence[Person]) -> dict[str, Link]:
        """By person id the link of who came before, as it will be; the first one of several."""
        before = self._work.crm.predecessors([p.id for p in people])
        gone = sorted({i for ids in before.values() for i in ids})
        links = self._work.state.links_by_person(gone) if gone else {}
        self._inherit_consent({p.id: p for p in people}, before, links)
        found = {}
        for person_id, ids in before.items():
            held = sorted((links[i] for i in ids if i in links), key=lambda link: link.contact_id)
            if held:
                found[person_id] = replace(held[0], person_id=person_id)
        return found

    def _inherit_consent(
        self,
        people: Mapping[str, Person],
        before: Mapping[str, Sequence[str]],
        links: Mapping[str, Link],
    ) -> None:
        """Who opted out before a merge or conversion, opted out."""
        gone = self._work.crm.look([], sorted(links)).people if links else {}
        for person_id, ids in before.items():
            if any(gone[i].opted_out for i in ids if i in gone):
                self.people[person_id] = replace(people[person_id], inherits_opt_out=True)
