"""What the schedule has to look at, over all tenants: a sparse index in a few shards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from pydantic import TypeAdapter
from pynamodb.expressions.update import Action

from crmsync.adapters.dynamodb.control_rows import DueRow
from crmsync.adapters.dynamodb.keys import joined, shard_of, shards, split, time_of, time_text
from crmsync.adapters.dynamodb.queries import Query
from crmsync.adapters.dynamodb.rows import Keys, RawKey, bad_cursor, raw_key
from crmsync.adapters.dynamodb.table import Table
from crmsync.ports.due import Due, DuePage

Place = tuple[str, str, str]
"""An item of the index: its keys, and when it is due."""


class DynamoDueIndex:
    """`DueIndex` over the control table. An entry shows within a second of being made due."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def due(self, now: datetime, cursor: str | None, limit: int) -> DuePage:
        """Things due at or before `now`, oldest first."""
        places = _places_of(cursor)
        rows = [row for shard in places for row in self._first(shard, places[shard], now, limit)]
        rows.sort(key=lambda row: (str(row.due_at), row.pk, row.sk))
        for row in rows[:limit]:
            places[str(row.due_shard)] = _place(row)
        items = tuple(map(_due_of, rows[:limit]))
        return DuePage(items, json.dumps(places) if len(rows) > limit else None)

    def claim(self, due: Due, until: datetime) -> bool:
        """Move it from `due.due_at` to `until` if it still is there; True for one caller only."""
        keys = _keys_of(due)
        mine = uuid4().hex
        actions = [*due_actions(keys, until), DueRow.claimed_by.set(mine)]
        still = DueRow.due_at == time_text(due.due_at)
        if self._table.update(DueRow, keys, actions, still):
            return True
        stored = self._table.get(DueRow, keys)
        return stored is not None and stored.claimed_by == mine

    def _first(
        self, shard: str, after: Place | None, now: datetime, limit: int
    ) -> Sequence[DueRow]:
        """One more than asked for, to know whether there are more."""
        within = DueRow.due_at <= time_text(now)
        query = Query(DueRow, shard, index="by_due", within=within)
        return self._table.page(query, after=_raw(shard, after), limit=limit + 1).rows


def due_shard(keys: Keys) -> str:
    """The index shard of an item; the same for ever."""
    return shard_of(joined(*keys))


def due_actions(keys: Keys, at: datetime | None) -> list[Action]:
    """What makes an item due at `at`, or not at all."""
    if at is None:
        return [DueRow.due_shard.remove(), DueRow.due_at.remove()]
    return [DueRow.due_shard.set(due_shard(keys)), DueRow.due_at.set(time_text(at))]


def _due_of(row: DueRow) -> Due:
    tenant_id, room, *rest = split(row.pk)
    kind, *ids = split(row.sk)
    thing = rest[0] if room == "run" else ids[0]
    return Due(kind, tenant_id, thing, time_of(str(row.due_at)))


def _keys_of(due: Due) -> Keys:
    if due.kind == "run":
        return joined(due.tenant_id, "run", due.id), "run"
    room = "posts" if due.kind == "post" else "connections"
    return joined(due.tenant_id, room), joined(due.kind, due.id)


def _place(row: DueRow) -> Place:
    return row.pk, row.sk, str(row.due_at)


def _raw(shard: str, place: Place | None) -> RawKey | None:
    if place is None:
        return None
    pk, sk, due_at = place
    return raw_key(pk, sk, due_shard=shard, due_at=due_at)


def _places_of(cursor: str | None) -> dict[str, Place | None]:
    """Per shard, the last item that was given out."""
    try:
        places = TypeAdapter(dict[str, Place | None]).validate_json(cursor or "{}")
    except ValueError as error:
        raise bad_cursor() from error
    return {shard: places.get(shard) for shard in shards()}
