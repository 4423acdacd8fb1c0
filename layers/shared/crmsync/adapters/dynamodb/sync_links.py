"""Links: one contact, one person, unique both ways within (tenant, org)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from crmsync.adapters.dynamodb.documents import text_of, value_of
from crmsync.adapters.dynamodb.fenced_store import ROOM, FencedStore
from crmsync.adapters.dynamodb.rows import Keys
from crmsync.adapters.dynamodb.sync_rows import LinkRow, PersonRow
from crmsync.adapters.dynamodb.transaction import Transaction
from crmsync.domain.base import Link

_LINKS_AT_ONCE = ROOM // 2
"""A new link takes two writes."""


class LinkStore(FencedStore):
    """The link part of `SyncState`."""

    def links_by_contact(self, contact_ids: Sequence[str]) -> Mapping[str, Link]:
        """Links by contact id; strongly consistent."""
        rows = self._table.get_many(LinkRow, map(self._link_keys, contact_ids))
        return {link.contact_id: link for link in map(_link_of, rows)}

    def links_by_person(self, person_ids: Sequence[str]) -> Mapping[str, Link]:
        """Links by person id; strongly consistent."""
        asked = frozenset(person_ids)
        rows = self._table.get_many(PersonRow, map(self._person_keys, asked))
        links = self.links_by_contact([row.contact_id for row in rows]).values()
        return {link.person_id: link for link in links if link.person_id in asked}

    def put_links(self, links: Sequence[Link]) -> tuple[Link | None, ...]:
        """Store each if its `version` is current (0: neither id is linked); None when it is not.

        The stored links come back with their new version, in order. A link that is stored exactly
        as wanted counts as stored.
        """
        stored: list[Link | None] = []
        for chunk in _chunks(links):
            stored += self._put_chunk(chunk)
        return tuple(stored)

    def move_link(self, link: Link, person_id: str) -> Link | None:
        """Point the link at another person; None when that person is linked or the link moved."""
        wanted = replace(link, person_id=person_id, version=link.version + 1)
        moving = self._begin()
        self._replace_link(moving, link, wanted)
        if person_id != link.person_id:
            taken = PersonRow(*self._person_keys(person_id), contact_id=link.contact_id)
            moving.put(self._table, taken, "person", PersonRow.pk.does_not_exist())
            moving.delete(self._table, self._person_keys(link.person_id), "old_person")
        if not self._commit(moving):
            return wanted
        return wanted if self._are_stored([wanted]) else None

    def _put_chunk(self, links: Sequence[Link]) -> list[Link | None]:
        """Those that are current are stored; the others are left out, and only they."""
        wanted = {link.contact_id: replace(link, version=link.version + 1) for link in links}
        waiting, refused = list(links), frozenset({""})
        while waiting and refused:
            storing = self._begin()
            for link in waiting:
                self._store_link(storing, link, wanted[link.contact_id])
            refused = self._commit(storing)
            waiting = [link for link in waiting if link.contact_id not in refused]
        kept = {link.contact_id for link in waiting}
        kept |= self._are_stored([link for i, link in wanted.items() if i not in kept])
        return [link if i in kept else None for i, link in wanted.items()]

    def _store_link(self, storing: Transaction, link: Link, wanted: Link) -> None:
        if link.version:
            self._replace_link(storing, link, wanted)
            return
        storing.put(
            self._table, self._link_row(wanted), link.contact_id, LinkRow.pk.does_not_exist()
        )
        person = PersonRow(*self._person_keys(link.person_id), contact_id=link.contact_id)
        storing.put(self._table, person, link.contact_id, PersonRow.pk.does_not_exist())

    def _replace_link(self, storing: Transaction, link: Link, wanted: Link) -> None:
        current = (LinkRow.version == link.version) & (LinkRow.person_id == link.person_id)
        storing.put(self._table, self._link_row(wanted), link.contact_id, current)

    def _are_stored(self, wanted: Iterable[Link]) -> set[str]:
        """Contact ids of those that are stored already, by an earlier attempt of ours."""
        by_id = {link.contact_id: link for link in wanted}
        stored = self.links_by_contact(list(by_id))
        return {contact_id for contact_id, link in by_id.items() if stored.get(contact_id) == link}

    def _link_row(self, link: Link) -> LinkRow:
        return LinkRow(
            *self._link_keys(link.contact_id),
            document=text_of(link),
            person_id=link.person_id,
            version=link.version,
        )

    def _link_keys(self, contact_id: str) -> Keys:
        return self._of_tenant("link", self._org, contact_id), "link"

    def _person_keys(self, person_id: str) -> Keys:
        return self._of_tenant("person", self._org, person_id), "link"


def _link_of(row: LinkRow) -> Link:
    return replace(value_of(Link, row.document), person_id=row.person_id, version=int(row.version))


def _chunks(links: Sequence[Link]) -> Iterator[list[Link]]:
    """As many as fit into one transaction, which takes no contact and no person twice."""
    chunk: list[Link] = []
    taken: set[str] = set()
    for link in links:
        if len(chunk) == _LINKS_AT_ONCE or not taken.isdisjoint((link.contact_id, link.person_id)):
            yield chunk
            chunk, taken = [], set()
        chunk.append(link)
        taken |= {link.contact_id, link.person_id}
    if chunk:
        yield chunk
