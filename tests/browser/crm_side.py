"""What happens in the CRM while the page is open: seeded campaigns, edits, rules, faults."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import requests

from local.crm_user import CrmUser

_SECONDS = 60


@dataclass
class Org:
    """One stand-in org. Everything here is done as its administrator."""

    facts: Mapping[str, Any]

    def seed(self, count: int, **values: Any) -> Campaign:
        """A new active campaign, owned like its members by the advisor's CRM user."""
        tag = uuid.uuid4().hex[:8]
        name, domain = f"Browser {tag}", f"{tag}.example"
        body = {
            "campaign": name,
            "count": count,
            "domain": domain,
            "owner": self.username,
            **values,
        }
        answer = self.admin("POST", "seed", body)
        return Campaign(self, answer["campaign_id"], name, domain, tuple(answer["contact_ids"]))

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """The org's own switches, which no CRM user has."""
        answer = requests.request(
            method, f"{self.facts['admin_url']}/{path}", json=body, timeout=_SECONDS
        )
        answer.raise_for_status()
        return answer.json()

    def share(self, person: str) -> None:
        """Let the advisor's CRM user see somebody else's person."""
        self.admin("POST", "grant", {"id": person, "username": self.username, "level": "read"})

    @property
    def username(self) -> str:
        """The advisor's CRM user."""
        name: str = self.facts["username"]
        return name

    @contextmanager
    def refusing(self, title: str, message: str) -> Iterator[None]:
        """For as long as it lasts, a validation rule refuses people of this job title."""
        before = self.admin("GET", "rules")["validation_rules"]
        rule = {
            "object": "Contact",
            "name": "no_nonsense",
            "error_when": f"Title = '{title}'",
            "message": message,
        }
        self.admin("PUT", "rules/validation_rules", [*before, rule])
        try:
            yield
        finally:
            self.admin("PUT", "rules/validation_rules", before)

    @cached_property
    def administrator(self) -> CrmUser:
        """Somebody in the CRM who may change everything."""
        user = next(user for user in self.facts["users"] if user["admin"])
        return CrmUser({**self.facts, **user})


def salesforce(stack: Mapping[str, Any]) -> Org:
    """The plain Salesforce org."""
    return Org(next(org for org in stack["orgs"] if org["name"] == "salesforce"))


@dataclass(frozen=True)
class Campaign:
    """A seeded campaign; `people` are the ids of its first ten members, all at `domain`."""

    org: Org
    id: str
    name: str
    domain: str
    people: tuple[str, ...]

    def add(self, count: int, start: int, **values: Any) -> list[str]:
        """At most ten more members, from number `start` on; `values` as `Org.seed` takes them."""
        body = {"campaign_id": self.id, "count": count, "start": start, "domain": self.domain}
        wanted = {"owner": self.org.username, **body, **values}
        added: list[str] = self.org.admin("POST", "seed", wanted)["contact_ids"]
        return added

    def drop_members(self, count: int) -> None:
        """Somebody takes that many members out of the campaign."""
        crm = self.org.administrator
        soql = f"SELECT Id FROM CampaignMember WHERE CampaignId = '{self.id}'"
        for row in crm.query(soql)[:count]:
            crm.delete("CampaignMember", row["Id"])
