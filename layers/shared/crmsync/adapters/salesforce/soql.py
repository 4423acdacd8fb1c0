"""Queries. Pure: text in, text out; every value goes through simple-salesforce's quoting.

Columns and objects come from descriptors checked against describe, never from a request. What is
not an id never gets into a query.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from simple_salesforce.format import format_soql

from crmsync.adapters.salesforce.ids import ids

MEMBER_COLUMNS = (
    "Id",
    "CampaignId",
    "ContactId",
    "LeadId",
    "IsDeleted",
    "CreatedDate",
    "SystemModstamp",
)
CAMPAIGN_COLUMNS = ("Id", "Name", "IsActive", "IsDeleted", "NumberOfContacts", "NumberOfLeads")
"""What every campaign query asks for; `CAMPAIGN_EXTRAS` come with it where they can be read."""
CAMPAIGN_EXTRAS = {
    "StartDate": "StartDate",
    "EndDate": "EndDate",
    "Status": "Status",
    "OwnerId": "Owner.Name",
}
"""The field that must be readable, and the column it stands for."""


def campaigns_by_id(columns: Sequence[str], campaign_ids: Sequence[str]) -> str:
    """Campaigns of these ids."""
    return _select(columns, "Campaign") + format_soql(" WHERE Id IN {}", ids(campaign_ids))


def campaigns_named(columns: Sequence[str], name: str) -> str:
    """Campaigns of this name; Salesforce ignores case when it compares."""
    where = format_soql(" WHERE Name = {} ORDER BY Id LIMIT 50", name)
    return _select(columns, "Campaign") + where


def campaign_page(
    columns: Sequence[str], search: str, after: tuple[str, str] | None, size: int
) -> str:
    """Active campaigns by name and id, after the last of the page before."""
    where = " WHERE IsActive = true" + _name_contains(search)
    if after is not None:
        where += format_soql(" AND (Name > {0} OR (Name = {0} AND Id > {1}))", *after)
    return _select(columns, "Campaign") + where + f" ORDER BY Name, Id LIMIT {size:d}"


def inactive_campaign_count(search: str) -> str:
    """How many inactive campaigns the search would find."""
    return _select(["COUNT()"], "Campaign") + " WHERE IsActive = false" + _name_contains(search)


def _name_contains(search: str) -> str:
    return format_soql(" AND Name LIKE '%{:like}%'", search) if search else ""


def members_changed(columns: Sequence[str], campaign_ids: Sequence[str], since: datetime) -> str:
    """Member rows stamped since then; whole seconds, rounded down, as stamps are."""
    where = " WHERE CampaignId IN {} AND SystemModstamp >= {}"
    filled = format_soql(where, ids(campaign_ids), since)
    return _select(columns, "CampaignMember") + filled + " ORDER BY SystemModstamp, Id"


def people_changed(
    columns: Sequence[str],
    kind: str,
    campaign_ids: Sequence[str],
    since: datetime,
    stamps: Sequence[str],
) -> str:
    """Contacts or leads that are members of the campaigns and stamped since then themselves.

    `stamps` are the time fields that count: for contacts also that of the account named on them.
    """
    stamped = " OR ".join(format_soql(f"{stamp} >= {{}}", since) for stamp in stamps)
    members = format_soql(" WHERE CampaignId IN {}", ids(campaign_ids))
    joined = f" AND Id IN ({_select([f'{kind}Id'], 'CampaignMember')}{members})"
    return f"{_select(columns, kind)} WHERE ({stamped}){joined} ORDER BY SystemModstamp, Id"


def member_page(columns: Sequence[str], campaign_id: str, key: str, after: str) -> str:
    """Live rows by `key` (ContactId or LeadId), after an id of the page before.

    There is no LIMIT: the first batch is the page, and `done` tells whether it is the last.
    """
    after_id = ids([after]) if after else []
    last = format_soql(f" AND {key} > {{}}", after_id[0]) if after_id else f" AND {key} != null"
    other = " AND ContactId = null" if key == "LeadId" else ""
    where = format_soql(" WHERE CampaignId = {}", ids([campaign_id])[0])
    return _select(columns, "CampaignMember") + where + other + last + f" ORDER BY {key}"


def next_member_page(columns: Sequence[str], campaign_id: str, reference: str) -> str:
    """The page of contacts after the one that `reference` names the last contact of."""
    where = format_soql(" WHERE CampaignId = {}", ids([campaign_id])[0])
    last = format_soql(" AND ContactId > {} ORDER BY ContactId", reference)
    return _select(columns, "CampaignMember") + where + last


def account_members(columns: Sequence[str], campaign_id: str, after: str) -> str:
    """Live rows whose member is neither contact nor lead, by row id."""
    last = format_soql(" AND Id > {}", ids([after])[0]) if after else ""
    where = format_soql(" WHERE CampaignId = {}", ids([campaign_id])[0])
    return (
        _select(columns, "CampaignMember")
        + f"{where} AND ContactId = null AND LeadId = null{last} ORDER BY Id"
    )


def all_members(columns: Sequence[str], campaign_id: str) -> str:
    """Every live row."""
    where = format_soql(" WHERE CampaignId = {} ORDER BY Id", ids([campaign_id])[0])
    return _select(columns, "CampaignMember") + where


def member_count(campaign_ids: Sequence[str], owner_id: str | None = None) -> str:
    """How many rows can be seen, or of those how many are people of `owner_id`."""
    text = format_soql(
        "SELECT COUNT() FROM CampaignMember WHERE CampaignId IN {}", ids(campaign_ids)
    )
    if owner_id is None:
        return text
    owner = " AND (Contact.OwnerId = {0} OR Lead.OwnerId = {0})"
    return text + format_soql(owner, ids([owner_id])[0])


def rows_of(
    columns: Sequence[str], campaign_ids: Sequence[str], key: str, person_ids: Sequence[str]
) -> str:
    """Live rows of these people, named by `key`, in these campaigns."""
    where = f" WHERE CampaignId IN {{}} AND {key} IN {{}} ORDER BY Id"
    return _select(columns, "CampaignMember") + format_soql(
        where, ids(campaign_ids), ids(person_ids)
    )


def by_ids(columns: Sequence[str], kind: str, key: str, values: Sequence[str]) -> str:
    """Records whose `key`, an id field, is one of `values`."""
    return _select(columns, kind) + format_soql(f" WHERE {key} IN {{}} ORDER BY Id", ids(values))


def by_values(
    columns: Sequence[str], kind: str, key: str, values: Sequence[str], *, unconverted: bool = False
) -> str:
    """Records whose `key`, a text field, is one of `values`."""
    live = " AND IsConverted = false" if unconverted else ""
    where = format_soql(f" WHERE {key} IN {{}}", list(values))
    return _select(columns, kind) + where + live + " ORDER BY Id"


def by_id_or_key(
    columns: Sequence[str], kind: str, person_ids: Sequence[str], key: str, values: Sequence[str]
) -> str:
    """Records by id or by the text field `key`; either list may be empty, not both."""
    parts = []
    if person_ids:
        parts.append(format_soql("Id IN {}", ids(person_ids)))
    if values:
        parts.append(format_soql(f"{key} IN {{}}", list(values)))
    return _select(columns, kind) + f" WHERE {' OR '.join(parts)} ORDER BY Id"


def _select(columns: Sequence[str], kind: str) -> str:
    return f"SELECT {', '.join(columns)} FROM {kind}"  # noqa: S608 - names from descriptors only
