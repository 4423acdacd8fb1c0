"""Create the campaign or group that a mapping lacks, before anybody is put into it.

It must not know who will be put into them.
"""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.services.resolve import create_campaign, create_group, find_campaign
from crmsync.services.work import Work


class CreateEnds:
    """Completes the mappings of the run in hand."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def run(self) -> None:
        """Create what is missing on either side before anybody is put into it."""
        rows = [self._with_ends(row) for row in self._work.run.mappings]
        if tuple(rows) != self._work.run.mappings:
            self._work.save(replace(self._work.run, mappings=tuple(rows)))

    def _with_ends(self, row: MappingRun) -> MappingRun:
        if row.state is not MappingState.RUNNING:
            return row
        if row.campaign_id and self._work.run.preview_id is not None:
            _, row = find_campaign(self._work, row)  # it may have changed since the preview
        if not row.campaign_id and row.mapping.campaign.create:
            _, row = create_campaign(self._work, row)
        if not row.group_id and row.mapping.group.create and row.state is MappingState.RUNNING:
            row = create_group(self._work, row)
        return row
