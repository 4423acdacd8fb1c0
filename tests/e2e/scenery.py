"""Campaigns, groups and people that end-to-end tests put in place over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from local.advisor import Advisor
from local.crm_user import CrmUser

Json = dict[str, Any]


def tag() -> str:
    """Something nobody used before."""
    return uuid.uuid4().hex[:8]


def new_person(crm: CrmUser, **fields: Any) -> str:
    """A CRM contact owned by the user; its id."""
    mark = tag()
    given = {"FirstName": "Pat", "LastName": f"Person {mark}", "Email": f"pat.{mark}@example.com"}
    return crm.create("Contact", **{**given, **fields})


def new_campaign(crm: CrmUser, people: Sequence[str] = (), **fields: Any) -> str:
    """An active campaign with these members; its id."""
    campaign = crm.create("Campaign", **{"Name": f"Campaign {tag()}", "IsActive": True, **fields})
    for person in people:
        crm.create("CampaignMember", CampaignId=campaign, ContactId=person)
    return campaign


def new_group(advisor: Advisor, contacts: Sequence[str] = ()) -> str:
    """A marketing group with these members; its id."""
    group = str(advisor.post("/api/groups", {"name": f"Group {tag()}"})["id"])
    for contact in contacts:
        advisor.call("PUT", f"/api/groups/{group}/members/{contact}")
    return group


def new_contact(advisor: Advisor, **fields: Any) -> str:
    """A marketing contact; its id."""
    mark = tag()
    given = {"first_name": "Mia", "last_name": f"Mark {mark}", "email": f"mia.{mark}@example.com"}
    return str(advisor.post("/api/contacts", {**given, **fields})["id"])


def mapping(campaign: Json | str, group: Json | str, direction: str = "both") -> Json:
    """A mapping row; a plain id names an existing end."""
    ends = {"campaign": campaign, "group": group}
    named = {k: {"id": v} if isinstance(v, str) else v for k, v in ends.items()}
    return {**named, "direction": direction}


def member_emails(advisor: Advisor, group: str) -> set[str]:
    """Addresses of a group's members."""
    return {c["email"] for c in advisor.everything(f"/api/groups/{group}/members")}


def campaign_emails(crm: CrmUser, campaign: str) -> set[str]:
    """Addresses of a campaign's members."""
    rows = crm.query(f"SELECT Email FROM CampaignMember WHERE CampaignId = '{campaign}'")
    return {row["Email"] for row in rows}


def totals(run: Json) -> Json:
    """What became of the first mapping's units, zeros left out."""
    return {name: n for name, n in run["mappings"][0]["counts"].items() if n}
