"""Writes that are refused once a higher fence exists."""

from __future__ import annotations

from crmsync.adapters.dynamodb.control_rows import LeaseRow
from crmsync.adapters.dynamodb.keys import joined
from crmsync.adapters.dynamodb.leases import lease_keys
from crmsync.adapters.dynamodb.table import Table
from crmsync.adapters.dynamodb.transaction import MOST, Transaction
from crmsync.domain.errors import LeaseLost

ROOM = MOST - 1
"""How many writes fit into one fenced transaction."""

_FENCE = "fence"


class FencedStore:
    """The sync table seen by one connection of one tenant, to one org.

    The fence is the lease's own, in the control table; each write checks it in its transaction.
    """

    def __init__(
        self, table: Table, control: Table, *, tenant_id: str, connection_id: str, org_id: str
    ) -> None:
        self._table = table
        self._control = control
        self._tenant = tenant_id
        self._connection = connection_id
        self._org = org_id
        self._number: int | None = None

    def fence(self, number: int) -> None:
        """From now on every write of this instance is refused once a higher fence exists."""
        self._number = number

    def _begin(self) -> Transaction:
        """A transaction that checks the fence, if this instance has one."""
        transaction = self._table.database.transaction()
        if self._number is not None:
            keys = lease_keys(self._tenant, self._connection)
            current = LeaseRow.fence.does_not_exist() | (LeaseRow.fence <= self._number)
            transaction.check(self._control, keys, current, _FENCE)
        return transaction

    def _commit(self, transaction: Transaction) -> frozenset[str]:
        """The labels that refused; raises `LeaseLost` when the fence did."""
        refused = transaction.commit()
        if _FENCE in refused:
            text = f"Connection {self._connection} has a higher fence than {self._number}."
            raise LeaseLost("fenced_out", text)
        return refused

    def _of_tenant(self, *parts: str) -> str:
        return joined(self._tenant, *parts)

    def _of_mapping(self, kind: str, campaign_id: str, group_id: str) -> str:
        return joined(self._tenant, kind, self._connection, campaign_id, group_id)
