"""Find, or create, both ends of a mapping."""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.errors import Retry
from crmsync.domain.mapping import Target
from crmsync.domain.mapping_run import MappingRun, MappingState
from crmsync.domain.person import Campaign
from crmsync.services.work import Work


def find_campaign(work: Work, row: MappingRun) -> tuple[Campaign | None, MappingRun]:
    """The campaign of the row if it exists, and the row, failed or paused if it cannot be used."""
    if row.campaign_id:
        found = work.crm.campaigns_by_id([row.campaign_id]).get(row.campaign_id)
        return checked(found, row)
    named = work.crm.campaigns_named(wanted_name(row.mapping.campaign, row.group_name))
    if len(named) == 1 and named[0].active:
        return checked(named[0], row)
    if named:
        reason = "campaign_name_ambiguous" if len(named) > 1 else "campaign_name_inactive"
        return None, replace(row, state=MappingState.FAILED, reason=reason)
    return None, row


def checked(campaign: Campaign | None, row: MappingRun) -> tuple[Campaign | None, MappingRun]:
    """The campaign and the row that names it, paused if the campaign is gone or inactive."""
    if campaign is None or campaign.deleted:
        return None, replace(row, state=MappingState.PAUSED, reason="campaign_gone")
    row = replace(row, campaign_id=campaign.id, campaign_name=campaign.name)
    if not campaign.active:
        return campaign, replace(row, state=MappingState.PAUSED, reason="campaign_inactive")
    return campaign, row


def create_campaign(work: Work, row: MappingRun) -> tuple[Campaign | None, MappingRun]:
    """Create the row's campaign, active, unless an earlier attempt is found to have made it."""
    campaign, row = find_campaign(work, row)
    if campaign is not None or row.state in (MappingState.FAILED, MappingState.PAUSED):
        return campaign, row
    name = wanted_name(row.mapping.campaign, row.group_name)
    written = work.crm.create_campaign(name)
    if written.unknown:
        raise Retry("campaign_unconfirmed", f"No answer came to creating '{name}'.", applied=None)
    if written.id is None:
        reason = written.error or "campaign_refused"
        return None, replace(row, state=MappingState.FAILED, reason=reason)
    return checked(Campaign(written.id, name, active=True, member_count=0), row)


def find_group(work: Work, row: MappingRun) -> MappingRun:
    """The row with its group's id and name filled in if the group exists."""
    if row.group_id:
        group = work.marketing.group(row.group_id)
        if group is None:
            return replace(row, state=MappingState.FAILED, reason="group_gone")
    else:
        name = wanted_name(row.mapping.group, row.campaign_name)
        group = work.marketing.group_named(name) if name else None
    return replace(row, group_id=group.id, group_name=group.name) if group else row


def create_group(work: Work, row: MappingRun) -> MappingRun:
    """The row with its group, created under the wanted name if there was none."""
    row = find_group(work, row)
    if row.group_id or row.state is MappingState.FAILED:
        return row
    name = wanted_name(row.mapping.group, row.campaign_name)
    group = work.marketing.create_group(work.ports.ids.new("grp"), name)
    return replace(row, group_id=group.id, group_name=group.name)


def wanted_name(target: Target, other_name: str) -> str:
    """The name to create under: the one given, or the other side's."""
    return target.name or other_name
