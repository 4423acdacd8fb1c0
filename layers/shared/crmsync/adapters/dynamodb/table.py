"""One table: rows in, rows out, conditions answered with yes or no.

A conditional write that was applied, lost its answer and was repeated by botocore is refused by its
own effect. `put` reads back and compares, so such a refusal counts as the success it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from crmsync.adapters.aws_failures import BUSY_SECONDS
from crmsync.adapters.dynamodb.backoff import ATTEMPTS, pause
from crmsync.adapters.dynamodb.failures import ConditionRefused, store_failures
from crmsync.adapters.dynamodb.queries import Page, Query
from crmsync.adapters.dynamodb.rows import Keys, RawKey, Row, raw_key
from crmsync.domain.errors import Defer

if TYPE_CHECKING:
    from crmsync.adapters.dynamodb.database import Database

GET_AT_ONCE = 100
"""DynamoDB's limit on BatchGetItem."""

R = TypeVar("R", bound=Row)


class Table:
    """A table reached over the shared connection."""

    def __init__(self, name: str, database: Database) -> None:
        self.name = name
        self.database = database
        self._connection = database.connection

    def get(self, kind: type[R], keys: Keys, *, consistent: bool = True) -> R | None:
        """The row, or None."""
        with store_failures(f"GetItem on {self.name}"):
            answer = self._connection.get_item(
                self.name, keys[0], range_key=keys[1], consistent_read=consistent
            )
        return kind.from_raw_data(answer["Item"]) if answer.get("Item") else None

    def put(self, row: Row, condition: Condition | None = None) -> bool:
        """Replace the whole item; False when refused and what is stored is not this very row."""
        values = row.serialize()
        keys = (values.pop("pk")["S"], values.pop("sk")["S"])
        try:
            with store_failures(f"PutItem on {self.name}"):
                self._connection.put_item(
                    self.name, keys[0], range_key=keys[1], attributes=values, condition=condition
                )
        except ConditionRefused:
            stored = self.get(type(row), keys)
            return stored is not None and stored.serialize() == row.serialize()
        return True

    def update(
        self,
        kind: type[R],
        keys: Keys,
        actions: Sequence[Action],
        condition: Condition | None = None,
    ) -> R | None:
        """The row after the update, or None when refused; the caller knows its own effect."""
        try:
            with store_failures(f"UpdateItem on {self.name}"):
                answer = self._connection.update_item(
                    self.name,
                    keys[0],
                    range_key=keys[1],
                    actions=actions,
                    condition=condition,
                    return_values="ALL_NEW",
                )
        except ConditionRefused:
            return None
        return kind.from_raw_data(answer["Attributes"])

    def take(self, kind: type[R], keys: Keys) -> R | None:
        """Remove the row and return it; of several callers only one gets it."""
        with store_failures(f"DeleteItem on {self.name}"):
            answer = self._connection.delete_item(
                self.name, keys[0], range_key=keys[1], return_values="ALL_OLD"
            )
        return kind.from_raw_data(answer["Attributes"]) if answer.get("Attributes") else None

    def page(
        self, query: Query[R], *, after: RawKey | None = None, limit: int | None = None
    ) -> Page[R]:
        """One page; `limit` counts the rows looked at, also those that `where` leaves out."""
        with store_failures(f"Query on {self.name}"):
            answer = self._connection.query(
                self.name,
                query.pk,
                range_key_condition=query.within,
                filter_condition=query.where,
                consistent_read=query.consistent,
                exclusive_start_key=after,
                index_name=query.index,
                limit=limit,
                scan_index_forward=query.forward,
            )
        rows = tuple(query.kind.from_raw_data(item) for item in answer["Items"])
        return Page(rows, answer.get("LastEvaluatedKey"))

    def rows(
        self, query: Query[R], *, after: RawKey | None = None, at_once: int | None = None
    ) -> Iterator[R]:
        """All rows, page after page as they are asked for; `at_once` rows looked at per call."""
        while True:
            page = self.page(query, after=after, limit=at_once)
            yield from page.rows
            if page.stopped_at is None:
                return
            after = page.stopped_at

    def some(
        self, query: Query[R], *, after: RawKey | None, limit: int
    ) -> tuple[list[R], str | None]:
        """Up to `limit` rows, and the sort key that the next ones come after; None if none do."""
        found = list(islice(self.rows(query, after=after, at_once=limit + 1), limit + 1))
        return found[:limit], found[limit - 1].sk if len(found) > limit else None

    def get_many(self, kind: type[R], wanted: Iterable[Keys]) -> list[R]:
        """The rows that exist, strongly consistent, in no order."""
        waiting = iter(sorted(set(wanted)))
        found: list[R] = []
        while chunk := list(islice(waiting, GET_AT_ONCE)):
            raw = [raw_key(*keys) for keys in chunk]
            found += [kind.from_raw_data(item) for item in self._all_of(raw)]
        return found

    def _all_of(self, keys: list[RawKey]) -> Iterator[RawKey]:
        """Items of one batch; keys that were left unprocessed are asked for again."""
        for attempt in range(1, ATTEMPTS + 1):
            with store_failures(f"BatchGetItem on {self.name}"):
                answer = self._connection.batch_get_item(
                    self.name, cast("Any", keys), consistent_read=True
                )
            yield from answer.get("Responses", {}).get(self.name, ())
            keys = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            if not keys:
                return
            pause(attempt)
        text = f"BatchGetItem on {self.name} left {len(keys)} keys after {ATTEMPTS} attempts"
        raise Defer("aws_busy", text, seconds=BUSY_SECONDS)
