"""What was seen in the CRM by one look, or by a plan that need not look again.

It must not ask anybody, nor know what is decided from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from crmsync.domain.change import Change
from crmsync.domain.membership import Seen
from crmsync.domain.person import Member, Person
from crmsync.services.work import Scene


@dataclass(slots=True)
class Sight:
    """What was seen in the CRM. `looked` are the people asked for directly or by a full page."""

    people: dict[str, Person] = field(default_factory=dict)
    rows: dict[str, Member] = field(default_factory=dict)
    inactive: set[str] = field(default_factory=set)
    looked: set[str] = field(default_factory=set)

    def seen(self, person_id: str) -> Seen:
        """Whether the person is in the campaign; out only if we looked and could see the person."""
        if person_id in self.rows:
            return Seen.IN
        if person_id in self.looked and person_id in self.people:
            return Seen.OUT
        return Seen.UNKNOWN

    def inherit(self, heir_id: str, gone_id: str) -> None:
        """An opt-out of the record that is gone is one of the record that took over."""
        if self.people[gone_id].opted_out:
            self.people[heir_id] = replace(self.people[heir_id], inherits_opt_out=True)

    def take(self, people: Mapping[str, Person], rows: Iterable[Member], scene: Scene) -> None:
        """Add what a read returned."""
        self.people.update(people)
        for row in rows:
            if row.deleted:
                continue
            if row.campaign_id == scene.campaign_id:
                self.rows[row.person_id] = row
            if row.campaign_id == scene.inactive_campaign_id:
                self.inactive.add(row.person_id)


def sight_of(changes: Sequence[Change]) -> Sight:
    """What the plan saw, for a page that writes nothing to the CRM and need not look again."""
    sight = Sight()
    for change in changes:
        if change.person is None:
            continue
        sight.people[change.person.id] = change.person
        if change.seen is not Seen.UNKNOWN:
            sight.looked.add(change.person.id)
        if change.row_id:
            sight.rows[change.person.id] = Member(change.row_id, "", change.person.id)
        if change.inactive:
            sight.inactive.add(change.person.id)
    return sight
