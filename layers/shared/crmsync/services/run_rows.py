"""The rows a run begins with: one for each mapping, as ordered now or as planned before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crmsync.domain.mapping import Mapping
from crmsync.domain.mapping_run import MappingRun, MappingState, uncounted


def rows_of(mappings: Sequence[Mapping]) -> tuple[MappingRun, ...]:
    """The rows of a run of these mappings, as far as their ends are known."""
    return tuple(
        MappingRun(
            mapping,
            campaign_id=mapping.campaign.id,
            campaign_name=mapping.campaign.name or "",
            group_id=mapping.group.id,
            group_name=mapping.group.name or "",
        )
        for mapping in mappings
    )


def rows_again(rows: Sequence[MappingRun]) -> tuple[MappingRun, ...]:
    """The rows as they were planned, ready to be run again."""
    return tuple(
        replace(
            uncounted(row),
            state=MappingState.WAITING,
            held_preview_id=None,
            reason=None,
            detail="",
            drift=None,
        )
        for row in rows
    )
