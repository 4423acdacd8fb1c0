"""Several writes that happen together or not at all, over any tables of one connection."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any
from uuid import uuid4

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from crmsync.adapters.aws_failures import BUSY_SECONDS, meaning_of
from crmsync.adapters.dynamodb.backoff import ATTEMPTS, pause
from crmsync.adapters.dynamodb.rows import Keys, RawKey, Row
from crmsync.adapters.dynamodb.table import Table
from crmsync.domain.errors import Defer

MOST = 100
"""DynamoDB's limit on the actions of one transaction."""

_CLASHES = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


class Transaction:
    """Collects actions; `commit` sends them once, whatever happens to the answer.

    Each action has a `label`; those whose conditions refused are what `commit` returns. One client
    request token for all attempts makes a repeat within ten minutes harmless.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._checks: list[tuple[str, dict[str, Any]]] = []
        self._deletes: list[tuple[str, dict[str, Any]]] = []
        self._puts: list[tuple[str, dict[str, Any]]] = []
        self._updates: list[tuple[str, dict[str, Any]]] = []

    def __len__(self) -> int:
        return sum(map(len, (self._checks, self._deletes, self._puts, self._updates)))

    def check(self, table: Table, keys: Keys, condition: Condition, label: str) -> None:
        """Refuse everything unless the item is as `condition` says."""
        self._checks.append((label, self._request(table, keys, condition=condition)))

    def delete(self, table: Table, keys: Keys, label: str) -> None:
        """Remove the item."""
        self._deletes.append((label, self._request(table, keys, condition=None)))

    def put(self, table: Table, row: Row, label: str, condition: Condition | None = None) -> None:
        """Replace the whole item."""
        values = row.serialize()
        keys = (values.pop("pk")["S"], values.pop("sk")["S"])
        request = self._request(table, keys, attributes=values, condition=condition)
        self._puts.append((label, request))

    def update(
        self,
        table: Table,
        keys: Keys,
        actions: Sequence[Action],
        label: str,
        condition: Condition | None = None,
    ) -> None:
        """Change some attributes of the item."""
        request = self._request(table, keys, actions=actions, condition=condition)
        self._updates.append((label, request))

    def commit(self) -> frozenset[str]:
        """Empty when all of it is stored; else the labels that refused, and nothing is stored."""
        if not len(self):
            return frozenset()
        token = uuid4().hex
        for attempt in range(1, ATTEMPTS + 1):
            reasons = self._send(token)
            refused = self._refused(reasons)
            if refused or not reasons:
                return refused
            pause(attempt)
        text = f"a transaction of {len(self)} clashed with others {ATTEMPTS} times"
        raise Defer("aws_busy", text, seconds=BUSY_SECONDS)

    def _send(self, token: str) -> list[str]:
        """AWS's reason for each action when the transaction was cancelled, else nothing."""
        try:
            self._connection.transact_write_items(
                condition_check_items=[request for _, request in self._checks],
                delete_items=[request for _, request in self._deletes],
                put_items=[request for _, request in self._puts],
                update_items=[request for _, request in self._updates],
                client_request_token=token,
            )
        except TransactWriteError as error:
            reasons = [reason.code if reason else "" for reason in error.cancellation_reasons]
            if _CLASHES.isdisjoint(reasons) and "ConditionalCheckFailed" not in reasons:
                raise meaning_of(error.cause or error, "TransactWriteItems") from error
            return reasons
        return []

    def _refused(self, reasons: list[str]) -> frozenset[str]:
        actions = chain(self._checks, self._deletes, self._puts, self._updates)
        pairs = zip(actions, reasons, strict=False)
        return frozenset(label for (label, _), why in pairs if why == "ConditionalCheckFailed")

    def _request(
        self,
        table: Table,
        keys: Keys,
        *,
        condition: Condition | None,
        actions: Sequence[Action] | None = None,
        attributes: RawKey | None = None,
    ) -> dict[str, Any]:
        return self._connection.get_operation_kwargs(
            table.name,
            keys[0],
            range_key=keys[1],
            key="Key" if attributes is None else "Item",
            attributes=attributes,
            actions=actions,
            condition=condition,
        )
