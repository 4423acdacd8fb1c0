"""Creates and changes people, and reads them back, in the same call where their ids are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crmsync.adapters.salesforce import soql
from crmsync.adapters.salesforce.composite import MAX_HEAVY, Rows, Sub
from crmsync.adapters.salesforce.duplicates import with_matches
from crmsync.adapters.salesforce.errors import SchemaChanged
from crmsync.adapters.salesforce.ids import LEAD_PREFIX, chunks
from crmsync.adapters.salesforce.org import Org
from crmsync.adapters.salesforce.results import Result
from crmsync.adapters.salesforce.writes import Batch, Rendering, rendered
from crmsync.adapters.salesforce.writing import Writer
from crmsync.domain.errors import Defer, RecordRefused, Retry
from crmsync.domain.person import Person
from crmsync.ports.crm import PersonWrite, Written

LOOK_SIZE = 2000
GONE = "schema_changed"


@dataclass(frozen=True, slots=True)
class PeopleWrites:
    """Writes people of one org."""

    org: Org

    def write(self, writes: Sequence[PersonWrite]) -> tuple[Written, ...]:
        """A result per write, in order.

        Those refused for a field are tried once more after describe: whoever named one that is
        gone was planned before it went, so it is told apart from a record that cannot be written.
        """
        found, stale = self._write(writes)
        if not stale:
            return tuple(found)
        self.org.describe()
        again, refused = self._write([writes[index] for index in stale])
        for place, index in enumerate(stale):
            gone = again[place].error == "field_not_writable" and place not in refused
            found[index] = replace(again[place], error=GONE) if gone else again[place]
        return tuple(found)

    def _write(self, writes: Sequence[PersonWrite]) -> tuple[list[Written], list[int]]:
        """The results, and which writes the CRM refused for a field."""
        rendering = Rendering(self.org.probe)
        rows, refused = rendered(writes, rendering)
        batches = rendering.batches(rows)
        leads = any(batch.name == "Lead" for batch in batches)
        done, read = Writer(self.org.client, self._read_back, MAX_HEAVY - 1 - leads).send(batches)
        done |= with_matches(self.org.client, batches, done)
        people = self._people(read)
        people |= self._late(batches, done, people)
        found = {
            row.index: _written(batch, done[row.index], people)
            for batch in batches
            for row in batch.rows
        }
        written = [found.get(at) or _refused(refused[at]) for at in range(len(writes))]
        return written, sorted(index for index, result in done.items() if result.stale)

    def _read_back(self, group: Sequence[Batch]) -> list[Sub]:
        """Queries for what the group writes: by id if it exists, else by our own id."""
        people, key = self.org.people, self.org.descriptor.contact.external_id
        known = [k for b in group if b.name != "Lead" and b.verb == "update" for k in _keys(b)]
        new = [k for b in group if b.verb != "update" for k in _keys(b)]
        leads = [k for b in group if b.name == "Lead" for k in _keys(b)]
        subs = []
        if known or new:
            text = soql.by_id_or_key(people.contact_columns(), "Contact", known, key, new)
            subs.append(self.org.query("contacts", text))
        if leads:
            text = soql.by_ids(people.lead_columns(), "Lead", "Id", leads)
            subs.append(self.org.query("leads", text))
        return subs

    def _people(self, read: Sequence[Rows]) -> dict[str, Person]:
        """People by id, by their account's id, and by our own id; a later read wins.

        Empty when a field turns out to be no text any more: what was written stays written.
        """
        found: dict[str, Person] = {}
        try:
            for person in map(self._person, (record for page in read for record in page.records)):
                names = (person.id, person.account_id, person.external_id)
                found |= {name: person for name in names if name}
        except SchemaChanged:
            return {}
        return found

    def _person(self, record: Mapping[str, Any]) -> Person:
        lead = str(record["Id"]).startswith(LEAD_PREFIX)
        return self.org.people.lead(record) if lead else self.org.people.contact(record)

    def _late(
        self, batches: Sequence[Batch], done: Mapping[int, Result], people: Mapping[str, Person]
    ) -> dict[str, Person]:
        """Those whose id was only known afterwards. A failed read leaves them to the next look."""
        subs = []
        for column, ids in _unread(batches, done, people).items():
            for number, chunk in enumerate(chunks(ids, LOOK_SIZE)):
                text = soql.by_ids(self.org.people.contact_columns(), "Contact", column, chunk)
                subs.append(self.org.query(f"{column}{number}", text))
        try:
            found = self.org.reader.run(subs) if subs else {}
        except (Retry, Defer, SchemaChanged):
            return {}
        return self._people([Rows(tuple(part.records), part.total) for part in found.values()])


def _unread(
    batches: Sequence[Batch], done: Mapping[int, Result], people: Mapping[str, Person]
) -> dict[str, list[str]]:
    """Ids of written people that no read-back showed, by the column that holds them."""
    found: dict[str, list[str]] = {"Id": [], "AccountId": []}
    for batch in batches:
        column = "AccountId" if batch.name == "Account" else "Id"
        ids = (done[row.index].id for row in batch.rows if batch.name != "Lead")
        found[column] += [each for each in ids if each and each not in people]
    return {column: ids for column, ids in found.items() if ids}


def _written(batch: Batch, result: Result, people: Mapping[str, Person]) -> Written:
    """A person account's result names the account; the person is its contact."""
    written = result.written()
    if written.id is None:
        return written
    person = people.get(written.id)
    if person is None and batch.name == "Account":
        return Written(unknown=True)
    return replace(written, id=person.id if person else written.id, person=person)


def _keys(batch: Batch) -> list[str]:
    return [row.key for row in batch.rows if row.key]


def _refused(error: RecordRefused) -> Written:
    return Written(error=error.code, detail=error.detail)
