"""Login states and grants. Only oauth_callback may reach this table.

::

    pk                      sk      what
    state#{hash}            state   a started login; expires, and is taken once
    {t}#grant#{connection}  grant   the sealed tokens; after removal only its version remains
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute

from crmsync.adapters.dynamodb.documents import text_of, value_of
from crmsync.adapters.dynamodb.keys import joined, time_text
from crmsync.adapters.dynamodb.rows import Keys, OptionalText, Row
from crmsync.adapters.dynamodb.table import Table
from crmsync.ports.grants import Grant, LoginState


class StateRow(Row):
    """A login; the code comes later. `expires_at` lets DynamoDB clear it away, always late."""

    document = UnicodeAttribute()
    sealed_verifier = BinaryAttribute(legacy_encoding=False)
    sealed_code = BinaryAttribute(null=True, legacy_encoding=False)
    receipt_hash = OptionalText()
    valid_until = UnicodeAttribute()
    expires_at = NumberAttribute()


class GrantRow(Row):
    """A grant; `version` never goes back, so a refresher of an earlier grant finds it moved."""

    document = OptionalText()
    sealed_refresh = BinaryAttribute(null=True, legacy_encoding=False)
    sealed_access = BinaryAttribute(null=True, legacy_encoding=False)
    version = NumberAttribute()


class DynamoGrants:
    """`Grants` in the tokens table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put_state(self, state: LoginState) -> None:
        """Store a started login."""
        row = StateRow(
            *_state_keys(state.state_hash),
            document=text_of(replace(state, sealed_verifier=b"", sealed_code=None)),
            sealed_verifier=state.sealed_verifier,
            sealed_code=state.sealed_code,
            receipt_hash=state.receipt_hash,
            valid_until=time_text(state.expires_at),
            expires_at=int(state.expires_at.timestamp()) + 1,
        )
        self._table.put(row)

    def park_code(
        self, state_hash: str, sealed_code: bytes, receipt_hash: str, now: datetime
    ) -> LoginState | None:
        """Attach the code once; None when the state is unknown, expired or has a code already."""
        keys = _state_keys(state_hash)
        actions = [StateRow.sealed_code.set(sealed_code), StateRow.receipt_hash.set(receipt_hash)]
        live = (StateRow.valid_until > time_text(now)) & StateRow.sealed_code.does_not_exist()
        parked = self._table.update(StateRow, keys, actions, live)
        if parked is None:
            # The receipt is fresh and secret: if it is there, the refusal is of our own repeat.
            stored = self._table.get(StateRow, keys)
            parked = stored if stored and stored.receipt_hash == receipt_hash else None
        return _state_of(parked) if parked else None

    def get_state(self, state_hash: str) -> LoginState | None:
        """A started login, strongly consistent, or None; also one that has expired."""
        row = self._table.get(StateRow, _state_keys(state_hash))
        return _state_of(row) if row else None

    def take_state(self, state_hash: str) -> LoginState | None:
        """Remove and return it; None when it is gone. Of two callers only one gets it."""
        row = self._table.take(StateRow, _state_keys(state_hash))
        return _state_of(row) if row else None

    def get(self, tenant_id: str, connection_id: str) -> Grant | None:
        """The grant, strongly consistent."""
        row = self._table.get(GrantRow, _grant_keys(tenant_id, connection_id))
        return _grant_of(row) if row else None

    def put(self, grant: Grant) -> Grant | None:
        """Store if `version` is current (0: replace whatever is there); None when it moved."""
        keys = _grant_keys(grant.tenant_id, grant.connection_id)
        actions = [
            GrantRow.document.set(text_of(replace(grant, sealed_refresh=b"", sealed_access=b""))),
            GrantRow.sealed_refresh.set(grant.sealed_refresh),
            GrantRow.sealed_access.set(grant.sealed_access),
            GrantRow.version.add(1),
        ]
        current = (GrantRow.version == grant.version) & GrantRow.document.exists()
        row = self._table.update(GrantRow, keys, actions, current if grant.version else None)
        if row is not None:
            return _grant_of(row)
        stored = self.get(grant.tenant_id, grant.connection_id)
        # Refused by our own write, whose answer was lost: sealed tokens are never alike by chance.
        return stored if stored == replace(grant, version=grant.version + 1) else None

    def remove(self, tenant_id: str, connection_id: str) -> None:
        """Forget the grant, tokens and all."""
        gone = [
            GrantRow.document.remove(),
            GrantRow.sealed_refresh.remove(),
            GrantRow.sealed_access.remove(),
            GrantRow.version.add(1),
        ]
        self._table.update(GrantRow, _grant_keys(tenant_id, connection_id), gone)


def _state_keys(state_hash: str) -> Keys:
    return joined("state", state_hash), "state"


def _grant_keys(tenant_id: str, connection_id: str) -> Keys:
    return joined(tenant_id, "grant", connection_id), "grant"


def _state_of(row: StateRow) -> LoginState:
    return replace(
        value_of(LoginState, row.document),
        sealed_verifier=row.sealed_verifier,
        sealed_code=row.sealed_code,
        receipt_hash=row.receipt_hash,
    )


def _grant_of(row: GrantRow) -> Grant | None:
    if row.document is None:
        return None
    return replace(
        value_of(Grant, row.document),
        sealed_refresh=row.sealed_refresh,
        sealed_access=row.sealed_access,
        version=int(row.version),
    )
