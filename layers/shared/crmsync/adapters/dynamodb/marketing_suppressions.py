"""Suppressions: addresses that must not be mailed, whoever holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmsync.adapters.dynamodb.keys import time_of, time_text
from crmsync.adapters.dynamodb.marketing_rows import ONLY, LiftRow, SuppressionRow
from crmsync.adapters.dynamodb.rows import Keys
from crmsync.adapters.dynamodb.tenant_store import TenantStore
from crmsync.domain.contact import Suppression
from crmsync.domain.fields import address_key


class SuppressionStore(TenantStore):
    """The suppression part of `Marketing`."""

    def suppress(self, addresses: Sequence[str], source: str) -> None:
        """Never mail these addresses again; a repeat keeps the first."""
        wanted = {address_key(address) for address in addresses} - {""}
        known = self.suppressions(sorted(wanted))
        since = time_text(self._now())
        rows = [
            SuppressionRow(*self._suppression_keys(address), source=source, since=since)
            for address in sorted(wanted - known.keys())
        ]
        first = SuppressionRow.since.does_not_exist()
        self._table.database.each(lambda row: self._table.put(row, first), rows)

    def suppressions(self, addresses: Sequence[str]) -> Mapping[str, Suppression]:
        """Which of these normalised addresses are suppressed; strongly consistent."""
        keys = {self._suppression_keys(address): address for address in addresses if address}
        found: dict[str, Suppression] = {}
        for row in self._table.get_many(SuppressionRow, keys):
            if row.since:
                address = keys[row.pk, row.sk]
                found[address] = Suppression(address, row.source or "", time_of(row.since))
        return found

    def lift_suppression(self, address: str, evidence: str, actor: str) -> None:
        """Allow mailing again on a person's own word, which is kept; only the API calls this."""
        keys = self._suppression_keys(address_key(address))
        row = self._table.get(SuppressionRow, keys)
        if row is None or row.since is None:
            return
        lifting = self._table.database.transaction()
        lift = LiftRow(keys[0], time_text(self._now()), evidence=evidence, actor=actor)
        lifting.put(self._table, lift, "lift")
        unchanged = SuppressionRow.since == row.since
        lifting.put(self._table, SuppressionRow(*keys), "suppression", unchanged)
        if lifting.commit():
            self.lift_suppression(address, evidence, actor)

    def _suppression_keys(self, address: str) -> Keys:
        return self._key("suppression", address), ONLY
