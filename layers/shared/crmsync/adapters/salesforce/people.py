"""People of one org: by id, by address, by our own id, and whom they took over from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crmsync.adapters.salesforce import soql
from crmsync.adapters.salesforce.composite import Sub
from crmsync.adapters.salesforce.ids import CONTACT_PREFIX, LEAD_PREFIX, chunks
from crmsync.adapters.salesforce.org import Org
from crmsync.adapters.salesforce.reading import Found
from crmsync.adapters.salesforce.records import member
from crmsync.domain.fields import address_key
from crmsync.domain.person import Member, Person
from crmsync.ports.crm import Look

LOOK_SIZE = 2000


@dataclass(frozen=True, slots=True)
class PeopleReads:
    """Reads people."""

    org: Org

    def look(self, campaign_ids: Sequence[str], person_ids: Sequence[str]) -> Look:
        """People by id, deleted ones included, and their live rows in the campaigns."""
        people: dict[str, Person] = {}
        members: list[Member] = []
        wanted = sorted(set(person_ids))
        for at in range(0, len(wanted), LOOK_SIZE):
            found = self.org.reader.run(self._look(campaign_ids, wanted[at : at + LOOK_SIZE]))
            people |= self._read(found, "contacts", "leads")
            rows = [*_records(found, "contact_rows"), *_records(found, "lead_rows")]
            members += {record["Id"]: member(record) for record in rows}.values()
        return Look(people=people, members=tuple(members))

    def _look(self, campaign_ids: Sequence[str], person_ids: Sequence[str]) -> list[Sub]:
        """A row is asked for by either of its ids: that of a converted lead has both."""
        people = self.org.people
        contacts = [each for each in person_ids if each.startswith(CONTACT_PREFIX)]
        leads = [each for each in person_ids if each.startswith(LEAD_PREFIX)]
        subs = []
        if contacts:
            text = soql.by_ids(people.contact_columns(), "Contact", "Id", contacts)
            subs.append(self.org.query("contacts", text, deleted_too=True))
        if leads and people.lead_columns():
            text = soql.by_ids(people.lead_columns(), "Lead", "Id", leads)
            subs.append(self.org.query("leads", text, deleted_too=True))
        if campaign_ids and contacts:
            text = soql.rows_of(people.member_columns(), campaign_ids, "ContactId", contacts)
            subs.append(self.org.query("contact_rows", text))
        if campaign_ids and leads:
            text = soql.rows_of(people.member_columns(), campaign_ids, "LeadId", leads)
            subs.append(self.org.query("lead_rows", text))
        return subs

    def by_email(self, addresses: Sequence[str]) -> tuple[Person, ...]:
        """Everybody with one of the addresses."""
        wanted = sorted({address_key(address) for address in addresses} - {""})
        people = self.org.people
        fields, lead_fields = self.org.descriptor.contact.fields, self.org.descriptor.lead.fields
        if not self.org.shape().contact.readable(fields["email"]):
            return ()
        subs = []
        for number, chunk in enumerate(chunks(wanted, LOOK_SIZE)):
            text = soql.by_values(people.contact_columns(), "Contact", fields["email"], chunk)
            subs.append(self.org.query(f"contacts{number}", text))
            if columns := self._lead_columns("email"):
                text = soql.by_values(
                    columns, "Lead", lead_fields["email"], chunk, unconverted=True
                )
                subs.append(self.org.query(f"leads{number}", text))
        return self._ordered(subs)

    def by_external_id(self, contact_ids: Sequence[str]) -> tuple[Person, ...]:
        """Everybody who carries one of our ids."""
        people, descriptor, shape = self.org.people, self.org.descriptor, self.org.shape()
        subs = []
        for number, chunk in enumerate(chunks(sorted(set(contact_ids)), LOOK_SIZE)):
            if shape.contact.readable(key := descriptor.contact.external_id):
                text = soql.by_values(people.contact_columns(), "Contact", key, chunk)
                subs.append(self.org.query(f"contacts{number}", text))
            if shape.lead.readable(key := descriptor.lead.external_id):
                text = soql.by_values(people.lead_columns(), "Lead", key, chunk, unconverted=True)
                subs.append(self.org.query(f"leads{number}", text))
        return self._ordered(subs)

    def predecessors(self, person_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Merged records by their master, converted leads by their contact."""
        subs = []
        for number, chunk in enumerate(chunks(sorted(set(person_ids)), LOOK_SIZE)):
            for ref, (kind, key) in self._taken_over().items():
                text = soql.by_ids(("Id", key), kind, key, chunk)
                subs.append(self.org.query(f"{ref}{number}", text, deleted_too=True))
        found: dict[str, set[str]] = defaultdict(set)
        for ref, part in (self.org.reader.run(subs) if subs else {}).items():
            key = self._taken_over()[ref.rstrip("0123456789")][1]
            for record in part.records:
                found[record[key]].add(record["Id"])
        return {survivor: tuple(sorted(before)) for survivor, before in sorted(found.items())}

    def _taken_over(self) -> dict[str, tuple[str, str]]:
        """Where a record names the one that took over from it."""
        contacts = {"merged": ("Contact", "MasterRecordId")}
        if not self.org.shape().lead.queryable:
            return contacts
        converted = {
            "converted": ("Lead", "ConvertedContactId"),
            "leads": ("Lead", "MasterRecordId"),
        }
        return {**contacts, **converted}

    def _lead_columns(self, field: str) -> list[str]:
        """Lead columns, where leads have the field."""
        column = self.org.descriptor.lead.fields.get(field, "")
        return self.org.people.lead_columns() if self.org.shape().lead.readable(column) else []

    def _ordered(self, subs: Sequence[Sub]) -> tuple[Person, ...]:
        found = self.org.reader.run(subs) if subs else {}
        people = self._read(found, *found)
        return tuple(people[person_id] for person_id in sorted(people))

    def _read(self, found: Mapping[str, Found], *refs: str) -> dict[str, Person]:
        people = self.org.people
        read = (
            people.contact(record) if ref.startswith("contacts") else people.lead(record)
            for ref in refs
            for record in _records(found, ref)
        )
        return {person.id: person for person in read}


def _records(found: Mapping[str, Found], ref: str) -> Iterable[Mapping[str, object]]:
    return found[ref].records if ref in found else ()
