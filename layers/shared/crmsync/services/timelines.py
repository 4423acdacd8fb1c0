"""What a change looks like in the timeline of the contact it happened to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crmsync.domain.change import Action, Change, Side
from crmsync.domain.contact import TimelineEvent
from crmsync.services.work import Scene, Work

_WORDS = {
    (Action.CREATE, Side.MARKETING): "create contact",
    (Action.CREATE, Side.CRM): "create person in the CRM",
    (Action.UPDATE, Side.MARKETING): "update contact",
    (Action.UPDATE, Side.CRM): "update person in the CRM",
    (Action.ADD_MEMBER, Side.MARKETING): "add to group",
    (Action.ADD_MEMBER, Side.CRM): "add to campaign",
    (Action.REMOVE_MEMBER, Side.MARKETING): "remove from group",
    (Action.REMOVE_MEMBER, Side.CRM): "remove from campaign",
}
"""What a step does, as people say it; anything else is a link between the two sides."""


def record_changes(work: Work, scene: Scene, changes: Sequence[Change]) -> None:
    """Write what happened into the timelines; a repeat adds nothing."""
    now = work.ports.clock.now()
    events = {
        change.contact_id: [_event(change, work, scene, now)]
        for change in changes
        if change.contact_id and change.steps
    }
    if events:
        work.marketing.record(events)


def _event(change: Change, work: Work, scene: Scene, now: datetime) -> TimelineEvent:
    fields = tuple(
        {"name": f.name, "side": f.side.value, "before": f.before, "after": f.after, "rule": f.rule}
        | ({"loser": f.loser, "other": f.other} if f.loser else {})
        for f in change.fields
    )
    return TimelineEvent(
        key=f"{work.run.id}:{change.id}",
        at=now,
        kind=f"sync.{change.outcome.value}",
        actor=work.run.started_by,
        run_id=work.run.id,
        fields=fields,
        detail=f"{scene.row.campaign_name} / {scene.row.group_name}: {_doing(change)}",
    )


def _doing(change: Change) -> str:
    return ", ".join(_WORDS.get((step.action, step.side), "link") for step in change.steps)
