"""Find unlinked records that may be the same human as another one.

By address, by external id, and by what a person once said, whatever became of the address since.

It must not decide who is who; that is `domain.identity`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from crmsync.domain.contact import Contact
from crmsync.domain.fields import address_key
from crmsync.domain.person import Person
from crmsync.services.work import Work

Record = TypeVar("Record", Person, Contact)


class Candidates:
    """Searches both sides. `people` collects everybody the search came across."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.people: dict[str, Person] = {}

    def contacts_of(
        self, people: Sequence[Person], said: frozenset[str]
    ) -> dict[str, list[Contact]]:
        """Unlinked contacts of these people, and those that were `said`, by address and by id."""
        found: dict[str, list[Contact]] = defaultdict(list)
        addresses = sorted({address_key(p.value("email")) for p in people if p.value("email")})
        ids = sorted({p.external_id for p in people if p.external_id} | said)
        contacts = list(self._work.marketing.contacts_by_email(addresses)) if addresses else []
        by_id = self._work.marketing.contacts(ids) if ids else {}
        known = {c.id: c for c in (*contacts, *by_id.values())}
        linked = self._work.state.links_by_contact(sorted(known)) if known else {}
        for contact in known.values():
            if contact.id not in linked:
                found[address_key(contact.value("email"))].append(contact)
                found[contact.id].append(contact)
        return found

    def contacts_beside(self, contacts: Iterable[Contact]) -> dict[str, list[Contact]]:
        """Unlinked contacts that share an address with these, themselves included."""
        addresses = sorted({address_key(c.value("email")) for c in contacts if c.value("email")})
        found: dict[str, list[Contact]] = defaultdict(list)
        known = self._work.marketing.contacts_by_email(addresses) if addresses else ()
        linked = self._work.state.links_by_contact(sorted(c.id for c in known)) if known else {}
        for contact in known:
            if contact.id not in linked:
                found[address_key(contact.value("email"))].append(contact)
        return found

    def rivals(
        self, people: Sequence[Person], candidates: dict[str, list[Contact]]
    ) -> dict[str, list[Person]]:
        """Other unlinked people of an address; only asked for where there is something to win."""
        contested = sorted(
            {
                address_key(p.value("email"))
                for p in people
                if candidates[address_key(p.value("email"))]
            }
            - {""}
        )
        rivals: dict[str, list[Person]] = defaultdict(list)
        for person in self._search(contested):
            rivals[address_key(person.value("email"))].append(person)
        return rivals

    def people_of(
        self, contacts: Iterable[Contact], said: frozenset[str]
    ) -> dict[str, list[Person]]:
        """Unlinked people of these contacts: by address, by id they carry, and as was `said`."""
        contacts = list(contacts)
        addresses = sorted({address_key(c.value("email")) for c in contacts if c.value("email")})
        found: dict[str, list[Person]] = defaultdict(list)
        carrying = self._carrying([c.id for c in contacts])
        for person in unique([*self._search(addresses), *carrying]):
            found[address_key(person.value("email"))].append(person)
            found[person.external_id or ""].append(person)
        for person in self._said(said):
            found[person.id].append(person)
        return found

    def _said(self, person_ids: frozenset[str]) -> list[Person]:
        """Those of these people who are there to be linked."""
        unseen = sorted(person_ids - self.people.keys())
        seen = self._work.crm.look([], unseen).people.values() if unseen else ()
        self._not_linked([p for p in seen if not (p.deleted or p.converted_into)])
        return [self.people[i] for i in sorted(person_ids & self.people.keys())]

    def _carrying(self, contact_ids: list[str]) -> tuple[Person, ...]:
        if not contact_ids or not self._work.crm.schema().external_id:
            return ()
        people = self._work.crm.people_by_external_id(sorted(contact_ids))
        return self._not_linked(people)

    def _search(self, addresses: Sequence[str]) -> tuple[Person, ...]:
        """Everybody the login sees with these addresses who is not linked yet."""
        if not addresses:
            return ()
        return self._not_linked(self._work.crm.people_by_email(addresses))

    def _not_linked(self, people: Sequence[Person]) -> tuple[Person, ...]:
        linked = self._work.state.links_by_person(sorted(p.id for p in people)) if people else {}
        free = tuple(p for p in people if p.id not in linked)
        self.people.update({p.id: p for p in free})
        return free


def unique(records: Iterable[Record]) -> list[Record]:
    """Each record once, in the order they came."""
    return list({record.id: record for record in records}.values())
