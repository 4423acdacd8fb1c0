"""Who is a member of what else the run keeps the same with this group, or with this campaign.

It must not decide anything from that.
"""

from __future__ import annotations

from dataclasses import dataclass

from crmsync.domain.mapping_run import MappingRun
from crmsync.services.work import Scene, Work


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Contacts by what else has them: another campaign of the group, another group of it."""

    in_other_campaign: frozenset[str] = frozenset()
    in_other_group: frozenset[str] = frozenset()


def elsewhere(work: Work, scene: Scene, contact_ids: list[str]) -> Elsewhere:
    """Asked for only where mappings share an end; of another campaign the base is what is known."""
    campaigns, groups = _sharing(work.run.mappings, scene)
    held = (work.state.membership_bases(i, scene.group_id, contact_ids) for i in sorted(campaigns))
    members = (work.marketing.memberships(i, contact_ids) for i in sorted(groups))
    return Elsewhere(
        frozenset(c for bases in held for c, base in bases.items() if base.right),
        frozenset(c for found in members for c in found),
    )


def _sharing(rows: tuple[MappingRun, ...], scene: Scene) -> tuple[set[str], set[str]]:
    """The other campaigns of the scene's group, and the other groups of its campaign."""
    pairs = [(row.campaign_id or "", row.group_id or "") for row in rows]
    campaigns = {c for c, g in pairs if g == scene.group_id}
    groups = {g for c, g in pairs if c == scene.campaign_id}
    return campaigns - {scene.campaign_id, ""}, groups - {scene.group_id, ""}
