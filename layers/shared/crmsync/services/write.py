"""Write one page of decided units to both sides, so that a crash anywhere can be repaired.

Order matters and is the same for every page: suppressions first, then what is about to be written
is noted (claims, links, moves in flight), then the CRM, then marketing, and only then the base.
This module knows the order and nothing of how a step is done.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmsync.domain.ids import derived_id
from crmsync.domain.observation import Decision
from crmsync.services.advance_base import advance_bases
from crmsync.services.job import Job
from crmsync.services.move_members import MoveMembers
from crmsync.services.note_intents import NoteIntents
from crmsync.services.work import Scene, Work
from crmsync.services.write_contacts import WriteContacts
from crmsync.services.write_people import WritePeople


class Writer:
    """Writes the units of one scene."""

    def __init__(self, work: Work, scene: Scene) -> None:
        self._work = work
        self._scene = scene
        self._contacts = WriteContacts(work)
        self._intents = NoteIntents(work, scene)
        self._people = WritePeople(work, scene)
        self._members = MoveMembers(work, scene)

    def write(self, decisions: Sequence[Decision]) -> list[Job]:
        """Write all units; each job tells what became of its unit. One bad unit stops no other."""
        jobs = [self._job(decision) for decision in decisions]
        self._contacts.suppress(jobs)
        self._intents.links(jobs)
        self._intents.claims(jobs)
        self._intents.moves(jobs)
        self._people.write(jobs)
        self._members.in_crm(jobs)
        self._contacts.write(jobs)
        self._members.in_marketing(jobs)
        advance_bases(self._work, self._scene, jobs)
        return jobs

    def _job(self, decision: Decision) -> Job:
        change = decision.change
        contact_id = change.contact_id or contact_id_for(self._work, change.person_id or "")
        return Job(decision, contact_id, stored=decision.stored_link, person=change.person)


def contact_id_for(work: Work, person_id: str) -> str:
    """The id of the contact made from a person: the same at every repeat."""
    return derived_id("c", work.run.tenant_id, work.connection.org.org_id, person_id)
