"""Questions only a person can answer, and what their answers mean for matching, for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from crmsync.domain.connection import Connection
from crmsync.domain.errors import Conflict, Invalid, NotFound
from crmsync.domain.identity import NO_DECISIONS, Decisions
from crmsync.ports.reviews import Review, ReviewPage, Reviews
from crmsync.ports.state import SyncState
from crmsync.services.see_connections import SeeConnections


class Answer(StrEnum):
    """What a person may decide."""

    SAME = "same"
    DIFFERENT = "different"
    CREATE = "create"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class AnswerReviews:
    """Lists and answers the reviews of one caller's connections."""

    see: SeeConnections
    reviews: Reviews
    state_of: Callable[[Connection], SyncState]

    def open(self, connection_id: str, cursor: str | None, limit: int) -> ReviewPage:
        """The undecided ones, oldest first."""
        connection = self.see.one(connection_id)
        return self.reviews.page(connection.tenant_id, connection.id, cursor, limit)

    def answer(self, review_id: str, answer: Answer, candidate_id: str | None) -> Review:
        """Remember the decision for every run to come; the same answer again changes nothing."""
        connection, review = self._own(review_id)
        said = f"{answer.value}:{candidate_id}" if candidate_id else answer.value
        if review.decision is not None:
            return _same_again(review, said)
        chosen = _chosen(review, answer, candidate_id)
        self._remember(self.state_of(connection), review, answer, chosen)
        self._close_mirrors(review, answer, chosen)
        self.reviews.decide(review, said)
        return replace(review, decision=said)

    def _own(self, review_id: str) -> tuple[Connection, Review]:
        review = self.reviews.get(self.see.caller.tenant_id, review_id)
        if review is None:
            raise _no_such_review(review_id)
        try:
            return self.see.own(review.connection_id), review
        except NotFound as error:
            raise _no_such_review(review_id) from error

    def _remember(
        self, state: SyncState, review: Review, answer: Answer, chosen: frozenset[str]
    ) -> None:
        """On the record asked about and on those it was compared with: either may be met first."""
        subject = _subject(review)
        known = state.decisions([subject, *sorted(chosen)])
        decided = _with(known.get(subject, NO_DECISIONS), answer, chosen)
        for other in sorted(chosen):
            said = Answer.SAME if answer is Answer.SAME else Answer.DIFFERENT
            mirrored = _with(known.get(other, NO_DECISIONS), said, frozenset({subject}))
            state.put_decision(other, mirrored)
        state.put_decision(subject, decided)

    def _close_mirrors(self, review: Review, answer: Answer, chosen: frozenset[str]) -> None:
        """The same question asked from the other record needs no second answer."""
        subject = _subject(review)
        for other in self.reviews.list(review.tenant_id, review.connection_id) if chosen else ():
            offered = {each["id"] for each in other.candidates}
            if _subject(other) not in chosen or subject not in offered:
                continue
            if answer is Answer.SAME:
                self.reviews.decide(other, f"{Answer.SAME}:{subject}")
            elif offered == {subject}:
                self.reviews.decide(other, Answer.DIFFERENT.value)


def _subject(review: Review) -> str:
    return review.contact_id or review.person_id or ""


def _chosen(review: Review, answer: Answer, candidate_id: str | None) -> frozenset[str]:
    """Whom the answer is about: one for `same`, one or all for `different`, all for `create`."""
    if review.kind != "match" and answer in {Answer.SAME, Answer.DIFFERENT}:
        text = "Nobody else is in question here. Decide create or skip."
        raise Invalid("no_candidates", text, at="/decision")
    offered = frozenset(each["id"] for each in review.candidates)
    if candidate_id is not None and candidate_id not in offered:
        text = f"'{candidate_id}' is none of the candidates. Choose one of them."
        raise Invalid("no_such_candidate", text, at="/candidate_id")
    if answer is Answer.SAME and candidate_id is None:
        text = "Say which of the candidates it is."
        raise Invalid("candidate_required", text, at="/candidate_id")
    if answer is Answer.SKIP:
        return frozenset()
    one = candidate_id is not None and answer is not Answer.CREATE
    return frozenset({candidate_id or ""}) if one else offered


def _with(known: Decisions, answer: Answer, others: frozenset[str]) -> Decisions:
    match answer:
        case Answer.SAME:
            return replace(known, same=known.same | others, different=known.different - others)
        case Answer.DIFFERENT:
            return replace(known, different=known.different | others, same=known.same - others)
        case Answer.CREATE:
            different = known.different | others
            return replace(known, create=True, skip=False, different=different)
        case Answer.SKIP:
            return replace(known, skip=True, create=False)


def _same_again(review: Review, said: str) -> Review:
    if review.decision == said:
        return review
    text = f"This was decided already, '{review.decision}', and stays so."
    raise Conflict("already_decided", text)


def _no_such_review(review_id: str) -> NotFound:
    return NotFound("no_such_review", f"There is no review '{review_id}' that you can see.")
