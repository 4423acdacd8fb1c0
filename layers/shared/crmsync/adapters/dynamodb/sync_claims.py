"""Claims to create a person, and what people decided; both outlive every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmsync.adapters.dynamodb.documents import text_of, value_of
from crmsync.adapters.dynamodb.fenced_store import ROOM, FencedStore
from crmsync.adapters.dynamodb.keys import time_text
from crmsync.adapters.dynamodb.rows import Keys
from crmsync.adapters.dynamodb.sync_rows import ClaimRow, DocumentRow
from crmsync.domain.identity import Decisions
from crmsync.ports.state import CLAIM_LASTS, Claim


class ClaimStore(FencedStore):
    """The claim and decision part of `SyncState`."""

    def claims(self, contact_ids: Sequence[str]) -> Mapping[str, Claim]:
        """The claims that exist, by contact id; strongly consistent."""
        rows = self._table.get_many(ClaimRow, map(self._claim_keys, contact_ids))
        claims = [value_of(Claim, row.document) for row in rows]
        return {claim.contact_id: claim for claim in claims}

    def claim(self, claims: Sequence[Claim]) -> tuple[Claim, ...]:
        """Take the right to create; for each the claim that holds now, ours or an earlier one.

        A claim of the same holder, or one that has lapsed, is replaced by the new one.
        """
        held: dict[str, Claim] = {}
        for start in range(0, len(claims), ROOM):
            held |= self._claim_chunk(claims[start : start + ROOM])
        return tuple(held[claim.contact_id] for claim in claims)

    def release_claims(self, contact_ids: Sequence[str]) -> None:
        """Give claims up: the link exists, or nothing was created."""
        ids = sorted(set(contact_ids))
        for start in range(0, len(ids), ROOM):
            releasing = self._begin()
            for contact_id in ids[start : start + ROOM]:
                releasing.delete(self._table, self._claim_keys(contact_id), contact_id)
            self._commit(releasing)

    def decisions(self, keys: Sequence[str]) -> Mapping[str, Decisions]:
        """What people decided, by contact or person id; strongly consistent."""
        places = {self._decision_keys(key): key for key in keys}
        rows = self._table.get_many(DocumentRow, places)
        return {places[row.pk, row.sk]: value_of(Decisions, row.document) for row in rows}

    def put_decision(self, key: str, decisions: Decisions) -> None:
        """Remember a decision for good."""
        deciding = self._begin()
        row = DocumentRow(*self._decision_keys(key), document=text_of(decisions))
        deciding.put(self._table, row, key)
        self._commit(deciding)

    def _claim_chunk(self, claims: Sequence[Claim]) -> dict[str, Claim]:
        waiting = {claim.contact_id: claim for claim in claims}
        wanted, refused = dict(waiting), frozenset({""})
        while waiting and refused:
            claiming = self._begin()
            for claim in waiting.values():
                free = ClaimRow.pk.does_not_exist() | (ClaimRow.holder == claim.holder)
                free |= ClaimRow.claimed_at <= time_text(claim.claimed_at - CLAIM_LASTS)
                claiming.put(self._table, self._claim_row(claim), claim.contact_id, free)
            refused = self._commit(claiming)
            waiting = {i: claim for i, claim in waiting.items() if i not in refused}
        held = {**waiting, **self.claims([i for i in wanted if i not in waiting])}
        released = [claim for i, claim in wanted.items() if i not in held]
        return {**held, **self._claim_chunk(released)} if released else held

    def _claim_row(self, claim: Claim) -> ClaimRow:
        keys = self._claim_keys(claim.contact_id)
        at = time_text(claim.claimed_at)
        return ClaimRow(*keys, document=text_of(claim), holder=claim.holder, claimed_at=at)

    def _claim_keys(self, contact_id: str) -> Keys:
        return self._of_tenant("claim", self._org, contact_id), "claim"

    def _decision_keys(self, key: str) -> Keys:
        return self._of_tenant("decisions", self._connection, key), "decisions"
