"""Campaigns and membership rows of an org, as its own users change them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from crmsync.domain.person import Campaign, Member

from tests.fakes.org_store import OrgStore


@dataclass
class OrgCampaigns(OrgStore):
    """Exactly one row per campaign and person is live; a deleted row never comes back."""

    def add_campaign(self, name: str, *, active: bool = True, owner: str = "") -> Campaign:
        """A user creates a campaign."""
        campaign = Campaign(self.new_id("701"), name, active, 0, owner=owner)
        self.live[campaign.id] = {}
        return self._keep_campaign(campaign, "create")

    def change_campaign(
        self, campaign_id: str, *, active: bool | None = None, name: str | None = None
    ) -> Campaign:
        """A user activates, deactivates or renames a campaign."""
        campaign = self.campaigns[campaign_id]
        active = campaign.active if active is None else active
        changed = replace(campaign, active=active, name=name or campaign.name)
        return self._keep_campaign(changed, "update")

    def delete_campaign(self, campaign_id: str) -> None:
        """A user deletes a campaign; its rows go with it."""
        for row_id in list(self.live[campaign_id].values()):
            self.end_row(row_id)
        self._keep_campaign(replace(self.campaigns[campaign_id], deleted=True), "delete")

    def _keep_campaign(self, campaign: Campaign, verb: str) -> Campaign:
        self.campaigns[campaign.id] = campaign
        self.stamps[campaign.id] = self.stamp
        self.note(verb, campaign.id, {}, {"name": campaign.name})
        return campaign

    def counted_campaign(self, campaign_id: str) -> Campaign:
        """The campaign with its member count, which includes people nobody may see."""
        return replace(self.campaigns[campaign_id], member_count=self.counted.get(campaign_id, 0))

    def join(self, campaign_id: str, person_id: str, *, is_account: bool = False) -> Member:
        """Somebody becomes a member; a member already stays the one row it is."""
        known = self.live[campaign_id].get(person_id)
        if known is not None:
            return self.rows[known]
        row = Member(self.new_id("00v"), campaign_id, person_id, is_account=is_account)
        self.created[row.id] = self.stamp
        self._keep_row(row)
        self.note("join", row.id, {}, {"campaign": campaign_id, "person": person_id})
        return row

    def join_account(self, campaign_id: str) -> Member:
        """An account becomes a member; it is no person."""
        return self.join(campaign_id, self.new_id("001"), is_account=True)

    def leave(self, campaign_id: str, person_id: str) -> None:
        """A user removes the membership row."""
        self.end_row(self.live[campaign_id][person_id])

    def end_row(self, row_id: str) -> None:
        """The row is deleted; a row that is gone already stays gone."""
        row = self.rows[row_id]
        if row.deleted:
            return
        self._drop_live(row)
        self.rows[row_id] = replace(row, deleted=True)
        self.stamps[row_id] = self.stamp
        self.note("leave", row_id, {"campaign": row.campaign_id, "person": row.person_id}, {})

    def end_rows_of(self, person_id: str) -> None:
        """Whoever is deleted leaves every campaign."""
        for held in self.live.values():
            if person_id in held:
                self.end_row(held[person_id])

    def move_rows(self, from_id: str, to_id: str) -> None:
        """Rows follow a merge or conversion; where both were members one row goes."""
        for held in self.live.values():
            row_id = held.get(from_id)
            if row_id is not None and to_id in held:
                self.end_row(row_id)
            elif row_id is not None:
                self._drop_live(self.rows[row_id])
                self._keep_row(replace(self.rows[row_id], person_id=to_id))

    def is_member(self, campaign_id: str, person_id: str) -> bool:
        """Whether a live row exists."""
        return person_id in self.live.get(campaign_id, {})

    def members_of(self, campaign_id: str) -> frozenset[str]:
        """Person ids of the live rows."""
        return frozenset(self.live.get(campaign_id, {}))

    def _keep_row(self, row: Member) -> None:
        self.rows[row.id] = row
        self.stamps[row.id] = self.stamp
        self.live[row.campaign_id][row.person_id] = row.id
        self._count(row, 1)

    def _drop_live(self, row: Member) -> None:
        if self.live[row.campaign_id].pop(row.person_id, None) is not None:
            self._count(row, -1)

    def _count(self, row: Member, step: int) -> None:
        if not row.is_account:
            self.counted[row.campaign_id] = self.counted.get(row.campaign_id, 0) + step
