"""The reading half of the CRM port over a `FakeOrg`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from crmsync.domain.connection import Reach
from crmsync.domain.errors import ConnectionStopped
from crmsync.domain.fields import address_key
from crmsync.domain.person import Campaign, Member, Person
from crmsync.ports.crm import CampaignPage, Delta, Look, MemberPage

from tests.fakes.crm_session import CrmSession, timed
from tests.fakes.pages import page_of


class CrmReads(CrmSession):
    """Campaigns, members and people as this login sees them."""

    # --- campaigns ----------------------------------------------------------------------------

    def campaigns(self, search: str, cursor: str | None) -> CampaignPage:
        self.spend()
        wanted = search.casefold()
        found = [c for c in self._live_campaigns() if wanted in c.name.casefold()]
        active = [c for c in found if c.active]
        page = page_of(active, _place, cursor, self.org.page_size)
        return CampaignPage(*page, len(found) - len(active))

    def campaigns_named(self, name: str) -> tuple[Campaign, ...]:
        self.require("campaigns")
        self.spend()
        wanted = name.casefold()
        return tuple(c for c in self._live_campaigns() if c.name.casefold() == wanted)

    def campaigns_by_id(self, ids: Sequence[str]) -> Mapping[str, Campaign]:
        self.require("campaigns")
        self.spend()
        return self.seen_campaigns(ids)

    def reach(self, campaign_ids: Sequence[str]) -> Reach:
        self.require("campaigns")
        self.spend()
        rows = [row for c in campaign_ids for row in self.live_rows(c) if not row.is_account]
        people = self.org.people
        owned = sum(people[row.person_id].owner_id == self.user_id for row in rows)
        counted = sum(self.org.counted.get(c, 0) for c in campaign_ids)
        return Reach(counted, len(rows), owned)

    def _live_campaigns(self) -> list[Campaign]:
        seen = self.seen_campaigns(self.org.campaigns).values()
        return [campaign for campaign in seen if not campaign.deleted]

    # --- what changed -------------------------------------------------------------------------

    def delta(self, campaign_ids: Sequence[str], since: datetime) -> Delta:
        self.require("campaigns")
        org, since = self.org, since.replace(microsecond=0)
        rows = self._changed_rows(campaign_ids, since)
        people = self._changed_people(campaign_ids, rows, since)
        most = max(len(rows), len(people))
        self.spend(most)
        if org.org_id != self.org_id:
            raise ConnectionStopped("different_org", f"{self.org_id} is now {org.org_id}.")
        return Delta(
            server_time=org.now(),
            campaigns=self.seen_campaigns(campaign_ids),
            members=timed(org, rows[: org.delta_limit]),
            people={p.id: p for p in people[: org.delta_limit]},
            org_id=org.org_id,
            truncated=most > org.delta_limit,
        )

    def _changed_rows(self, campaign_ids: Sequence[str], since: datetime) -> list[Member]:
        org, wanted, stamps = self.org, set(campaign_ids), self.org.stamps
        return [
            row
            for row in org.rows.values()
            if row.campaign_id in wanted
            and stamps[row.id] >= since
            and (org.deleted_rows_in_delta or not row.deleted)
            and self.sees_row(row)
        ]

    def _changed_people(
        self, campaign_ids: Sequence[str], rows: Sequence[Member], since: datetime
    ) -> list[Person]:
        org, stamps = self.org, self.org.stamps
        touched = {row.person_id for row in rows}
        members = {person_id for c in campaign_ids for person_id in org.live.get(c, ())}
        changed = {i for i in members | touched if i in stamps and stamps[i] >= since}
        people = self.seen_people(changed | touched if org.changed_rows_bring_people else changed)
        return [p for p in people if org.deleted_people_in_delta or not p.deleted]

    def server_time(self) -> datetime:
        self.spend()
        return self.org.now()

    # --- members ------------------------------------------------------------------------------

    def members_page(self, campaign_id: str, cursor: str | None) -> MemberPage:
        self.require("campaigns")
        self.spend()
        rows = self.live_rows(campaign_id)
        rows = [row for row in rows if cursor is None or row.person_id > cursor]
        page = rows[: self.org.page_size]
        people = self.seen_people(row.person_id for row in page)
        last = page[-1].person_id if len(rows) > len(page) else None
        return MemberPage(tuple(page), {p.id: p for p in people}, last)

    def member_ids(self, campaign_id: str) -> tuple[Member, ...]:
        self.require("campaigns")
        rows = tuple(self.live_rows(campaign_id))
        self.spend(len(rows))
        return rows

    # --- people -------------------------------------------------------------------------------

    def look(self, campaign_ids: Sequence[str], person_ids: Sequence[str]) -> Look:
        self.spend(len(person_ids))
        org, wanted = self.org, dict.fromkeys(person_ids)
        live = [org.live.get(c, {}) for c in campaign_ids]
        rows = [org.rows[held[i]] for held in live for i in wanted if i in held]
        people = {p.id: p for p in self.seen_people(wanted)}
        return Look(people, tuple(row for row in rows if self.sees_row(row)))

    def predecessors(self, person_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        self.spend(len(person_ids))
        gone = {i: self.org.replaced.get(i, ()) for i in person_ids}
        seen = {i: tuple(p.id for p in self.seen_people(ids)) for i, ids in gone.items()}
        return {survivor: ids for survivor, ids in seen.items() if ids}

    def people_by_email(self, addresses: Sequence[str]) -> tuple[Person, ...]:
        self.spend(len(addresses))
        keys = set(map(address_key, addresses)) - {""}
        return self._found(self.org.emails, keys)

    def people_by_external_id(self, contact_ids: Sequence[str]) -> tuple[Person, ...]:
        if not self.org.external_id:
            return ()
        self.spend(len(contact_ids))
        return self._found(self.org.keys, set(contact_ids))

    def _found(self, index: Mapping[str, tuple[str, ...]], keys: set[str]) -> tuple[Person, ...]:
        people = self.seen_people(i for key in keys for i in index.get(key, ()))
        return tuple(p for p in people if not (p.deleted or p.converted_into))


def _place(campaign: Campaign) -> str:
    return f"{campaign.name.casefold()}\0{campaign.id}"
