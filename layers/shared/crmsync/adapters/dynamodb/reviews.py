"""Questions that only a person can answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from crmsync.adapters.dynamodb.control_rows import ReviewEntryRow, ReviewRow
from crmsync.adapters.dynamodb.documents import text_of, value_of
from crmsync.adapters.dynamodb.keys import joined, time_text
from crmsync.adapters.dynamodb.queries import Query
from crmsync.adapters.dynamodb.rows import Keys, place_after
from crmsync.adapters.dynamodb.table import Table
from crmsync.adapters.dynamodb.transaction import MOST
from crmsync.ports.clock import Clock
from crmsync.ports.reviews import Review, ReviewPage

ENTRY_KEPT = timedelta(days=7)
"""How long a decided question stays in the list's partition, where it is left out by then."""


_REVIEWS_AT_ONCE = MOST // 2
"""A question takes two writes: itself, and its place in the list."""


class DynamoReviews:
    """`Reviews` in the control table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def open(self, reviews: Sequence[Review]) -> None:
        """Ask each once; one with the same id that exists already is left as it is."""
        waiting = list({(review.tenant_id, review.id): review for review in reviews}.values())
        for start in range(0, len(waiting), _REVIEWS_AT_ONCE):
            self._open(waiting[start : start + _REVIEWS_AT_ONCE])

    def get(self, tenant_id: str, review_id: str) -> Review | None:
        """One review, strongly consistent, or None."""
        row = self._table.get(ReviewRow, _keys(tenant_id, review_id))
        return _review_of(row) if row else None

    def list(self, tenant_id: str, connection_id: str) -> tuple[Review, ...]:
        """The undecided ones, oldest first; strongly consistent."""
        entries = self._table.rows(_entries_of(tenant_id, connection_id))
        return self._undecided(tenant_id, entries)

    def page(
        self, tenant_id: str, connection_id: str, cursor: str | None, limit: int
    ) -> ReviewPage:
        """The same page by page; `cursor` is the place the page comes after."""
        query = _entries_of(tenant_id, connection_id)
        after = place_after(query.pk, cursor)
        entries, last = self._table.some(query, after=after, limit=limit)
        return ReviewPage(self._undecided(tenant_id, entries), last)

    def decide(self, review: Review, decision: str) -> None:
        """Record the decision; the last one counts."""
        keys = _keys(review.tenant_id, review.id)
        deciding = self._table.database.transaction()
        decided = [ReviewRow.decision.set(decision)]
        deciding.update(self._table, keys, decided, "review", ReviewRow.pk.exists())
        expires_at = int((self._clock.now() + ENTRY_KEPT).timestamp())
        gone = [ReviewEntryRow.decided.set(True), ReviewEntryRow.expires_at.set(expires_at)]
        entry = _entry(review)
        deciding.update(
            self._table, (entry.pk, entry.sk), gone, "entry", ReviewEntryRow.pk.exists()
        )
        deciding.commit()

    def _undecided(self, tenant_id: str, entries: Iterable[ReviewEntryRow]) -> tuple[Review, ...]:
        """The reviews of these entries that nobody decided since."""
        keys = [_keys(tenant_id, entry.review_id) for entry in entries]
        reviews = map(_review_of, self._table.get_many(ReviewRow, keys))
        open_ones = [review for review in reviews if review.decision is None]
        return tuple(sorted(open_ones, key=lambda review: (review.created_at, review.id)))

    def _open(self, reviews: Sequence[Review]) -> None:
        """Those that exist refuse the others with them, so the others are asked again alone."""
        known = frozenset({""})
        while reviews and known:
            opening = self._table.database.transaction()
            for review in reviews:
                row = ReviewRow(*_keys(review.tenant_id, review.id), document=text_of(review))
                opening.put(self._table, row, review.id, ReviewRow.pk.does_not_exist())
                opening.put(self._table, _entry(review), review.id)
            known = opening.commit()
            reviews = [review for review in reviews if review.id not in known]


def _entries_of(tenant_id: str, connection_id: str) -> Query[ReviewEntryRow]:
    pk = joined(tenant_id, "reviews", connection_id)
    undecided = ReviewEntryRow.decided.does_not_exist()
    return Query(ReviewEntryRow, pk, where=undecided, consistent=True)


def _entry(review: Review) -> ReviewEntryRow:
    pk = joined(review.tenant_id, "reviews", review.connection_id)
    sk = joined(time_text(review.created_at), review.id)
    return ReviewEntryRow(pk, sk, review_id=review.id)


def _keys(tenant_id: str, review_id: str) -> Keys:
    return joined(tenant_id, "review", review_id), "review"


def _review_of(row: ReviewRow) -> Review:
    return replace(value_of(Review, row.document), decision=row.decision)
