"""Look again at the units of a page right before they are written, and decide them anew.

A page that writes to the CRM re-reads its records. One that does not may go by what the plan saw,
unless a link moved since: then somebody else wrote to one of its pairs and that sight is old.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crmsync.domain.change import Action, Change, Outcome, Side
from crmsync.domain.decide import decide, moved
from crmsync.domain.observation import Decision, Observation
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
        if ask or any(c.writes(Side.CRM) or c.moved or _has_heir(c) for c in page):
            return self._observed(page, Sight(), ask=True)
        now = self._observed(page, sight_of(page), ask=False)
        if any(_link_moved(planned, _of(planned, now)) for planned in page):
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
        if _is_within(planned, fresh.change):
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
        fresh = decide(_inheriting(planned, seen), self._scene.policy)
        change = _remembering(fresh.change, planned)
        replanned = planned.replanned or moved(planned, fresh.change)
        change = replace(change, id=planned.id, replanned=replanned, facts=planned.facts)
        return replace(fresh, change=change)


def void(planned: Change) -> Change:
    """A unit nothing may be written to now; it is looked at again next time."""
    return replace(
        planned,
        steps=(),
        outcome=Outcome.SKIPPED,
        reason="changed_meanwhile",
        passing=True,
        replanned=True,
    )


def _is_within(planned: Change, fresh: Change) -> bool:
    """Whether the plan asked for this.

    Only planned removals were counted by the guard. Who was known on a side when it was planned is
    not created there because of what cannot be seen any more.
    """
    if not fresh.steps or not planned.steps:
        return not fresh.steps
    known = {Side.MARKETING: planned.contact_id, Side.CRM: planned.person_id}
    creates = _sides(fresh, Action.CREATE)
    removes = _sides(fresh, Action.REMOVE_MEMBER) - _sides(planned, Action.REMOVE_MEMBER)
    return not removes and not any(known[side] for side in creates)


def _sides(change: Change, action: Action) -> set[Side]:
    return {step.side for step in change.steps if step.action is action}


def is_backed_up(planned: Change, fresh: Change) -> bool:
    """Whether the plan holds all that carrying out `fresh` replaces."""
    images = {Side.MARKETING: planned.contact, Side.CRM: planned.person}
    return not fresh.replanned and all(
        f.before == (image.value(f.name) if (image := images[f.side]) else "") for f in fresh.fields
    )


def _of(planned: Change, now: Fresh) -> Observation | None:
    return now.get(planned.person_id or "") or now.get(planned.contact_id or "")


def _has_heir(planned: Change) -> bool:
    """Whether an opt-out is about somebody else, too, whom the plan did not keep."""
    return planned.reason == "merged_into_linked"


def _link_moved(planned: Change, seen: Observation | None) -> bool:
    """Whether somebody wrote to the pair since it was planned."""
    version = seen.link.version if seen is not None and seen.link is not None else 0
    return version != planned.link_version


def _remembering(fresh: Change, planned: Change) -> Change:
    """The unit with the contact whose match went meanwhile: next time it is looked at alone."""
    if fresh.contact_id or not planned.contact_id or fresh.steps:
        return fresh
    return replace(fresh, contact_id=planned.contact_id, passing=True)


def _inheriting(planned: Change, seen: Observation) -> Observation:
    """The observation with the opt-out of a record merged away, once it was seen."""
    known = planned.person is not None and planned.person.inherits_opt_out
    if not known or seen.person is None:
        return seen
    return replace(seen, person=replace(seen.person, inherits_opt_out=True))


def _ids(seen: Observation) -> set[str]:
    found = {
        seen.person.id if seen.person else "",
        seen.contact.id if seen.contact else "",
        seen.link.contact_id if seen.link else "",
    }
    return found - {""}
