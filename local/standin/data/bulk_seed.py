"""Fills an org with many contacts and members at once, past every rule."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..clock import stamp
from . import campaigns
from .store import Row
from .values import defaults

if TYPE_CHECKING:
    from ..org import Org

_FIRST = ("Ada", "Ben", "Carla", "Dmitri", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas")
_LAST = ("Abbot", "Brook", "Cohen", "Diaz", "Endo", "Fox", "Gray", "Hale", "Ito", "Jones", "Katz")


def fill(org: "Org", body: dict[str, Any]) -> dict[str, Any]:
    """Add `count` contacts, members of a campaign, in one go.

    Body: `count`; `campaign_id`, or `campaign` (a name to create it under), or neither; `owner`
    (username, default the first user who is no administrator); `domain` of the addresses; `start`
    number of the first; `over_seconds` to spread the stamps over (default 0: all now);
    `values` every contact gets instead of its own. Person-account orgs get plain contacts without
    an account.
    Answers `{campaign_id, contact_ids (first 10), count}`.
    """
    owner = _owner(org, body.get("owner"))
    campaign_id = body.get("campaign_id") or _campaign(org, body, owner)
    count, start = int(body["count"]), int(body.get("start", 1))
    stamps = _stamps(org, count, float(body.get("over_seconds", 0)))
    blank, values = _blank(org, owner), body.get("values", {})
    domain = body.get("domain", "many.example")
    contacts = [
        {
            **blank,
            **_person(start + n, domain),
            **values,
            **_at(stamps[n]),
            "Id": org.ids.next("003"),
        }
        for n in range(count)
    ]
    _store(org, owner, campaign_id, contacts)
    first = [row["Id"] for row in contacts[:10]]
    return {"campaign_id": campaign_id, "contact_ids": first, "count": count}


def _store(org: "Org", owner: str, campaign_id: str | None, contacts: list[Row]) -> None:
    with org.store.savepoint():
        org.store.insert_many("Contact", contacts)
        if campaign_id:
            org.store.insert_many("CampaignMember", _members(org, campaign_id, contacts))
            campaigns.count(org.writer(org.users[owner]), campaign_id)


def _owner(org: "Org", username: str | None) -> str:
    if username is not None:
        found = org.user_by_name(username)
        if found is None:
            raise KeyError(f"no user {username!r}")
        return found.id
    return next(user.id for user in org.users.values() if not user.admin)


def _campaign(org: "Org", body: dict[str, Any], owner: str) -> str | None:
    if "campaign" not in body:
        return None
    values = {"Name": body["campaign"], "IsActive": True, "OwnerId": owner}
    return org.writer(org.system_user()).create(org.schema["Campaign"], values)


def _stamps(org: "Org", count: int, over: float) -> list[str]:
    """`count` stamps ending now, evenly spread over so many seconds."""
    now = org.clock.now()
    step = over / count if count else 0
    return [stamp(now - timedelta(seconds=over - step * (index + 1))) for index in range(count)]


def _blank(org: "Org", owner: str) -> Row:
    """What every contact holds."""
    authors = {"OwnerId": owner, "CreatedById": owner, "LastModifiedById": owner}
    return {**defaults(org.schema["Contact"]), **authors}


def _person(number: int, domain: str) -> Row:
    first, last = _FIRST[number % len(_FIRST)], f"{_LAST[number % len(_LAST)]} {number}"
    return {
        "FirstName": first,
        "LastName": last,
        "Name": f"{first} {last}",
        "Email": f"person{number}@{domain}",
        "Phone": f"(555) {number // 10_000 % 1_000:03d}-{number % 10_000:04d}",
    }


def _at(when: str) -> Row:
    return dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), when)


def _members(org: "Org", campaign_id: str, contacts: list[Row]) -> list[Row]:
    about = {"CampaignId": campaign_id, "Status": "Sent", "Type": "Contact"}
    blank = {**defaults(org.schema["CampaignMember"]), **about}
    authors = ("CreatedById", "LastModifiedById")
    return [
        {
            **blank,
            **{name: row[name] for name in authors},
            **_at(row["SystemModstamp"]),
            "Id": org.ids.next("00v"),
            "ContactId": row["Id"],
        }
        for row in contacts
    ]
