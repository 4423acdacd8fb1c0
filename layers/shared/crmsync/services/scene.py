"""Set the scene of one mapping: what its decisions depend on, read the same way by every step.

Planning, applying and undoing all start here, so they decide on equal terms. It must not know
which units are looked at, nor decide anything about them.
"""

from __future__ import annotations

from crmsync.domain.person import Campaign
from crmsync.domain.run import MappingRun
from crmsync.ports.state import MappingMemory
from crmsync.services.work import Scene, Work, policy_for


def scene_for(work: Work, index: int, campaign: Campaign | None) -> Scene:
    """Everything about one mapping that its decisions depend on."""
    row = work.run.mappings[index]
    connection = work.connection
    memory = MappingMemory()
    if campaign and row.group_id:
        memory = work.state.memory(campaign.id, row.group_id)
    return Scene(
        index=index,
        row=row,
        campaign=campaign,
        policy=policy_for(connection, row.mapping, work.crm.schema()),
        crm_user_id=connection.org.user_id if connection.org else "",
        by_visibility=connection.sync_by_visibility,
        inactive_campaign_id=connection.inactive_campaign_id,
        memory=memory,
    )


def memory_of(work: Work, row: MappingRun) -> MappingMemory:
    """What earlier runs left for this pair; blank while one end of it does not exist."""
    if not row.campaign_id or not row.group_id:
        return MappingMemory()
    return work.state.memory(row.campaign_id, row.group_id)


def inactive_people(work: Work) -> frozenset[str]:
    """Members of the designated inactive campaign, read once per slice."""
    if work.inactive is None:
        campaign_id = work.connection.inactive_campaign_id
        rows = work.crm.member_ids(campaign_id) if campaign_id else ()
        work.inactive = frozenset(m.person_id for m in rows)
    return work.inactive
