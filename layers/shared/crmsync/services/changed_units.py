"""Name the units of a mapping that may have changed since its watermark.

Rather one unit too many than one too few: a unit that turns out equal costs a look, one that is
missed stays wrong. It must not observe or decide units, only name them.
"""

from __future__ import annotations

from crmsync.ports.crm import Delta
from crmsync.services.count_gap import CountGap
from crmsync.services.gathering import OVERLAP, Gathering
from crmsync.services.scene import memory_of

PERSON, CONTACT = "person", "contact"
Key = tuple[str, str]
"""A unit by whichever id named it: (PERSON, person id) or (CONTACT, contact id)."""


class ChangedUnits:
    """Finds the changed units of the mappings of one gathering."""

    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self._work = gathering.work
        self._gap = CountGap(gathering)

    def keys(self, index: int) -> set[Key]:
        """What changed in the CRM, what changed here, and what did not agree last time."""
        people, contacts = self._changed_people(index), self._changed_contacts(index)
        pending = self._work.state.pending(*self._gathering.pair(index))
        people |= pending.person_ids
        contacts |= pending.contact_ids
        return {(PERSON, i) for i in people} | {(CONTACT, i) for i in contacts}

    def _changed_people(self, index: int) -> set[str]:
        """People of this campaign that changed, and all whose absence the counts give away."""
        delta, row = self._gathering.delta, self._gathering.row(index)
        if delta is None:
            return set()
        rows = [m for m in delta.members if m.campaign_id == row.campaign_id]
        people = {m.person_id for m in rows} | self._linked_here(index, delta)
        campaign = self._gathering.campaigns.get(index)
        if campaign and self._gap.unexplained(index, delta, campaign):
            people |= self._gap.absent_or_new(index, campaign)
        return people

    def _linked_here(self, index: int, delta: Delta) -> set[str]:
        """Changed people of this mapping: by their base, by group, or known to no mapping yet.

        Whom another connection linked may be a member here who just got an owner in scope.
        """
        inactive = self._work.connection.inactive_campaign_id
        entered = {m.person_id for m in delta.members if m.campaign_id == inactive}
        others = sorted(set(delta.people) | entered)
        if not others:
            return set()
        links = self._work.state.links_by_person(others)
        contact_ids = sorted(link.contact_id for link in links.values())
        bases = self._work.state.membership_bases(*self._gathering.pair(index), contact_ids)
        group_id = self._gathering.row(index).group_id or ""
        members = self._work.marketing.memberships(group_id, contact_ids)
        elsewhere = self._known_elsewhere(index, contact_ids) - {*bases, *members}
        return {p for p in others if p not in links or links[p].contact_id not in elsewhere}

    def _known_elsewhere(self, index: int, contact_ids: list[str]) -> set[str]:
        """Contacts that have a base in another mapping of the run."""
        rows = range(len(self._work.run.mappings)) if contact_ids else ()
        pairs = [self._gathering.pair(other) for other in rows if other != index]
        found = (self._work.state.membership_bases(*p, contact_ids) for p in pairs if all(p))
        return {contact_id for bases in found for contact_id in bases}

    def _changed_contacts(self, index: int) -> set[str]:
        """Contacts that joined or left the group, and those of this mapping that were edited."""
        row = self._gathering.row(index)
        memory = memory_of(self._work, row)
        if memory.watermark is None or not row.group_id:
            return set()
        since = (memory.local_watermark or memory.watermark) - OVERLAP
        touched = self._work.marketing.touched_since([row.group_id], since)
        moved = touched.memberships.get(row.group_id, frozenset())
        edited = sorted(touched.contacts - moved)
        if not edited:
            return set(moved)
        members = self._work.marketing.memberships(row.group_id, edited)
        bases = self._work.state.membership_bases(*self._gathering.pair(index), edited)
        others = sorted(set(edited) - members - set(bases))
        return {*moved, *members, *bases, *self._linked_only(index, others)}

    def _linked_only(self, index: int, contact_ids: list[str]) -> set[str]:
        """Of contacts outside the group those whose person may be a member: linked, based nowhere.

        Nothing of them travels but their opt-out.
        """
        linked = set(self._work.state.links_by_contact(contact_ids)) if contact_ids else set()
        return linked - self._known_elsewhere(index, sorted(linked))
