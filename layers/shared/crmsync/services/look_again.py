"""Look again at the units of a page right before they are written, and decide them anew.

A page that writes to the CRM re-reads its records. One that does not may go by what the plan saw,
unless a link moved since: then somebody else wrote to one of its pairs and that sight is old.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crmsync.domain.change import Change, Side
from crmsync.domain.decide import decide, moved
from crmsync.domain.observation import Decision, Observation
from crmsync.domain.replan import has_heir, inheriting, is_within, link_moved, remembering
from crmsync.domain.resume import in_full
from crmsync.domain.undo import carry_out
from crmsync.services.observe import Observer
from crmsync.services.scene import inactive_people
from crmsync.services.sight import Sight, sight_of
from crmsync.services.work import Scene, Work

Fresh = Mapping[str, Observation]
"""What is known now, by person and by contact id."""


class LookAgain:
    """Decides planned units of one scene as things stand now.

    `not_now` collects what void units would need: it is for the next run, but for their opt-outs.
    """

    def __init__(self, work: Work, scene: Scene) -> None:
        self._work = work
        self._scene = scene
        self.not_now: list[Change] = []

    def decide(self, page: Sequence[Change]) -> list[tuple[Change, Decision | None]]:
        """Each planned unit with the decision to carry out now, None when it is void."""
        now = self._look(page)
        return [(planned, self._decision(planned, _of(planned, now))) for planned in page]

    def _look(self, page: Sequence[Change]) -> Fresh:
        ask = self._work.run.preview_id is not None
        if ask or any(c.writes(Side.CRM) or c.moved or has_heir(c) for c in page):
            return self._observed(page, Sight(), ask=True)
        now = self._observed(page, sight_of(page), ask=False)
        if any(link_moved(planned, _of(planned, now)) for planned in page):
            return self._observed(page, Sight(), ask=True)
        return now

    def _observed(self, page: Sequence[Change], sight: Sight, *, ask: bool) -> Fresh:
        # One who took over from several is found again by the contact that was planned to have it.
        moved_ids = [c.contact_id for c in page if c.moved and c.contact_id]
        people = [c.person_id for c in page if c.person_id and c.contact_id not in moved_ids]
        contacts = [c.contact_id for c in page if c.contact_id and not c.person_id] + moved_ids
        if ask and contacts and self._scene.inactive_campaign_id:
            sight.inactive |= inactive_people(self._work)
        observer = Observer(self._work, self._scene, sight, trust_crm=not ask)
        by_id: dict[str, Observation] = {}
        for key, seen in observer.observe(people, contacts).items():
            by_id[key] = seen
            by_id |= dict.fromkeys(_ids(seen), seen)
        return by_id

    def _decision(self, planned: Change, seen: Observation | None) -> Decision | None:
        if seen is None or self._lost_track(planned, seen):
            self.not_now.append(planned)
            return None
        fresh = self._fresh(planned, seen)
        begun = self._work.run.checkpoint.begun
        told = in_full(planned, fresh.change, seen) if begun else None
        if told is not None:
            change = replace(fresh.change, replanned=told.replanned)
            return replace(fresh, change=change, told=told)
        if is_within(planned, fresh.change):
            return fresh
        self.not_now.append(fresh.change)
        return None

    def _lost_track(self, planned: Change, seen: Observation) -> bool:
        """Whether the one who took over cannot be told from a stranger any more."""
        moves = planned.moved and not self._work.run.undoes
        return moves and (seen.person is None or seen.person.id != planned.person_id)

    def _fresh(self, planned: Change, seen: Observation) -> Decision:
        if self._work.run.undoes:
            return carry_out(planned, seen)
        fresh = decide(inheriting(planned, seen), self._scene.policy)
        change = remembering(fresh.change, planned)
        replanned = planned.replanned or moved(planned, fresh.change)
        change = replace(change, id=planned.id, replanned=replanned, facts=planned.facts)
        return replace(fresh, change=change)


def _of(planned: Change, now: Fresh) -> Observation | None:
    return now.get(planned.person_id or "") or now.get(planned.contact_id or "")


def _ids(seen: Observation) -> set[str]:
    found = {
        seen.person.id if seen.person else "",
        seen.contact.id if seen.contact else "",
        seen.link.contact_id if seen.link else "",
    }
    return found - {""}
