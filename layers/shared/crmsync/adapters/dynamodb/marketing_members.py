"""Memberships, and what changed lately.

A membership and its group's `member_count` change in one transaction, so the count is exact at all
times. An ended membership stays, without `contact_key`, to tell when it ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from pynamodb.expressions.condition import Condition

from crmsync.adapters.aws_failures import BUSY_SECONDS
from crmsync.adapters.dynamodb.backoff import ATTEMPTS, pause
from crmsync.adapters.dynamodb.keys import joined, shards, split, time_text
from crmsync.adapters.dynamodb.marketing_contacts import ContactStore
from crmsync.adapters.dynamodb.marketing_groups import GroupStore
from crmsync.adapters.dynamodb.marketing_rows import ONLY, GroupRow, KeyRow, MemberRow
from crmsync.adapters.dynamodb.queries import Query
from crmsync.adapters.dynamodb.rows import Keys, place_after
from crmsync.adapters.dynamodb.transaction import MOST
from crmsync.domain.errors import Defer, NotFound
from crmsync.ports.marketing import MemberIdsPage, Touched

_IS_MEMBER = MemberRow.contact_key.exists()


class MemberStore(ContactStore, GroupStore):
    """The membership part of `Marketing`."""

    def members_page(self, group_id: str, cursor: str | None, limit: int) -> MemberIdsPage:
        """Members of a group in order of contact id; `cursor` is the id the page comes after."""
        pk = self._key("group", group_id)
        query = Query(MemberRow, pk, where=_IS_MEMBER, consistent=True)
        after = place_after(pk, ONLY if cursor is None else cursor)
        rows, last = self._table.some(query, after=after, limit=limit)
        return MemberIdsPage(tuple(row.sk for row in rows), last)

    def memberships(self, group_id: str, contact_ids: Sequence[str]) -> frozenset[str]:
        """Which of these contacts are members now; strongly consistent."""
        keys = [self._member_keys(group_id, contact_id) for contact_id in contact_ids]
        rows = self._table.get_many(MemberRow, keys)
        return frozenset(row.sk for row in rows if row.contact_key)

    def groups_of(self, contact_id: str) -> tuple[str, ...]:
        """Ids of the groups the contact is in; one it just joined may show a second later."""
        query = Query(KeyRow, self._key(contact_id), index="by_contact")
        keys = [(row.pk, row.sk) for row in self._table.rows(query)]
        rows = self._table.get_many(MemberRow, keys)
        return tuple(sorted(split(row.pk)[-1] for row in rows if row.contact_key))

    def add_members(self, group_id: str, contact_ids: Sequence[str]) -> None:
        """Make the contacts members; a repeat changes nothing."""
        wanted = sorted(set(contact_ids))
        missing = set(wanted) - self.contacts(wanted).keys()
        if missing:
            raise NotFound("no_such_contact", f"There is no contact '{min(missing)}'.")
        for chunk in _chunks(wanted):
            self._move(group_id, chunk, joining=True)

    def remove_members(self, group_id: str, contact_ids: Sequence[str]) -> None:
        """End the memberships, remembering when; a repeat changes nothing."""
        for chunk in _chunks(sorted(set(contact_ids))):
            self._move(group_id, chunk, joining=False)

    def touched_since(self, group_ids: Sequence[str], since: datetime) -> Touched:
        """What changed at or after `since` on our own clock.

        The index lags by well under a second; callers overlap by minutes.
        """
        of_contacts = [self._key("contacts", shard) for shard in shards()]
        of_groups = [self._key("group", group_id) for group_id in group_ids]
        asked = [(key, since) for key in (*of_contacts, *of_groups)]
        found = self._table.database.each(lambda ask: self._changed(*ask), asked)
        contacts = frozenset[str]().union(*found[: len(of_contacts)])
        return Touched(contacts, dict(zip(group_ids, found[len(of_contacts) :], strict=True)))

    def _move(self, group_id: str, contact_ids: list[str], *, joining: bool) -> None:
        """Move those of one transaction's worth that are not yet where they should be."""
        for attempt in range(1, ATTEMPTS + 1):
            members = self.memberships(group_id, contact_ids)
            movers = [i for i in contact_ids if (i in members) is not joining]
            refused = self._commit_moves(group_id, movers, joining=joining)
            if ONLY in refused:
                raise NotFound("no_such_group", f"There is no group '{group_id}'.")
            if not refused:
                return
            pause(attempt)
        text = f"members of group {group_id} kept moving while they were changed"
        raise Defer("group_busy", text, seconds=BUSY_SECONDS)

    def _commit_moves(self, group_id: str, movers: list[str], *, joining: bool) -> frozenset[str]:
        if not movers and (not joining or self.group(group_id)):
            return frozenset()
        moves = self._table.database.transaction()
        now = time_text(self._now())
        for contact_id in movers:
            row = MemberRow(
                *self._member_keys(group_id, contact_id),
                contact_key=joined(self._tenant, contact_id) if joining else None,
                change_shard=self._key("group", group_id),
                changed_at=now,
            )
            moves.put(self._table, row, contact_id, _was(member=not joining))
        counted = GroupRow.member_count.add(len(movers) if joining else -len(movers))
        moves.update(self._table, self._group_keys(group_id), [counted], ONLY, GroupRow.pk.exists())
        return moves.commit()

    def _changed(self, shard: str, since: datetime) -> frozenset[str]:
        within = KeyRow.changed_at >= time_text(since)
        query = Query(KeyRow, shard, index="by_change", within=within)
        return frozenset(row.sk for row in self._table.rows(query))

    def _member_keys(self, group_id: str, contact_id: str) -> Keys:
        return self._key("group", group_id), contact_id


def _was(*, member: bool) -> Condition:
    return _IS_MEMBER if member else MemberRow.contact_key.does_not_exist()


def _chunks(ids: list[str]) -> Iterator[list[str]]:
    waiting = iter(ids)
    while chunk := list(islice(waiting, MOST - 1)):
        yield chunk
