"""Remember what a run leaves for the next one of a mapping.

Only a mapping that was worked through advances its watermark. It must not know how the run ends
as a whole, nor tell anybody.
"""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.change import Outcome
from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.domain.run import Checkpoint
from crmsync.ports.state import MappingMemory
from crmsync.services.keep_pending import KeepPending
from crmsync.services.scene import readable
from crmsync.services.usable_preview import HOLD_LIFE
from crmsync.services.work import Work

CREATIONS_KEPT = 5
"""Of how many runs the number of creations is remembered, to tell an unusual one."""


class RememberMapping:
    """Brings the memory of the run's mappings up to date."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._pending = KeepPending(work)

    def settled(self, index: int, row: MappingRun) -> MappingRun:
        """The row in its final state, with the mapping's memory brought up to date."""
        if not row.campaign_id or not row.group_id:
            return row
        memory = self._work.state.memory(row.campaign_id, row.group_id)
        if row.state is MappingState.PAUSED:
            return self._paused(row, memory)
        if row.state is MappingState.HELD:
            until = self._work.ports.clock.now() + HOLD_LIFE
            held = replace(memory, held_preview_id=row.held_preview_id, held_until=until)
            self._remember(row, held)
            return row
        if row.state is not MappingState.RUNNING:
            return row
        self._pending(index, row)
        self._remember(row, self._next_memory(row, memory))
        return replace(row, state=MappingState.DONE)

    def broken_off(self, row: MappingRun) -> None:
        """The run ends before the mapping could settle: what it added to the campaign is known."""
        if not (row.own_rows and row.campaign_id and row.group_id):
            return
        memory = self._work.state.memory(row.campaign_id, row.group_id)
        if memory.watermark is not None and memory.settled_by != self._work.run.id:
            rows, by = memory.own_rows + row.own_rows, self._work.run.id
            self._remember(row, replace(memory, own_rows=rows, settled_by=by))

    def _remember(self, row: MappingRun, memory: MappingMemory) -> None:
        self._work.state.remember(row.campaign_id or "", row.group_id or "", memory)

    def _paused(self, row: MappingRun, memory: MappingMemory) -> MappingRun:
        if row.reason == "held":
            return replace(row, told=True)
        told = memory.paused_reason == row.reason and memory.settled_by != self._work.run.id
        if not told:
            by = self._work.run.id
            self._remember(row, replace(memory, paused_reason=row.reason, settled_by=by))
        return replace(row, told=told)

    def _next_memory(self, row: MappingRun, memory: MappingMemory) -> MappingMemory:
        if memory.settled_by == self._work.run.id:
            return memory
        group = self._work.marketing.group(row.group_id or "")
        size = group.member_count if group else 0
        checkpoint, by = self._work.run.checkpoint, self._work.run.id
        if not row.complete or _is_older(checkpoint, memory):
            rows = memory.own_rows + row.own_rows
            return replace(memory, own_rows=rows, group_size=size, settled_by=by)
        created = row.counts.get(Outcome.CREATED, 0)
        return MappingMemory(
            watermark=checkpoint.watermark,
            local_watermark=checkpoint.local_watermark,
            fingerprint=row.fingerprint,
            full_at=checkpoint.watermark if row.full else memory.full_at,
            live_members=row.members,
            young=row.young,
            own_rows=row.own_rows,
            creations=(*memory.creations, created)[-CREATIONS_KEPT:],
            group_size=size,
            settled_by=by,
            fields=self._fields(row),
        )

    def _fields(self, row: MappingRun) -> tuple[str, ...]:
        """What could be read all the way; nothing is known to have gone if nothing was asked."""
        now = readable(self._work.crm.schema())
        return tuple(name for name in row.fields if name in now)


def _is_older(checkpoint: Checkpoint, memory: MappingMemory) -> bool:
    """Whether a run that gathered later has settled since, as while a preview waited."""
    mine, known = checkpoint.watermark, memory.watermark
    return mine is not None and known is not None and mine < known
