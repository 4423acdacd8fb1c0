"""What one slice knows while it gathers: the delta it read, the campaigns, each mapping's scene.

Every module that gathers shares one `Gathering`, so nothing is read twice. It must not know in
which order mappings or pages are read, nor write anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from crmsync.domain.mapping_run import MappingRun
from crmsync.domain.person import Campaign
from crmsync.ports.crm import Delta
from crmsync.services.scene import scene_for
from crmsync.services.work import Scene, Work

OVERLAP = timedelta(minutes=10)
"""Rows stamped before the last watermark may become visible after it; see `docs/limits.md`."""
PAGE_SIZE = 500
"""How many units of a mapping are observed and decided at a time."""


DELTA = "delta"
"""How the run's cursor names a partial reading."""


def is_delta(cursor: str) -> bool:
    """Whether a partial reading stopped there."""
    return cursor.startswith(f"{DELTA}:")


@dataclass(slots=True)
class Gathering:
    """The run's mappings while they are gathered. `delta` is None when none was asked for."""

    work: Work
    delta: Delta | None = None
    campaigns: dict[int, Campaign | None] = field(default_factory=dict)
    _scenes: dict[int, Scene] = field(default_factory=dict)

    def row(self, index: int) -> MappingRun:
        """The mapping as the run holds it now."""
        return self.work.run.mappings[index]

    def pair(self, index: int) -> tuple[str, str]:
        """Campaign and group id, under which bases and pending units are kept."""
        row = self.row(index)
        return row.campaign_id or "", row.group_id or ""

    def scene(self, index: int) -> Scene:
        """The mapping's scene, set at first use and kept for the slice."""
        if index not in self._scenes:
            self._scenes[index] = scene_for(self.work, index, self.campaigns.get(index))
        return self._scenes[index]
