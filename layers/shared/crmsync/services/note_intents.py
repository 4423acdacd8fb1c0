"""Note what is about to be written before anything is, so that a crash anywhere can be repaired.

Links with the values in flight, claims to create people, and moves in flight. It must not know how
any of them is then written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from crmsync.domain.base import Agreed, InFlight, Link
from crmsync.domain.change import Action, Outcome, Side
from crmsync.ports.state import Claim
from crmsync.services.job import Job
from crmsync.services.put_bases import put_bases, put_links
from crmsync.services.work import Scene, Work


class NoteIntents:
    """Notes the intents of one scene's jobs; a job somebody else got ahead of ends here."""

    def __init__(self, work: Work, scene: Scene) -> None:
        self._work = work
        self._scene = scene

    def links(self, jobs: Iterable[Job]) -> None:
        """Store new links, moved links, and the values about to be written."""
        noting = [(job, link) for job in jobs if (link := self._link_to_note(job)) is not None]
        for (job, _), stored in zip(
            noting, put_links(self._work, [n for _, n in noting]), strict=True
        ):
            if stored is None:
                job.fail("changed_meanwhile", outcome=Outcome.SKIPPED)
            else:
                job.stored = stored

    def claims(self, jobs: Iterable[Job]) -> None:
        """Take the right to create people; whoever holds it already goes first."""
        creating = [j for j in jobs if j.alive and j.step(Side.CRM, Action.CREATE)]
        now, run_id = self._work.ports.clock.now(), self._work.run.id
        claims = [
            Claim(j.contact_id, run_id, now, dict(step.values))
            for j in creating
            if (step := j.step(Side.CRM, Action.CREATE))
        ]
        held = self._work.state.claim(claims) if claims else ()
        for job, claim in zip(creating, held, strict=True):
            if claim.holder != run_id:
                job.fail("create_unconfirmed", outcome=Outcome.SKIPPED)
        self._leave_linked([job for job in creating if job.alive])

    def _leave_linked(self, jobs: Sequence[Job]) -> None:
        """Somebody may have created, linked and given the claim up since we looked."""
        ids = sorted(job.contact_id for job in jobs)
        linked = self._work.state.links_by_contact(ids) if ids else {}
        for job in jobs:
            if job.contact_id in linked:
                job.fail("linked_meanwhile", outcome=Outcome.SKIPPED)
        if linked:
            self._work.state.release_claims(sorted(linked))

    def moves(self, jobs: Iterable[Job]) -> None:
        """Store the membership moves about to be made."""
        notes = {}
        for job in jobs:
            if job.alive and job.move is not None:
                old = job.decision.stored_membership
                notes[job.contact_id] = replace(old, in_flight=job.move[0].value)
        put_bases(self._work, self._scene, notes)

    def _link_to_note(self, job: Job) -> Link | None:
        """The link as it must be stored before any write of this job, None if none is needed."""
        created = job.step(Side.MARKETING, Action.CREATE)
        if created is not None:
            known = job.decision.link or Link(job.contact_id, job.decision.change.person_id or "")
            link = known.created_with(created.values, opted_out=created.opt_out)
            return None if link == job.stored and not job.decision.moved else link
        wanted, flying = job.decision.link, self._in_flight(job)
        if wanted is None or (wanted.version and not flying and not job.decision.moved):
            return None
        return replace(wanted, fields=self._base_before(job, wanted), in_flight=flying)

    def _base_before(self, job: Job, wanted: Link) -> dict[str, Agreed]:
        """The base without what is not acknowledged yet: fields in flight keep their old base."""
        agreed = dict(wanted.fields)
        for change in job.decision.change.fields:
            if change.base_left is not None and change.base_right is not None:
                agreed[change.name] = Agreed(change.base_left, change.base_right)
            else:
                agreed.pop(change.name, None)
        return agreed

    def _in_flight(self, job: Job) -> dict[str, InFlight]:
        left = job.step(Side.MARKETING, Action.UPDATE)
        right = job.step(Side.CRM, Action.UPDATE)
        flying = {n: InFlight("left", v) for n, v in (left.values if left else {}).items()}
        return flying | {
            n: InFlight("right", v) for n, v in (right.values if right else {}).items()
        }
