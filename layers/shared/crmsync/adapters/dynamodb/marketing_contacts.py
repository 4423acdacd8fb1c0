"""Contacts: created once per id, edited only at the version the editor saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from pynamodb.expressions.condition import Condition

from crmsync.adapters.dynamodb.contact_rows import contact_of, row_of
from crmsync.adapters.dynamodb.keys import shard_of, shards
from crmsync.adapters.dynamodb.marketing_rows import ContactRow, KeyRow
from crmsync.adapters.dynamodb.queries import Query
from crmsync.adapters.dynamodb.rows import Keys, bad_cursor, place_after
from crmsync.adapters.dynamodb.tenant_store import TenantStore
from crmsync.domain.contact import Contact, ContactDraft, ContactEdit
from crmsync.domain.fields import address_key
from crmsync.ports.marketing import ContactPage

LOOKS = 8
LOOKED_AT = 250
"""One page takes at most this many queries, of at least this many contacts each."""

Place = tuple[str, str]
"""Where a page begins: a shard, and the contact id it comes after; '' for the shard's start."""


class ContactStore(TenantStore):
    """The contact part of `Marketing`."""

    def contacts(self, ids: Sequence[str]) -> Mapping[str, Contact]:
        """The contacts that exist, by id; strongly consistent."""
        rows = self._table.get_many(ContactRow, map(self._contact_keys, ids))
        return {row.sk: contact_of(row) for row in rows}

    def contacts_by_email(self, addresses: Sequence[str]) -> tuple[Contact, ...]:
        """All contacts with one of these addresses now.

        The index lags by well under a second, so a contact that got its address in that time is
        missed, exactly as if it had got it right after. Nothing is created twice for that: ids of
        new contacts derive from the person, and links are stored conditionally.
        """
        wanted = {address_key(address) for address in addresses} - {""}
        found = self._table.database.each(self._ids_of_address, sorted(wanted))
        contacts = self.contacts(sorted(set(chain.from_iterable(found)))).values()
        current = [c for c in contacts if address_key(c.value("email")) in wanted]
        return tuple(sorted(current, key=lambda contact: contact.id))

    def create_contacts(self, drafts: Sequence[ContactDraft]) -> tuple[Contact, ...]:
        """Create each, or return the one with its id: a repeat makes no second one. In order."""
        return tuple(self._table.database.each(self._create, drafts))

    def edit_contacts(self, edits: Sequence[ContactEdit]) -> tuple[Contact | None, ...]:
        """Each contact after its edit, in order; None when its version moved or there is none."""
        stored = self.contacts([edit.contact_id for edit in edits])
        pairs = [(stored.get(edit.contact_id), edit) for edit in edits]
        return tuple(self._table.database.each(lambda pair: self._edit(*pair), pairs))

    def contacts_page(self, cursor: str | None, limit: int, search: str) -> ContactPage:
        """Contacts, shard by shard and by id within one; `search` looks at e-mail start and name.

        A page of a search may be short, even empty, and still have a cursor: it looks at a few
        thousand contacts at most.
        """
        found: list[Contact] = []
        place = _place_of(cursor)
        for _ in range(LOOKS):
            if place is None or len(found) > limit:
                break
            contacts, place = self._look(place, max(limit + 1, LOOKED_AT), search)
            found += contacts
        if len(found) > limit:
            return ContactPage(tuple(found[:limit]), _cursor_after(found[limit - 1]))
        return ContactPage(tuple(found), ":".join(place) if place else None)

    def _look(self, place: Place, most: int, search: str) -> tuple[list[Contact], Place | None]:
        shard, after = place
        pk = self._key("contacts", shard)
        query = Query(ContactRow, pk, where=self._matching(search))
        page = self._table.page(query, after=place_after(pk, after or None), limit=most)
        contacts = [contact_of(row) for row in page.rows]
        if page.stopped_at is not None:
            return contacts, (shard, page.stopped_at["sk"]["S"])
        following = shards()[shards().index(shard) + 1 :]
        return contacts, (following[0], "") if following else None

    def _matching(self, search: str) -> Condition | None:
        text = address_key(search)
        if not text:
            return None
        in_address = ContactRow.email_key.startswith(self._key(text))
        either: Condition = in_address | ContactRow.search.contains(text)
        return either

    def _create(self, draft: ContactDraft) -> Contact:
        contact = draft.contact(self._now())
        if self._table.put(self._contact_row(contact), ContactRow.pk.does_not_exist()):
            return contact
        return self.contacts([draft.id])[draft.id]

    def _edit(self, stored: Contact | None, edit: ContactEdit) -> Contact | None:
        if stored is None or stored.version != edit.version:
            return None
        edited = edit.applied_to(stored, self._now())
        current = ContactRow.version == edit.version
        return edited if self._table.put(self._contact_row(edited), current) else None

    def _contact_row(self, contact: Contact) -> ContactRow:
        return row_of(contact, self._tenant, self._contact_keys(contact.id))

    def _contact_keys(self, contact_id: str) -> Keys:
        return self._key("contacts", shard_of(contact_id)), contact_id

    def _ids_of_address(self, address: str) -> list[str]:
        query = Query(KeyRow, self._key(address), index="by_email")
        return [row.sk for row in self._table.rows(query)]


def _place_of(cursor: str | None) -> Place | None:
    if cursor is None:
        return shards()[0], ""
    shard, _, after = cursor.partition(":")
    if shard not in shards():
        raise bad_cursor()
    return shard, after


def _cursor_after(contact: Contact) -> str:
    return f"{shard_of(contact.id)}:{contact.id}"
