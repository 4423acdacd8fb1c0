"""Gather all that is known about units: links, contacts, people, memberships, on both sides.

The same code serves planning and the look right before writing, so both decide on equal terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from crmsync.domain.base import NO_MEMBERSHIP, MembershipBase
from crmsync.domain.contact import Contact
from crmsync.domain.fields import address_key
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Observation
from crmsync.domain.person import Person
from crmsync.services.find_units import FindUnits
from crmsync.services.other_mappings import Elsewhere, elsewhere
from crmsync.services.sight import Sight
from crmsync.services.unit import Unit
from crmsync.services.work import Scene, Work


class Observer:
    """Observes units of one scene; with `trust_crm` the sight is used as is, without a CRM call."""

    def __init__(self, work: Work, scene: Scene, sight: Sight, *, trust_crm: bool = False) -> None:
        self._work = work
        self._scene = scene
        self._sight = sight
        self._units = FindUnits(work, scene, sight, trust_crm=trust_crm)

    def observe(
        self,
        person_ids: Sequence[str],
        contact_ids: Sequence[str],
        planned: AbstractSet[str] = frozenset(),
    ) -> dict[str, Observation]:
        """An observation per id: every person first, then the contacts not covered by them.

        Nobody takes over a link who has one or, being `planned` already, is about to have one.
        """
        return self._observations(self._units.run(person_ids, contact_ids, planned))

    def _observations(self, units: dict[str, Unit]) -> dict[str, Observation]:
        contact_ids = sorted({u.contact_id for u in units.values() if u.contact_id})
        contacts = self._work.marketing.contacts(contact_ids) if contact_ids else {}
        members = self._members(contact_ids)
        bases = self._bases(contact_ids)
        others = elsewhere(self._work, self._scene, contact_ids) if bases else Elsewhere()
        suppressed = self._suppressed(contacts.values())
        return {
            key: self._observation(unit, contacts, members, bases, suppressed, others)
            for key, unit in units.items()
        }

    def _members(self, contact_ids: list[str]) -> frozenset[str]:
        if not contact_ids or not self._scene.group_id:
            return frozenset()
        return self._work.marketing.memberships(self._scene.group_id, contact_ids)

    def _bases(self, contact_ids: list[str]) -> Mapping[str, MembershipBase]:
        scene = self._scene
        if not contact_ids or not scene.group_id or not scene.campaign_id:
            return {}
        return self._work.state.membership_bases(scene.campaign_id, scene.group_id, contact_ids)

    def _suppressed(self, contacts: Iterable[Contact]) -> frozenset[str]:
        people = self._sight.people.values()
        addresses = {address_key(c.value("email")) for c in contacts if c.value("email")}
        addresses |= {
            address_key(p.value("email")) for p in people if p.opted_out and p.value("email")
        }
        if not addresses:
            return frozenset()
        return frozenset(self._work.marketing.suppressions(sorted(addresses)))

    def _observation(
        self,
        unit: Unit,
        contacts: Mapping[str, Contact],
        members: frozenset[str],
        bases: Mapping[str, MembershipBase],
        suppressed: frozenset[str],
        others: Elsewhere,
    ) -> Observation:
        person = self._sight.people.get(unit.person_id or "")
        contact = contacts.get(unit.contact_id or "")
        row = self._sight.rows.get(unit.person_id or "")
        return Observation(
            contact=contact,
            person=person,
            member_id=unit.person_id,
            link=unit.link,
            membership=bases.get(unit.contact_id or "", NO_MEMBERSHIP),
            member_left=(unit.contact_id or "") in members,
            seen=self._seen(unit),
            row_id=row.id if row else None,
            match=unit.match,
            in_scope=self._in_scope(person),
            in_inactive_campaign=(unit.person_id or "") in self._sight.inactive,
            suppressed=contact is not None and address_key(contact.value("email")) in suppressed,
            may_create=unit.may_create,
            moved=unit.moved,
            is_account=bool(row and row.is_account),
            heir=self._sight.people.get(unit.heir_id or ""),
            in_other_campaign=(unit.contact_id or "") in others.in_other_campaign,
            in_other_group=(unit.contact_id or "") in others.in_other_group,
        )

    def _seen(self, unit: Unit) -> Seen:
        if not self._scene.campaign_id:
            return Seen.OUT
        return self._sight.seen(unit.person_id) if unit.person_id else Seen.OUT

    def _in_scope(self, person: Person | None) -> bool:
        scene = self._scene
        return person is None or scene.by_visibility or person.owner_id == scene.crm_user_id
