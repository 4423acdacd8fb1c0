"""Set the scene of one mapping: what its decisions depend on, read the same way by every step.

Planning, applying and undoing all start here, so they decide on equal terms. It must not know
which units are looked at, nor decide anything about them.
"""

from __future__ import annotations

from crmsync.domain.connection import Connection, NewPeople
from crmsync.domain.fields import FIELD_NAMES
from crmsync.domain.mapping import Mapping
from crmsync.domain.mapping_run import MappingRun
from crmsync.domain.observation import Policy
from crmsync.domain.person import Campaign
from crmsync.ports.crm import CrmSchema
from crmsync.ports.state import MappingMemory
from crmsync.services.work import Scene, Work


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
        policy=policy_for(
            connection, row.mapping, work.crm.schema(), returned=returned(row, memory)
        ),
        crm_user_id=connection.org.user_id,
        by_visibility=connection.sync_by_visibility,
        inactive_campaign_id=connection.inactive_campaign_id,
        memory=memory,
    )


def memory_of(work: Work, row: MappingRun) -> MappingMemory:
    """What earlier runs left for this pair; blank while one end of it does not exist."""
    if not row.campaign_id or not row.group_id:
        return MappingMemory()
    return work.state.memory(row.campaign_id, row.group_id)


def readable(schema: CrmSchema) -> tuple[str, ...]:
    """The fields the CRM gives this login to read."""
    return tuple(name for name in schema.fields if name not in schema.hidden)


def returned(row: MappingRun, memory: MappingMemory) -> frozenset[str]:
    """Fields of the row's reading that were not there when the mapping settled last."""
    return frozenset(row.fields) - set(memory.fields) if memory.fields else frozenset()


def inactive_people(work: Work) -> frozenset[str]:
    """Members of the designated inactive campaign, read once per slice."""
    if work.inactive is None:
        campaign_id = work.connection.inactive_campaign_id
        rows = work.crm.member_ids(campaign_id) if campaign_id else ()
        work.inactive = frozenset(m.person_id for m in rows)
    return work.inactive


def policy_for(
    connection: Connection,
    mapping: Mapping,
    schema: CrmSchema,
    *,
    returned: frozenset[str] = frozenset(),
) -> Policy:
    """What this mapping may do in this org: its own rules over the connection's."""
    rules = {**connection.settings.field_rules, **mapping.rules}
    named = {*FIELD_NAMES, *rules}
    return Policy(
        mapping_id=mapping.id,
        direction=mapping.direction,
        rules=rules,
        fields=tuple(n for n in schema.fields if n in named and n not in schema.hidden),
        writable=schema.writable,
        consent_writable=schema.consent_writable,
        hold_new_people=connection.settings.new_people is NewPeople.HOLD,
        remove_members_in_crm=connection.settings.remove_members_in_crm,
        returned=returned,
        connection_id=connection.id,
    )
