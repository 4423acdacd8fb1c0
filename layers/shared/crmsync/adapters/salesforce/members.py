"""Memberships of one org: what changed, pages of everybody, and rows by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crmsync.adapters.salesforce import soql
from crmsync.adapters.salesforce.composite import Sub
from crmsync.adapters.salesforce.org import Org, require_org
from crmsync.adapters.salesforce.reading import Found
from crmsync.adapters.salesforce.records import People, campaign, member
from crmsync.domain.errors import Retry
from crmsync.domain.person import Member, Person
from crmsync.ports.crm import Delta, MemberPage

DELTA_ROUNDS = 4
"""Further calls a delta may take; with more to read, a complete read is the better way."""
PAGE_SIZE = 2000
_CONTACTS, _LEADS, _ACCOUNTS = "contact", "lead", "account"


@dataclass(frozen=True, slots=True)
class Members:
    """Reads memberships with their people."""

    org: Org

    def delta(self, campaign_ids: Sequence[str], since: datetime) -> Delta:
        """One call for all: org, campaigns, rows, and people who changed without their row."""
        self.org.require_campaigns()
        people = self.org.people
        found = self.org.reader.run(
            self._delta_queries(people, campaign_ids, since), rounds=DELTA_ROUNDS
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
            "campaigns": soql.campaigns_by_id(campaign_ids),
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

    def page(self, campaign_id: str, cursor: str | None) -> MemberPage:
        """A page by keyset: contacts by id, then leads, then accounts. One call, as a rule."""
        self.org.require_campaigns()
        people = self.org.people
        stage, _, after = (cursor or f"{_CONTACTS}:").partition(":")
        columns = people.member_columns_with_people()
        found = self.org.reader.run(
            self._page_queries(columns, campaign_id, stage, after), rounds=0
        )
        records, following = _cut(found)
        return MemberPage(
            members=tuple(member(record) for record in records),
            people=_nested(people, records),
            cursor=following,
        )

    def _page_queries(
        self, columns: Sequence[str], campaign_id: str, stage: str, after: str
    ) -> list[Sub]:
        """The stage that was reached, and those behind it from their start."""
        texts = {
            _CONTACTS: lambda last: soql.member_page(columns, campaign_id, "ContactId", last),
            _LEADS: lambda last: soql.member_page(columns, campaign_id, "LeadId", last),
            _ACCOUNTS: lambda last: soql.account_members(columns, campaign_id, last),
        }
        stages = list(texts)[list(texts).index(stage) :]
        return [
            self.org.query(each, texts[each](after if each == stage else "")) for each in stages
        ]

    def ids(self, campaign_id: str) -> tuple[Member, ...]:
        """Every live row, ids only."""
        self.org.require_campaigns()
        text = soql.all_members(self.org.people.member_columns(), campaign_id)
        found = self.org.reader.run([self.org.query("rows", text)])["rows"]
        if len(found.records) != found.total:
            raise Retry("crm_answer_incomplete", "Your CRM counted other rows than it sent.")
        return tuple(member(record) for record in found.records)


def _cut(found: Mapping[str, Found]) -> tuple[list[Mapping[str, Any]], str | None]:
    """As many rows as a page holds, stage by stage, and where the next page starts."""
    records: list[Mapping[str, Any]] = []
    for stage, part in found.items():
        room = PAGE_SIZE - len(records)
        taken = part.records[:room]
        records += taken
        if len(taken) < len(part.records) or not part.complete:
            return records, f"{stage}:{_key(stage, taken)}"
    return records, None


def _key(stage: str, taken: Sequence[Mapping[str, Any]]) -> str:
    """The key of the last row taken; '' starts a stage for which the page had no room."""
    column = {_CONTACTS: "ContactId", _LEADS: "LeadId", _ACCOUNTS: "Id"}[stage]
    return str(taken[-1][column]) if taken else ""


def _nested(people: People, records: Sequence[Mapping[str, Any]]) -> dict[str, Person]:
    found = (people.of_member(record) for record in records)
    return {person.id: person for person in found if person is not None}


def _people(
    people: People, rows: Sequence[Mapping[str, Any]], found: Mapping[str, Found]
) -> dict[str, Person]:
    contacts = [people.contact(record) for record in found["contacts"].records]
    leads = [people.lead(record) for record in found["leads"].records] if "leads" in found else []
    return {**_nested(people, rows), **{person.id: person for person in (*contacts, *leads)}}
