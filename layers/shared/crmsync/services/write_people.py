"""Write people to the CRM, and take in what it made of them: normalised, rewritten or refused.

A created person is linked at once, so no later run creates a second one. It must not know about
memberships, nor write anything to marketing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from crmsync.domain.base import Agreed, Link, agreed_on
from crmsync.domain.change import Action, Outcome, Side
from crmsync.domain.fields import loosely_same, same
from crmsync.ports.crm import PersonWrite, Written
from crmsync.services.duplicates import whom_instead
from crmsync.services.job import Job
from crmsync.services.work import Scene, Work


class WritePeople:
    """Creates and updates the people of one scene's jobs."""

    def __init__(self, work: Work, scene: Scene) -> None:
        self._work = work
        self._scene = scene

    def write(self, jobs: Iterable[Job]) -> None:
        """Write every living job's person; a refused one ends its job, the others go on."""
        writing = [(j, w) for j in jobs if j.alive and (w := _person_write(j)) is not None]
        if not writing:
            return
        results = self._work.crm.write_people([w for _, w in writing])
        self._opt_out_alone([w for (_, w), r in zip(writing, results, strict=True) if r.error])
        created = []
        for (job, write), result in zip(writing, results, strict=True):
            if self._refused(job, write, result):
                continue
            job.person = result.person or job.person
            self._read_back(job, write, result)
            if write.person is None:
                created.append((job, write, result))
        self._link_created(created)
        self._see_created(created)

    def _opt_out_alone(self, refused: Sequence[PersonWrite]) -> None:
        """No value that the CRM refuses keeps an opt-out from it; the answer changes nothing."""
        alone = [replace(w, values={}) for w in refused if w.person and w.opt_out and w.values]
        if alone:
            self._work.crm.write_people(alone)

    def _refused(self, job: Job, write: PersonWrite, result: Written) -> bool:
        if result.id is not None:
            return False
        if result.unknown:
            job.fail("create_unconfirmed" if write.person is None else "unconfirmed", result.detail)
            return True
        if write.person is None:
            self._meet_duplicate(job, result)
            self._work.state.release_claims([job.contact_id])
        if result.error == "schema_changed":
            job.fail("changed_meanwhile", result.detail, outcome=Outcome.SKIPPED)
        job.fail(result.error or "refused", result.detail)
        return True

    def _meet_duplicate(self, job: Job, result: Written) -> None:
        """Somebody the CRM takes for the same person is linked, or asked about, next time."""
        found = whom_instead(self._work, job.contact_id, result.matches) if result.matches else None
        if found is not None:
            reason, candidates = found
            change = replace(job.decision.change, candidates=candidates)
            job.decision = replace(job.decision, change=change)
            job.fail(reason, result.detail, outcome=Outcome.SKIPPED)

    def _read_back(self, job: Job, write: PersonWrite, result: Written) -> None:
        """What the CRM made of our values: normalised is agreed, rewritten travels back at once."""
        job.settled, job.rewritten = {}, {}
        contact = job.decision.change.contact
        travels = self._scene.policy.direction.writes_marketing and not self._work.run.undoes
        hidden = result.person.hidden_fields if result.person else frozenset()
        for name, sent in write.values.items():
            held = result.person.value(name) if result.person and name not in hidden else sent
            kept = same(name, held, sent) or loosely_same(held, sent)
            if travels and not kept:
                job.settled[name] = Agreed(held, held)
                job.rewritten[name] = held
            else:
                job.settled[name] = Agreed(contact.value(name) if contact else sent, held)

    def _link_created(self, created: Sequence[tuple[Job, PersonWrite, Written]]) -> None:
        if not created:
            return
        links = [
            Link(
                job.contact_id,
                result.id or "",
                agreed_on(write.values, result.person.values if result.person else write.values),
                opted_out=write.opt_out,
            )
            for job, write, result in created
        ]
        for (job, _, _), stored in zip(created, self._work.state.put_links(links), strict=True):
            if stored is None:
                job.fail("linked_meanwhile", outcome=Outcome.SKIPPED)
            job.stored = stored
        self._work.state.release_claims([job.contact_id for job, _, _ in created if job.alive])

    def _see_created(self, created: Sequence[tuple[Job, PersonWrite, Written]]) -> None:
        """People whose record did not come back with the answer are read before they join."""
        unseen = {result.id: job for job, _, result in created if job.person is None and result.id}
        if not unseen:
            return
        people = self._work.crm.look([], sorted(unseen)).people
        for person_id, job in unseen.items():
            job.person = people.get(person_id)
            if job.person is None:
                job.fail("unconfirmed", "The new person cannot be seen yet.")


def _person_write(job: Job) -> PersonWrite | None:
    create = job.step(Side.CRM, Action.CREATE)
    if create is not None:
        return PersonWrite(job.contact_id, create.values, create.opt_out)
    update = job.step(Side.CRM, Action.UPDATE)
    if update is not None and job.person is not None:
        return PersonWrite(job.contact_id, update.values, update.opt_out, job.person)
    return None
