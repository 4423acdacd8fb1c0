"""Move members: campaign rows in the CRM, memberships of the group in marketing.

It must not know why somebody moves, nor advance a base.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmsync.domain.membership import Move
from crmsync.domain.person import Member
from crmsync.ports.crm import Written
from crmsync.services.job import Job
from crmsync.services.work import Scene, Work


class MoveMembers:
    """Makes the membership moves of one scene's jobs that are still alive."""

    def __init__(self, work: Work, scene: Scene) -> None:
        self._work = work
        self._scene = scene

    def in_crm(self, jobs: Sequence[Job]) -> None:
        """Add and remove campaign rows; a move not acknowledged ends its job."""
        adding = [j for j in jobs if j.moves(Move.ADD_RIGHT) and j.person]
        people = [j.person for j in adding if j.person]
        if people:
            results = self._work.crm.add_members(self._scene.campaign_id, people)
            _moved(adding, results)
        removing = [j for j in jobs if j.moves(Move.REMOVE_RIGHT)]
        rows = [
            Member(j.move[1].row_id or "", self._scene.campaign_id, j.person.id if j.person else "")
            for j in removing
            if j.move
        ]
        if rows:
            _moved(removing, self._work.crm.remove_members(rows))

    def in_marketing(self, jobs: Sequence[Job]) -> None:
        """Add contacts to the group and remove them from it."""
        marketing, group_id = self._work.marketing, self._scene.group_id
        adding = [j.contact_id for j in jobs if j.moves(Move.ADD_LEFT)]
        removing = [j.contact_id for j in jobs if j.moves(Move.REMOVE_LEFT)]
        if adding:
            marketing.add_members(group_id, adding)
        if removing:
            marketing.remove_members(group_id, removing)


def _moved(jobs: Sequence[Job], results: Sequence[Written]) -> None:
    for job, result in zip(jobs, results, strict=True):
        if result.id is None:
            job.fail(result.error or "unconfirmed", result.detail)
        job.row_id = result.id
        job.own_row = not result.existed
