"""Everybody in a campaign, page by page: contacts by id, then leads, then accounts.

A page is keyed by the last id before it, so any page can be asked again. From the second page on a
call reads ahead: it also asks for the pages after the next one, each keyed by a reference to the
last row of the one before. What was read ahead is handed out once; an org that sends smaller
pages, or resolves no reference, is read a page per call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crmsync.adapters.salesforce import composite, soql
from crmsync.adapters.salesforce.composite import Sub
from crmsync.adapters.salesforce.org import Org
from crmsync.adapters.salesforce.reading import Found
from crmsync.adapters.salesforce.records import member, nested
from crmsync.ports.crm import MemberPage

PAGE_SIZE = 2000
AHEAD = 2
"""Pages a call reads beyond the one asked for: with leads and accounts that makes five queries."""
_CONTACTS, _LEADS, _ACCOUNTS = "contact", "lead", "account"
_KEYS = {_CONTACTS: "ContactId", _LEADS: "LeadId", _ACCOUNTS: "Id"}

Rows = tuple[list[Mapping[str, Any]], str | None]
"""Records, and where the next page starts."""


@dataclass(slots=True)
class MemberPages:
    """Reads campaigns of one org."""

    org: Org
    _ahead: dict[tuple[str, str], Rows] = field(default_factory=dict)

    def page(self, campaign_id: str, cursor: str | None) -> MemberPage:
        """Up to 2,000 rows with their people."""
        self.org.require_campaigns()
        records, following = self._rows(campaign_id, cursor or f"{_CONTACTS}:")
        return MemberPage(
            members=tuple(member(record) for record in records),
            people=nested(self.org.people, records),
            cursor=following,
        )

    def _rows(self, campaign_id: str, cursor: str) -> Rows:
        kept = self._ahead.pop((campaign_id, cursor), None)
        if kept is not None:
            return kept
        self._ahead.clear()
        stage, _, after = cursor.partition(":")
        found = self.org.reader.run(self._queries(campaign_id, stage, after), rounds=0)
        page, *further = _pages(found)
        self._keep(campaign_id, page, further)
        return page

    def _keep(self, campaign_id: str, page: Rows, further: Sequence[Rows]) -> None:
        """Remember each page read ahead by where the one before it ended."""
        for following in further:
            if page[1] is not None:
                self._ahead[campaign_id, page[1]] = following
            page = following

    def _queries(self, campaign_id: str, stage: str, after: str) -> list[Sub]:
        """The stage that was reached, pages ahead of it, and the stages behind from their start."""
        columns = self.org.people.member_columns_with_people()
        subs = []
        if stage == _CONTACTS:
            text = soql.member_page(columns, campaign_id, "ContactId", after)
            subs += [self.org.query(_CONTACTS, text)]
            subs += self._further(columns, campaign_id) if after else []
        if stage in (_CONTACTS, _LEADS):
            last = after if stage == _LEADS else ""
            text = soql.member_page(columns, campaign_id, "LeadId", last)
            subs.append(self.org.query(_LEADS, text))
        last = after if stage == _ACCOUNTS else ""
        return [*subs, self.org.query(_ACCOUNTS, soql.account_members(columns, campaign_id, last))]

    def _further(self, columns: Sequence[str], campaign_id: str) -> list[Sub]:
        subs = []
        before = _CONTACTS
        for number in range(AHEAD):
            reference = f"@{{{before}.records[{PAGE_SIZE - 1}].ContactId}}"
            text = soql.next_member_page(columns, campaign_id, reference)
            before = f"{_CONTACTS}{number}"
            subs.append(composite.query_after(before, self.org.client.base, text, reference))
        return subs


def _pages(found: Mapping[str, Found]) -> list[Rows]:
    """The page asked for and those read ahead; each ends where the next one starts."""
    behind = {stage: found[stage] for stage in (_LEADS, _ACCOUNTS) if stage in found}
    contacts = [part for ref, part in found.items() if ref.startswith(_CONTACTS)]
    if not contacts:
        return [_cut(behind)]
    return [_cut({_CONTACTS: part, **behind}) for part in contacts]


def _cut(found: Mapping[str, Found]) -> Rows:
    """As many rows as a page holds, stage by stage."""
    records: list[Mapping[str, Any]] = []
    for stage, part in found.items():
        room = PAGE_SIZE - len(records)
        taken = part.records[:room]
        records += taken
        if len(taken) < len(part.records) or not part.complete:
            return records, f"{stage}:{_last(stage, taken)}"
    return records, None


def _last(stage: str, taken: Sequence[Mapping[str, Any]]) -> str:
    """The key of the last row taken; '' starts a stage for which the page had no room."""
    return str(taken[-1][_KEYS[stage]]) if taken else ""
