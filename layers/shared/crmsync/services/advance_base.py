"""Advance the bases of units whose writes were all acknowledged, and of no others.

It must not write to either side: from here on both agree, or the unit is looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crmsync.domain.base import Link, MembershipBase
from crmsync.domain.change import Outcome
from crmsync.services.job import Job
from crmsync.services.put_bases import put_bases, put_links
from crmsync.services.work import Scene, Work


def advance_bases(work: Work, scene: Scene, jobs: Sequence[Job]) -> None:
    """Advance the bases of the units whose writes were all acknowledged."""
    done = [(j, link) for j in jobs if (link := _final_link(j)) is not None]
    for (job, _), stored in zip(done, put_links(work, [link for _, link in done]), strict=True):
        if stored is None:
            job.fail("changed_meanwhile", outcome=Outcome.SKIPPED)
    put_bases(work, scene, {j.contact_id: b for j in jobs if (b := _final_base(j)) is not None})


def _final_link(job: Job) -> Link | None:
    """The link once all is acknowledged, None when it is stored like that already."""
    wanted = job.decision.link or job.stored
    if not job.alive or wanted is None:
        return None
    agreed = {**wanted.fields, **(job.settled or {})}
    version = job.stored.version if job.stored else wanted.version
    final = replace(wanted, fields=agreed, in_flight={}, version=version)
    return None if final == job.stored and not job.decision.moved else final


def _final_base(job: Job) -> MembershipBase | None:
    """The membership base to store, None when it is stored like that already."""
    old, noted = job.decision.stored_membership, job.move is not None
    if not job.alive:
        refused = job.outcome is Outcome.FAILED and job.reason != "unconfirmed"
        return replace(old, in_flight=None) if noted and refused else None
    final = _after_move(job) if noted else job.decision.membership
    return final if noted or final != old else None


def _after_move(job: Job) -> MembershipBase:
    row_id = job.row_id or job.decision.change.row_id
    final = job.decision.membership
    own_row_id = row_id if job.own_row else final.own_row_id
    return replace(final, row_id=row_id, own_row_id=own_row_id) if final.right else final
