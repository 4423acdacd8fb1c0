"""Campaigns of one org."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crmsync.adapters.salesforce import composite, soql
from crmsync.adapters.salesforce.composite import SubReply
from crmsync.adapters.salesforce.org import Org, require_org
from crmsync.adapters.salesforce.reading import Found
from crmsync.adapters.salesforce.records import campaign
from crmsync.adapters.salesforce.results import results
from crmsync.domain.connection import Reach
from crmsync.domain.errors import RecordRefused, RequestError, Retry
from crmsync.domain.person import Campaign
from crmsync.ports.crm import CampaignPage, Written

PAGE_SIZE = 200


@dataclass(frozen=True, slots=True)
class Campaigns:
    """Reads campaigns and creates them."""

    org: Org

    def page(self, search: str, cursor: str | None) -> CampaignPage:
        """Active campaigns by name; none in an org that has no campaigns."""
        if not self.org.shape().campaign.queryable:
            return CampaignPage((), None, 0)
        text = soql.campaign_page(self.org.campaign_columns, search, _after(cursor), PAGE_SIZE)
        hidden = soql.inactive_campaign_count(search)
        found = self.org.reader.run(
            [self.org.query("page", text), self.org.query("hidden", hidden)]
        )
        items = tuple(campaign(record) for record in found["page"].records)
        more = len(items) == PAGE_SIZE
        last = json.dumps([items[-1].name, items[-1].id]) if more else None
        return CampaignPage(items, last, found["hidden"].total)

    def named(self, name: str) -> tuple[Campaign, ...]:
        """Live campaigns of this name."""
        self.org.require_campaigns()
        found = self._read("named", soql.campaigns_named(self.org.campaign_columns, name))
        return tuple(campaign(record) for record in found["named"].records)

    def by_id(self, ids: Sequence[str]) -> Mapping[str, Campaign]:
        """The campaigns that can be seen."""
        self.org.require_campaigns()
        if not ids:
            return {}
        text = soql.campaigns_by_id(self.org.campaign_columns, ids)
        found = self._read("campaigns", text, deleted_too=True)
        return {record["Id"]: campaign(record) for record in found["campaigns"].records}

    def _read(self, ref: str, text: str, *, deleted_too: bool = False) -> Mapping[str, Found]:
        """One query, and in the same call whether this is still the org that was connected.

        Raises `SchemaChanged` when people are described differently than we know them.
        """
        found = self.org.reader.run(
            [
                self.org.query(ref, text, deleted_too=deleted_too),
                self.org.query("org", "SELECT Id FROM Organization"),
            ],
            beside=self.org.still,
        )
        require_org(found["org"].records, self.org.org_id)
        return found

    def reach(self, ids: Sequence[str]) -> Reach:
        """Rows the campaigns count, rows this login sees, rows whose person its user owns."""
        self.org.require_campaigns()
        if not ids:
            return Reach(0, 0, 0)
        owner = self.org.user_id
        found = self.org.reader.run(
            [
                self.org.query("campaigns", soql.campaigns_by_id(self.org.campaign_columns, ids)),
                self.org.query("visible", soql.member_count(ids)),
                self.org.query("owned", soql.member_count(ids, owner)),
            ]
        )
        counted = sum(campaign(record).member_count for record in found["campaigns"].records)
        return Reach(counted, found["visible"].total, found["owned"].total)

    def create(self, name: str) -> Written:
        """Create an active campaign; nothing is sent where this login cannot."""
        able = self.org.probe.capability("create_campaigns")
        if not able.available:
            return Written(error=able.code, detail=able.reason or "")
        record = {"attributes": {"type": "Campaign"}, "Name": name, "IsActive": True}
        sub = composite.save("campaign", self.org.client.base, "POST", [record])
        try:
            reply = SubReply(200, self.org.client.send(sub))
        except Retry as error:
            if error.applied is not None:
                raise
            return Written(unknown=True)
        except RecordRefused as error:
            return Written(error=error.code, detail=error.detail)
        return results(reply, 1, self.org.client.budget)[0].written()


def _after(cursor: str | None) -> tuple[str, str] | None:
    """Name and id of the last campaign of the page before; raises `RequestError` for nonsense."""
    if cursor is None:
        return None
    try:
        found = json.loads(cursor)
    except ValueError:
        found = None
    match found:
        case [str(name), str(campaign_id)]:
            return name, campaign_id
        case _:
            text = "The cursor is not one that was given out. Start again."
            raise RequestError("bad_cursor", text)
