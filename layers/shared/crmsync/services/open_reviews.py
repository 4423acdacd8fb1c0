"""Ask people what a run could not decide: one review for each unit that waits for an answer.

A review's id is derived from its unit and from whom people said it is not, so asking again opens no
second one, and a candidate who turned up after an answer is asked about anew. It must not know how
answers are taken, nor why the unit could not be decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmsync.domain.change import Change
from crmsync.domain.contact import Contact
from crmsync.domain.identity import NO_DECISIONS, Decisions
from crmsync.domain.ids import derived_id
from crmsync.domain.person import Person
from crmsync.ports.reviews import Review
from crmsync.services.work import Work

REVIEW_KINDS = {"needs_review": "match", "new_person_review": "new_person"}
SHOWN = ("first_name", "last_name", "email", "phone", "company", "city")
"""What a person needs to tell two records apart."""


class OpenReviews:
    """Opens the reviews of the run in hand."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def open(self, part: Sequence[Change]) -> None:
        """Open a review for each result that asks for one, with what its candidates look like."""
        asked = [c for c in part if c.reason in REVIEW_KINDS]
        if not asked:
            return
        ids = sorted({i for c in asked for i in c.candidates})
        contacts = self._work.marketing.contacts(ids)
        others = [i for i in ids if i not in contacts]
        people = self._work.crm.look([], others).people if others else {}
        known = {i: _shown(c) for i, c in contacts.items()}
        known |= {i: _shown(p) for i, p in people.items()}
        answered = self._work.state.decisions(sorted(set(map(_subject, asked))))
        self._work.ports.reviews.open([self._review(c, known, answered) for c in asked])

    def _review(
        self,
        change: Change,
        known: dict[str, dict[str, str]],
        answered: Mapping[str, Decisions],
    ) -> Review:
        subject = change.person or change.contact
        ruled_out = answered.get(_subject(change), NO_DECISIONS).different
        return Review(
            id=self._id(_subject(change), ruled_out),
            tenant_id=self._work.run.tenant_id,
            connection_id=self._work.connection.id,
            kind=REVIEW_KINDS[change.reason],
            contact_id=change.contact_id,
            person_id=change.person_id,
            subject=_shown(subject) if subject else {},
            candidates=tuple(known.get(i, {"id": i}) for i in change.candidates),
            created_at=self._work.ports.clock.now(),
        )

    def _id(self, subject: str, ruled_out: frozenset[str]) -> str:
        first = derived_id("rev", self._work.connection.id, subject)
        if not ruled_out:
            return first
        earlier = self._work.ports.reviews.get(self._work.run.tenant_id, first)
        answered = earlier is not None and earlier.decision is not None
        return derived_id("rev", first, *sorted(ruled_out)) if answered else first


def _subject(change: Change) -> str:
    return change.person_id or change.contact_id or ""


def _shown(record: Person | Contact) -> dict[str, str]:
    return {"id": record.id} | {n: record.value(n) for n in SHOWN if record.value(n)}
