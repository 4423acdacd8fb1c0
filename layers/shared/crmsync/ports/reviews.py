"""What waits for a person's word: who is who, and who may be created."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Review:
    """A question for a person: is this the same human, or may this new person be created?

    `kind` is `match` or `new_person`; `contact_id` or `person_id` is the record in question.
    `candidates` are plain descriptions `{id, name, email, ...}` as they were when asked.
    """

    id: str
    tenant_id: str
    connection_id: str
    kind: str
    contact_id: str | None
    person_id: str | None
    subject: Mapping[str, str]
    candidates: tuple[Mapping[str, str], ...]
    created_at: datetime
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Undecided reviews of a connection, oldest first; `cursor` is None on the last page."""

    items: tuple[Review, ...]
    cursor: str | None


class Reviews(Protocol):
    """Questions that only a person can answer."""

    def open(self, reviews: Sequence[Review]) -> None:
        """Ask each once; one with the same id that exists already is left as it is."""
        ...

    def get(self, tenant_id: str, review_id: str) -> Review | None:
        """One review, or None."""
        ...

    def list(self, tenant_id: str, connection_id: str) -> tuple[Review, ...]:
        """The undecided ones, oldest first."""
        ...

    def page(
        self, tenant_id: str, connection_id: str, cursor: str | None, limit: int
    ) -> ReviewPage:
        """The same, page by page."""
        ...

    def decide(self, review: Review, decision: str) -> None:
        """Record the decision."""
        ...
