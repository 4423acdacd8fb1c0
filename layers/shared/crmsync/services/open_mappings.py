"""Open the run's mappings: find both ends, read the one delta, and fix the watermark.

The watermark is fixed before anything is read under it, so what changes meanwhile is seen next
time. It must not know what is done with the members of a mapping.
"""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.domain.run import RunKind
from crmsync.domain.stops import different_org
from crmsync.ports.crm import Delta
from crmsync.services.choose_reading import is_checked, prepared
from crmsync.services.count_gap import young_rows
from crmsync.services.gathering import OVERLAP, Gathering, is_delta
from crmsync.services.resolve import checked, find_campaign, find_group
from crmsync.services.scene import memory_of


class OpenMappings:
    """Opens the mappings of one gathering, at the start of every slice."""

    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self._work = gathering.work

    def run(self) -> None:
        """Resolve both ends, choose full or delta for each mapping, and fix the watermark."""
        work = self._work
        rows = [prepared(work, row) for row in work.run.mappings]
        compared = [i for i, row in enumerate(rows) if _runs(row) and self._has_delta(row)]
        if compared and work.run.kind is not RunKind.RETRY:
            rows = self._read_delta(rows, compared)
        rows = [self._resolved(i, row) for i, row in enumerate(rows)]
        self._save(tuple(rows))

    def _save(self, rows: tuple[MappingRun, ...]) -> None:
        work, delta = self._work, self._gathering.delta
        watermark = work.run.checkpoint.watermark
        if watermark is None:
            watermark = delta.server_time if delta else work.crm.server_time()
        local = work.run.checkpoint.local_watermark or work.ports.clock.now()
        checkpoint = work.checkpoint(watermark=watermark, local_watermark=local)
        if self._must_start_over(rows):
            checkpoint = replace(checkpoint, cursor="")
        if (rows, checkpoint) != (work.run.mappings, work.run.checkpoint):
            work.save(replace(work.run, mappings=rows, checkpoint=checkpoint))

    def _must_start_over(self, rows: tuple[MappingRun, ...]) -> bool:
        """Whether the mapping in hand was read from a delta that has become too large for it."""
        now = self._work.run.checkpoint
        return now.mapping < len(rows) and is_delta(now.cursor) and rows[now.mapping].full

    def _has_delta(self, row: MappingRun) -> bool:
        return not row.full or is_checked(self._work, row)

    def _read_delta(self, rows: list[MappingRun], compared: list[int]) -> list[MappingRun]:
        """One call for all mappings that have a watermark."""
        ids = sorted({rows[i].campaign_id or "" for i in compared})
        if self._work.connection.inactive_campaign_id:
            ids.append(self._work.connection.inactive_campaign_id)
        memories = [memory_of(self._work, rows[i]) for i in compared]
        since = min(memory.watermark for memory in memories if memory.watermark)
        delta = self._work.crm.delta(ids, since - OVERLAP)
        self._check_org(delta)
        self._gathering.delta = delta
        return [_compared(row, delta) if i in compared else row for i, row in enumerate(rows)]

    def _check_org(self, delta: Delta) -> None:
        if delta.org_id and delta.org_id != self._work.connection.org.org_id:
            raise different_org()

    def _resolved(self, index: int, row: MappingRun) -> MappingRun:
        if not _runs(row):
            return row
        delta = self._gathering.delta
        if row.full or delta is None:
            campaign, row = find_campaign(self._work, row)
        else:
            campaign, row = checked(delta.campaigns.get(row.campaign_id or ""), row)
        self._gathering.campaigns[index] = campaign
        if campaign and self._work.run.checkpoint.watermark is None:
            young = young_rows(delta, campaign) if delta else None
            # as of the watermark, not later
            row = replace(row, members=campaign.member_count, young=young)
        return find_group(self._work, row) if not row.group_id and _runs(row) else row


def _compared(row: MappingRun, delta: Delta) -> MappingRun:
    """The row with the delta it has: none if more changed than one call returns."""
    if delta.truncated:
        return replace(row, full=True, drift=None)
    return replace(row, drift=row.drift or 0) if row.full else row


def _runs(row: MappingRun) -> bool:
    return row.state is MappingState.RUNNING
