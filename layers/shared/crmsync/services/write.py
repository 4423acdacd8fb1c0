"""Write one page of decided units to both sides, so that a crash anywhere can be repaired.

Order matters and is the same for every page: suppressions first, then what is about to be written
is noted (claims, links, moves in flight), then the CRM, then marketing, and only then the base.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from crmsync.domain.base import Agreed, InFlight, Link, MembershipBase
from crmsync.domain.change import Action, Outcome, Side, Step
from crmsync.domain.contact import ContactDraft
from crmsync.domain.fields import FIELD_NAMES, Values, loosely_same, same
from crmsync.domain.ids import derived_id
from crmsync.domain.membership import Move
from crmsync.domain.observation import Decision
from crmsync.domain.person import Member, Person
from crmsync.ports.crm import PersonWrite, Written
from crmsync.ports.marketing import ContactEdit
from crmsync.ports.state import Claim
from crmsync.services.duplicates import whom_instead
from crmsync.services.work import Scene, Work

MOVES = {
    (Side.MARKETING, Action.ADD_MEMBER): Move.ADD_LEFT,
    (Side.MARKETING, Action.REMOVE_MEMBER): Move.REMOVE_LEFT,
    (Side.CRM, Action.ADD_MEMBER): Move.ADD_RIGHT,
    (Side.CRM, Action.REMOVE_MEMBER): Move.REMOVE_RIGHT,
}


@dataclass(slots=True)
class Job:
    """One unit being written. An outcome ends it; its base then stays as it was.

    `stored` is the link as it stands in the store, with the version a next write has to name.
    """

    decision: Decision
    contact_id: str
    stored: Link | None = None
    person: Person | None = None
    row_id: str | None = None
    own_row: bool = False
    rewritten: dict[str, str] | None = None
    settled: dict[str, Agreed] | None = None
    outcome: Outcome | None = None
    reason: str = ""
    detail: str = ""

    @property
    def alive(self) -> bool:
        """Whether the unit is still on its way."""
        return self.outcome is None

    def step(self, side: Side, action: Action) -> Step | None:
        """The unit's step of this kind, if it has one."""
        for step in self.decision.change.steps:
            if step.side is side and step.action is action:
                return step
        return None

    @property
    def move(self) -> tuple[Move, Step] | None:
        """The membership move of the unit, if it has one."""
        for step in self.decision.change.steps:
            if (step.side, step.action) in MOVES:
                return MOVES[step.side, step.action], step
        return None

    def fail(self, reason: str, detail: str = "", outcome: Outcome = Outcome.FAILED) -> None:
        """End the unit; the first reason stays."""
        if self.alive:
            self.outcome, self.reason, self.detail = outcome, reason, detail


class Writer:
    """Writes the units of one scene."""

    def __init__(self, work: Work, scene: Scene) -> None:
        self._work = work
        self._scene = scene

    def write(self, decisions: Sequence[Decision]) -> list[Job]:
        """Write all units; each job tells what became of its unit. One bad unit stops no other."""
        jobs = [self._job(decision) for decision in decisions]
        self._suppress(jobs)
        self._note_links(jobs)
        self._note_claims(jobs)
        self._note_moves(jobs)
        self._write_people(jobs)
        self._move_in_crm(jobs)
        self._write_contacts(jobs)
        self._move_in_marketing(jobs)
        self._settle(jobs)
        return jobs

    def _job(self, decision: Decision) -> Job:
        change = decision.change
        contact_id = change.contact_id or contact_id_for(self._work, change.person_id or "")
        return Job(decision, contact_id, stored=decision.stored_link, person=change.person)

    def _suppress(self, jobs: Iterable[Job]) -> None:
        """Opt-outs come before everything else, so no crash can lose one."""
        addresses = sorted({a for job in jobs for a in job.decision.change.suppress})
        if not addresses:
            return
        known = self._work.marketing.suppressions(addresses)
        fresh = [a for a in addresses if a not in known]
        if fresh:
            self._work.marketing.suppress(fresh, "sync")

    def _note_links(self, jobs: Iterable[Job]) -> None:
        """Store new links, moved links, and the values about to be written."""
        noting = [(job, link) for job in jobs if (link := self._link_to_note(job)) is not None]
        for (job, _), stored in zip(noting, self._put([n for _, n in noting]), strict=True):
            if stored is None:
                job.fail("changed_meanwhile", outcome=Outcome.SKIPPED)
            else:
                job.stored = stored

    def _put(self, links: Sequence[Link]) -> list[Link | None]:
        """Store links; one that points at another person than before is moved first."""
        state = self._work.state
        if not links:
            return []
        before = state.links_by_contact(sorted(link.contact_id for link in links))
        ready = [self._following(link, before.get(link.contact_id)) for link in links]
        stored = iter(state.put_links([link for link in ready if link is not None]))
        return [next(stored) if link is not None else None for link in ready]

    def _following(self, link: Link, old: Link | None) -> Link | None:
        """The link ready to be stored, moved to its person's successor where it has one."""
        if old is None or old.person_id == link.person_id or not link.version:
            return link
        moved = self._work.state.move_link(old, link.person_id)
        return replace(link, version=moved.version) if moved else None

    def _link_to_note(self, job: Job) -> Link | None:
        """The link as it must be stored before any write of this job, None if none is needed."""
        created = job.step(Side.MARKETING, Action.CREATE)
        if created is not None and job.stored is None:
            agreed = {name: Agreed(value, value) for name, value in created.values.items()}
            return Link(job.contact_id, job.decision.change.person_id or "", agreed)
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

    def _note_claims(self, jobs: Iterable[Job]) -> None:
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

    def _note_moves(self, jobs: Iterable[Job]) -> None:
        notes = {}
        for job in jobs:
            if job.alive and job.move is not None:
                old = job.decision.stored_membership
                notes[job.contact_id] = replace(old, in_flight=job.move[0].value)
        self._put_bases(notes)

    def _put_bases(self, bases: dict[str, MembershipBase]) -> None:
        if bases:
            pair = (self._scene.campaign_id, self._scene.group_id)
            self._work.state.put_membership_bases(*pair, bases)

    def _write_people(self, jobs: Iterable[Job]) -> None:
        writing = [(j, w) for j in jobs if j.alive and (w := self._person_write(j)) is not None]
        if not writing:
            return
        results = self._work.crm.write_people([w for _, w in writing])
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

    def _person_write(self, job: Job) -> PersonWrite | None:
        create = job.step(Side.CRM, Action.CREATE)
        if create is not None:
            return PersonWrite(job.contact_id, create.values, create.opt_out)
        update = job.step(Side.CRM, Action.UPDATE)
        if update is not None and job.person is not None:
            return PersonWrite(job.contact_id, update.values, update.opt_out, job.person)
        return None

    def _refused(self, job: Job, write: PersonWrite, result: Written) -> bool:
        if result.id is not None:
            return False
        if result.unknown:
            job.fail("create_unconfirmed" if write.person is None else "unconfirmed", result.detail)
            return True
        if write.person is None:
            self._meet_duplicate(job, result)
            self._work.state.release_claims([job.contact_id])
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
        for name, sent in write.values.items():
            held = result.person.value(name) if result.person else sent
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
                {n: Agreed(v, v) for n, v in write.values.items()},
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

    def _move_in_crm(self, jobs: Sequence[Job]) -> None:
        adding = [j for j in jobs if self._moves(j, Move.ADD_RIGHT) and j.person]
        people = [j.person for j in adding if j.person]
        if people:
            results = self._work.crm.add_members(self._scene.campaign_id, people)
            self._moved(adding, results)
        removing = [j for j in jobs if self._moves(j, Move.REMOVE_RIGHT)]
        rows = [
            Member(j.move[1].row_id or "", self._scene.campaign_id, j.person.id if j.person else "")
            for j in removing
            if j.move
        ]
        if rows:
            self._moved(removing, self._work.crm.remove_members(rows))

    def _moved(self, jobs: Sequence[Job], results: Sequence[Written]) -> None:
        for job, result in zip(jobs, results, strict=True):
            if result.id is None:
                job.fail(result.error or "unconfirmed", result.detail)
            job.row_id = result.id
            job.own_row = not result.existed

    def _moves(self, job: Job, move: Move) -> bool:
        return job.alive and job.move is not None and job.move[0] is move

    def _write_contacts(self, jobs: Sequence[Job]) -> None:
        drafts = [(j, d) for j in jobs if j.alive and (d := self._draft(j)) is not None]
        if drafts:
            self._work.marketing.create_contacts([d for _, d in drafts])
        edits = [(j, e) for j in jobs if j.alive and (e := self._edit(j)) is not None]
        results = self._work.marketing.edit_contacts([e for _, e in edits]) if edits else ()
        for (job, _), contact in zip(edits, results, strict=True):
            if contact is None:
                job.fail("changed_meanwhile", outcome=Outcome.SKIPPED)

    def _draft(self, job: Job) -> ContactDraft | None:
        step = job.step(Side.MARKETING, Action.CREATE)
        if step is None:
            return None
        plain, custom = _split(step.values)
        return ContactDraft(
            job.contact_id, plain, step.opt_out, custom, job.decision.consent_unreadable
        )

    def _edit(self, job: Job) -> ContactEdit | None:
        contact = job.decision.change.contact
        if contact is None:
            return None
        step = job.step(Side.MARKETING, Action.UPDATE)
        values = {**(step.values if step else {}), **(job.rewritten or {})}
        opt_out = True if step and step.opt_out else None
        hidden = job.person is not None and job.person.opted_out is None
        marker = job.decision.consent_unreadable or hidden
        unreadable = marker if marker != contact.consent_unreadable else None
        if not values and opt_out is None and unreadable is None:
            return None
        plain, custom = _split(values)
        return ContactEdit(contact.id, contact.version, plain, custom, opt_out, unreadable)

    def _move_in_marketing(self, jobs: Sequence[Job]) -> None:
        marketing, group_id = self._work.marketing, self._scene.group_id
        adding = [j.contact_id for j in jobs if self._moves(j, Move.ADD_LEFT)]
        removing = [j.contact_id for j in jobs if self._moves(j, Move.REMOVE_LEFT)]
        if adding:
            marketing.add_members(group_id, adding)
        if removing:
            marketing.remove_members(group_id, removing)

    def _settle(self, jobs: Sequence[Job]) -> None:
        """Advance the bases of the units whose writes were all acknowledged."""
        done = [(j, link) for j in jobs if (link := self._final_link(j)) is not None]
        for (job, _), stored in zip(done, self._put([link for _, link in done]), strict=True):
            if stored is None:
                job.fail("changed_meanwhile", outcome=Outcome.SKIPPED)
        self._put_bases({j.contact_id: b for j in jobs if (b := self._final_base(j)) is not None})

    def _final_link(self, job: Job) -> Link | None:
        """The link once all is acknowledged, None when it is stored like that already."""
        wanted = job.decision.link or job.stored
        if not job.alive or wanted is None:
            return None
        agreed = {**wanted.fields, **(job.settled or {})}
        version = job.stored.version if job.stored else wanted.version
        final = replace(wanted, fields=agreed, in_flight={}, version=version)
        return None if final == job.stored and not job.decision.moved else final

    def _final_base(self, job: Job) -> MembershipBase | None:
        """The membership base to store, None when it is stored like that already."""
        old, noted = job.decision.stored_membership, job.move is not None
        if not job.alive:
            return (
                old
                if noted and job.outcome is Outcome.FAILED and job.reason != "unconfirmed"
                else None
            )
        final = self._after_move(job) if noted else job.decision.membership
        return final if noted or final != old else None

    def _after_move(self, job: Job) -> MembershipBase:
        row_id = job.row_id or job.decision.change.row_id
        final = job.decision.membership
        return replace(final, row_id=row_id) if final.right else final


def contact_id_for(work: Work, person_id: str) -> str:
    """The id of the contact made from a person: the same at every repeat."""
    return derived_id("c", work.run.tenant_id, org_id(work), person_id)


def org_id(work: Work) -> str:
    """The org this connection belongs to."""
    return work.connection.org.org_id if work.connection.org else ""


def _split(values: Values) -> tuple[dict[str, str], dict[str, str]]:
    """Standard and custom fields apart."""
    plain = {name: value for name, value in values.items() if name in FIELD_NAMES}
    return plain, {name: value for name, value in values.items() if name not in FIELD_NAMES}
