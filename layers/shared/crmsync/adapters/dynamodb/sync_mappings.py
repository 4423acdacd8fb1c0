"""What a mapping remembers: its memory, the bases of its memberships, what is pending."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from crmsync.adapters.dynamodb.documents import text_of, value_of
from crmsync.adapters.dynamodb.fenced_store import ROOM, FencedStore
from crmsync.adapters.dynamodb.keys import joined, split
from crmsync.adapters.dynamodb.queries import Query
from crmsync.adapters.dynamodb.rows import Keys, Row, place_after
from crmsync.adapters.dynamodb.sync_rows import DocumentRow, PendingRow
from crmsync.domain.base import NO_MEMBERSHIP, MembershipBase
from crmsync.ports.state import BasePage, MappingMemory, Pending

BASES_PER_PAGE = 1_000


class MappingStore(FencedStore):
    """The mapping part of `SyncState`."""

    def memory(self, campaign_id: str, group_id: str) -> MappingMemory:
        """What the mapping remembers; an empty memory when it never settled."""
        row = self._table.get(DocumentRow, self._memory_keys(campaign_id, group_id))
        return value_of(MappingMemory, row.document) if row else MappingMemory()

    def remember(self, campaign_id: str, group_id: str, memory: MappingMemory) -> None:
        """Replace what the mapping remembers."""
        keys = self._memory_keys(campaign_id, group_id)
        self._write([DocumentRow(*keys, document=text_of(memory))], [])

    def membership_bases(
        self, campaign_id: str, group_id: str, contact_ids: Sequence[str]
    ) -> Mapping[str, MembershipBase]:
        """The bases that exist, by contact id; strongly consistent."""
        pk = self._of_mapping("bases", campaign_id, group_id)
        rows = self._table.get_many(DocumentRow, [(pk, contact_id) for contact_id in contact_ids])
        return {row.sk: value_of(MembershipBase, row.document) for row in rows}

    def membership_base_page(self, campaign_id: str, group_id: str, cursor: str | None) -> BasePage:
        """All bases in order of contact id; `cursor` is the id the page comes after."""
        pk = self._of_mapping("bases", campaign_id, group_id)
        query = Query(DocumentRow, pk, consistent=True)
        after = place_after(pk, cursor)
        page = self._table.page(query, after=after, limit=BASES_PER_PAGE)
        items = {row.sk: value_of(MembershipBase, row.document) for row in page.rows}
        return BasePage(items, page.stopped_at["sk"]["S"] if page.stopped_at else None)

    def put_membership_bases(
        self, campaign_id: str, group_id: str, bases: Mapping[str, MembershipBase]
    ) -> None:
        """Store bases by contact id; one equal to an empty base is forgotten."""
        pk = self._of_mapping("bases", campaign_id, group_id)
        kept = {i: base for i, base in sorted(bases.items()) if base != NO_MEMBERSHIP}
        rows = [DocumentRow(pk, i, document=text_of(base)) for i, base in kept.items()]
        self._write(rows, [(pk, i) for i in sorted(bases.keys() - kept.keys())])

    def pending(self, campaign_id: str, group_id: str) -> Pending:
        """What did not end in agreement last time; strongly consistent."""
        pairs = [split(sk) for sk in self._pending(campaign_id, group_id)]
        contacts = frozenset(which for kind, which in pairs if kind == "contact")
        people = frozenset(which for kind, which in pairs if kind == "person")
        return Pending(contacts, people)

    def put_pending(self, campaign_id: str, group_id: str, pending: Pending) -> None:
        """Replace the pending units of a mapping; only what differs is written.

        New ones are added before old ones go, so a crash in between loses none.
        """
        pk = self._of_mapping("pending", campaign_id, group_id)
        wanted = {joined("contact", i) for i in pending.contact_ids}
        wanted |= {joined("person", i) for i in pending.person_ids}
        known = self._pending(campaign_id, group_id)
        self._write([PendingRow(pk, sk) for sk in sorted(wanted - known)], [])
        self._write([], [(pk, sk) for sk in sorted(known - wanted)])

    def _pending(self, campaign_id: str, group_id: str) -> set[str]:
        pk = self._of_mapping("pending", campaign_id, group_id)
        return {row.sk for row in self._table.rows(Query(PendingRow, pk, consistent=True))}

    def _write(self, puts: Iterable[Row], deletes: Iterable[Keys]) -> None:
        """Fenced transactions, one after another; each is complete in itself."""
        waiting: list[Row | Keys] = [*puts, *deletes]
        for start in range(0, len(waiting), ROOM):
            writing = self._begin()
            for item in islice(waiting, start, start + ROOM):
                if isinstance(item, Row):
                    writing.put(self._table, item, "put")
                else:
                    writing.delete(self._table, item, "delete")
            self._commit(writing)

    def _memory_keys(self, campaign_id: str, group_id: str) -> Keys:
        return self._of_mapping("mapping", campaign_id, group_id), "memory"
