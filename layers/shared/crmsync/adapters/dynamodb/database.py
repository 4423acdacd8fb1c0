"""One DynamoDB client per container, and the tables it reaches.

PynamoDB makes a client per model class; this project has some twenty, so models only map items and
this connection sends them. Nothing connects, and nothing is read, before the first call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable

from crmsync.adapters.dynamodb.table import Table
from crmsync.adapters.dynamodb.transaction import Transaction

T = TypeVar("T")
R = TypeVar("R")

WRITERS = 16
"""Independent calls in flight at once; the connection pool holds as many."""

INDEXES: dict[str, tuple[str, ...]] = {
    "by_email": ("email_key",),
    "by_change": ("change_shard", "changed_at"),
    "by_contact": ("contact_key", "pk"),
    "by_due": ("due_shard", "due_at"),
}
"""The key attributes of each global index; all text, all projecting keys only."""


class Database:
    """The connection all tables share. Region and credentials are what the environment gives."""

    def __init__(self) -> None:
        self.connection = Connection(
            connect_timeout_seconds=3,
            read_timeout_seconds=5,
            retry_configuration={"mode": "standard", "total_max_attempts": 5},
            max_pool_connections=WRITERS,
        )
        self._tables: dict[str, Table] = {}

    def table(self, name: str) -> Table:
        """The table of this name; the same object each time."""
        if name not in self._tables:
            self.connection.add_meta_table(_described(name))
            self._tables[name] = Table(name, self)
        return self._tables[name]

    def transaction(self) -> Transaction:
        """An empty transaction over any of the tables."""
        return Transaction(self.connection)

    def each(self, act: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """`act` on each of `items`, several at once, answers in order.

        The first error is raised once all that had begun are done; some may not have begun.
        """
        work = list(items)
        if len(work) <= 1:
            return [act(item) for item in work]
        # The client is made here, because making one is not safe in several threads.
        _ = self.connection.client
        with ThreadPoolExecutor(max_workers=min(WRITERS, len(work))) as pool:
            return list(pool.map(act, work))


def _described(name: str) -> MetaTable:
    texts = sorted({"pk", "sk"}.union(*INDEXES.values()))
    return MetaTable(
        {
            "TableName": name,
            "KeySchema": _key_schema(("pk", "sk")),
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in texts],
            "GlobalSecondaryIndexes": [
                {"IndexName": index, "KeySchema": _key_schema(names)}
                for index, names in INDEXES.items()
            ],
        }
    )


def _key_schema(names: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": kind}
        for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
    ]
