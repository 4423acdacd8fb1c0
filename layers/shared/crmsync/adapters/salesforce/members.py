"""Memberships of one org: what changed, and every row by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crmsync.adapters.salesforce import soql
from crmsync.adapters.salesforce.composite import Sub
from crmsync.adapters.salesforce.org import Org, require_org
from crmsync.adapters.salesforce.reading import Found
from crmsync.adapters.salesforce.records import People, campaign, member, nested
from crmsync.domain.errors import Retry
from crmsync.domain.person import Member, Person
from crmsync.ports.crm import Delta

DELTA_ROUNDS = 4
"""Further calls a delta may take; with more to read, a complete read is the better way."""


@dataclass(frozen=True, slots=True)
class Members:
    """Reads memberships with their people."""

    org: Org

    def delta(self, campaign_ids: Sequence[str], since: datetime) -> Delta:
        """One call for all: org, campaigns, rows, and people who changed without their row."""
        self.org.require_campaigns()
        people = self.org.people
        found = self.org.reader.run(
            self._delta_queries(people, campaign_ids, since),
            rounds=DELTA_ROUNDS,
            beside=self.org.still,
        )
        require_org(found["org"].records, self.org.org_id)
        rows = found["members"].records
        return Delta(
            server_time=self._server_time(),
            campaigns={record["Id"]: campaign(record) for record in found["campaigns"].records},
            members=tuple(member(record) for record in rows),
            people=_people(people, rows, found),
            org_id=self.org.org_id,
            truncated=not all(each.complete for each in found.values()),
        )

    def _delta_queries(
        self, people: People, campaign_ids: Sequence[str], since: datetime
    ) -> list[Sub]:
        columns = people.member_columns_with_people()
        contacts = people.contact_columns()
        stamps = ["SystemModstamp"]
        stamps += ["Account.SystemModstamp"] if "Account.Name" in contacts else []
        texts = {
            "campaigns": soql.campaigns_by_id(self.org.campaign_columns, campaign_ids),
            "members": soql.members_changed(columns, campaign_ids, since),
            "contacts": soql.people_changed(contacts, "Contact", campaign_ids, since, stamps),
        }
        if leads := people.lead_columns():
            texts["leads"] = soql.people_changed(
                leads, "Lead", campaign_ids, since, ["SystemModstamp"]
            )
        queries = [self.org.query(ref, text, deleted_too=True) for ref, text in texts.items()]
        return [self.org.query("org", "SELECT Id FROM Organization"), *queries]

    def _server_time(self) -> datetime:
        if self.org.client.server_time is None:
            raise Retry("crm_answer_unreadable", "Your CRM did not tell its time.")
        return self.org.client.server_time

    def ids(self, campaign_id: str) -> tuple[Member, ...]:
        """Every live row, ids only."""
        self.org.require_campaigns()
        text = soql.all_members(self.org.people.member_columns(), campaign_id)
        found = self.org.reader.run([self.org.query("rows", text)])["rows"]
        if len(found.records) != found.total:
            raise Retry("crm_answer_incomplete", "Your CRM counted other rows than it sent.")
        return tuple(member(record) for record in found.records)


def _people(
    people: People, rows: Sequence[Mapping[str, Any]], found: Mapping[str, Found]
) -> dict[str, Person]:
    contacts = [people.contact(record) for record in found["contacts"].records]
    leads = [people.lead(record) for record in found["leads"].records] if "leads" in found else []
    return {**nested(people, rows), **{person.id: person for person in (*contacts, *leads)}}
