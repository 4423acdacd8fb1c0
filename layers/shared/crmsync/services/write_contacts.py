"""Write contacts to marketing: opt-outs first of all, then new contacts, then edits.

It must not know about memberships, nor about anything in the CRM but what it made of our values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crmsync.domain.change import Action, Change, Outcome, Side
from crmsync.domain.contact import ContactDraft, ContactEdit
from crmsync.domain.fields import FIELD_NAMES, Values
from crmsync.services.job import Job
from crmsync.services.work import Work


class WriteContacts:
    """Suppresses, creates and edits the contacts of jobs."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def suppress(self, jobs: Iterable[Job]) -> None:
        """Opt-outs come before everything else, so no crash can lose one."""
        suppress(self._work, [job.decision.change for job in jobs])

    def write(self, jobs: Sequence[Job]) -> None:
        """Create and edit every living job's contact; one edited meanwhile ends its job.

        An opt-out is taken over whatever ended the job: it needs nobody's leave.
        """
        drafts = [(j, d) for j in jobs if j.alive and (d := _draft(j)) is not None]
        if drafts:
            self._work.marketing.create_contacts([d for _, d in drafts])
        edits = [(j, e) for j in jobs if (e := _edit(j) if j.alive else _opt_out(j)) is not None]
        results = self._work.marketing.edit_contacts([e for _, e in edits]) if edits else ()
        for (job, _), contact in zip(edits, results, strict=True):
            if contact is None:
                job.fail("changed_meanwhile", outcome=Outcome.SKIPPED)


def suppress(work: Work, changes: Iterable[Change]) -> None:
    """Afterwards nobody is mailed at an address that one of the units found opted out."""
    addresses = sorted({a for change in changes for a in change.suppress})
    known = work.marketing.suppressions(addresses) if addresses else ()
    fresh = [a for a in addresses if a not in known]
    if fresh:
        work.marketing.suppress(fresh, "sync")


def _draft(job: Job) -> ContactDraft | None:
    step = job.step(Side.MARKETING, Action.CREATE)
    if step is None:
        return None
    plain, custom = _split(step.values)
    return ContactDraft(
        job.contact_id, plain, step.opt_out, custom, job.decision.consent_unreadable
    )


def _edit(job: Job) -> ContactEdit | None:
    contact = job.decision.change.contact
    if contact is None:
        return None
    step = job.step(Side.MARKETING, Action.UPDATE)
    values = {**(step.values if step else {}), **(job.rewritten or {})}
    opt_out = True if step and step.opt_out else None
    marker = job.decision.consent_unreadable or _is_hidden(job)
    unreadable = marker if marker != contact.consent_unreadable else None
    if not values and opt_out is None and unreadable is None:
        return None
    plain, custom = _split(values)
    return ContactEdit(contact.id, contact.version, plain, custom, opt_out, unreadable)


def _opt_out(job: Job) -> ContactEdit | None:
    """The opt-out of a job that ended, and nothing else of it."""
    contact, step = job.decision.change.contact, job.step(Side.MARKETING, Action.UPDATE)
    if contact is None or step is None or not step.opt_out:
        return None
    return ContactEdit(contact.id, contact.version, email_opt_out=True)


def _is_hidden(job: Job) -> bool:
    """Whether the person was created just now and does not let us read its consent."""
    created = job.step(Side.CRM, Action.CREATE) is not None
    return created and job.person is not None and job.person.opted_out is None


def _split(values: Values) -> tuple[dict[str, str], dict[str, str]]:
    """Standard and custom fields apart."""
    plain = {name: value for name, value in values.items() if name in FIELD_NAMES}
    return plain, {name: value for name, value in values.items() if name not in FIELD_NAMES}
