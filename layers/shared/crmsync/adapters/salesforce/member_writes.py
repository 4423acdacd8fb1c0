"""Adds people to a campaign and removes membership rows: the only thing we ever delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crmsync.adapters.salesforce import soql
from crmsync.adapters.salesforce.composite import COLLECTION_SIZE
from crmsync.adapters.salesforce.ids import CONTACT_PREFIX, LEAD_PREFIX, MEMBER_PREFIX, is_id
from crmsync.adapters.salesforce.org import Org
from crmsync.adapters.salesforce.records import member
from crmsync.adapters.salesforce.results import Result
from crmsync.adapters.salesforce.writes import Batch, Row
from crmsync.adapters.salesforce.writing import Writer
from crmsync.domain.errors import Defer, Retry
from crmsync.domain.person import Member, Person, PersonKind
from crmsync.ports.crm import Written

ALREADY_THERE = "DUPLICATE_VALUE"
ALREADY_GONE = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"})


@dataclass(frozen=True, slots=True)
class MemberWrites:
    """Writes memberships of one org. People are sent in order of id, so locks do not cross."""

    org: Org

    def add(self, campaign_id: str, people: Sequence[Person]) -> tuple[Written, ...]:
        """Add people; who is a member already counts as added."""
        order = sorted(range(len(people)), key=lambda index: people[index].id)
        rows = [Row(index, _record(campaign_id, people[index])) for index in order]
        done, _ = Writer(self.org.client).send(_batches("create", rows))
        there = [people[i].id for i, result in done.items() if result.code == ALREADY_THERE]
        known = self._row_ids(campaign_id, there) if there else {}
        return tuple(_added(done[i], known.get(person.id)) for i, person in enumerate(people))

    def _row_ids(self, campaign_id: str, person_ids: Sequence[str]) -> dict[str, str]:
        """Row ids of people who were members already; none when they cannot be read now."""
        columns = self.org.people.member_columns()
        subs = [
            self.org.query(key, soql.rows_of(columns, [campaign_id], key, chunk))
            for key, prefix in (("ContactId", CONTACT_PREFIX), ("LeadId", LEAD_PREFIX))
            if (chunk := [each for each in person_ids if each.startswith(prefix)])
        ]
        try:
            found = self.org.reader.run(subs)
        except (Retry, Defer):
            return {}
        rows = (member(record) for part in found.values() for record in part.records)
        return {row.person_id: row.id for row in rows}

    def remove(self, rows: Sequence[Member]) -> tuple[Written, ...]:
        """Delete membership rows and nothing else; one that is gone counts as removed."""
        for row in rows:
            if not (is_id(row.id) and row.id.startswith(MEMBER_PREFIX)):
                raise ValueError(f"{row.id!r} is not a membership row; nothing else is deleted")
        doomed = [Row(index, {"Id": row.id}) for index, row in enumerate(rows)]
        done, _ = Writer(self.org.client).send(_batches("delete", doomed))
        return tuple(_removed(done[index], row) for index, row in enumerate(rows))


def _batches(verb: str, rows: Sequence[Row]) -> list[Batch]:
    return [
        Batch(verb, "CampaignMember", tuple(rows[at : at + COLLECTION_SIZE]))
        for at in range(0, len(rows), COLLECTION_SIZE)
    ]


def _record(campaign_id: str, person: Person) -> dict[str, object]:
    key = "LeadId" if person.kind is PersonKind.LEAD else "ContactId"
    return {
        "attributes": {"type": "CampaignMember"},
        "CampaignId": campaign_id,
        key: person.id,
    }


def _added(result: Result, row_id: str | None) -> Written:
    if result.code != ALREADY_THERE:
        return result.written()
    return Written(id=row_id, existed=True) if row_id else Written(unknown=True)


def _removed(result: Result, row: Member) -> Written:
    return Written(id=row.id) if result.code in ALREADY_GONE else result.written()
