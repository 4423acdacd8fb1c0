"""Map what the schedule created by its id, so that a rename makes no second campaign or group.

It must not know how either end was created, nor touch a mapping that names its ends already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crmsync.domain.errors import Conflict, Retry
from crmsync.domain.mapping import Mapping, Target
from crmsync.domain.mapping_run import MappingRun
from crmsync.domain.run import Trigger
from crmsync.services.work import Work

ATTEMPTS = 5


def keep_targets(work: Work, rows: Sequence[MappingRun]) -> None:
    """What the schedule created is mapped by id from now on: a rename makes no second one."""
    run = work.run
    if run.trigger is not Trigger.SCHEDULE or not any(_was_created(row) for row in rows):
        return
    for _ in range(ATTEMPTS):
        if _kept(work, rows):
            return
    text = "The automation is being changed by somebody else."
    raise Retry("stale", text, applied=False)


def _kept(work: Work, rows: Sequence[MappingRun]) -> bool:
    """Whether the ids stand in the automation; not if its owner saved it at that moment."""
    run, found = work.run, {row.mapping.id: row for row in rows}
    automation = work.ports.automations.get(run.tenant_id, run.connection_id)
    fixed = replace(
        automation,
        live=tuple(_with_ids(m, found.get(m.id)) for m in automation.live),
        draft=tuple(_with_ids(m, found.get(m.id)) for m in automation.draft),
    )
    try:
        if fixed != automation:
            work.ports.automations.put(run.tenant_id, fixed)
    except Conflict:
        return False
    return True


def _was_created(row: MappingRun) -> bool:
    return bool(row.mapping.campaign.create or row.mapping.group.create)


def _with_ids(mapping: Mapping, row: MappingRun | None) -> Mapping:
    if row is None or not (row.campaign_id and row.group_id):
        return mapping
    return replace(mapping, campaign=Target(id=row.campaign_id), group=Target(id=row.group_id))
