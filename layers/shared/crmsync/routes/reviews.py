"""Questions that only a person can answer."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from crmsync.ports.reviews import Review
from crmsync.routes.mapping_models import IdText
from crmsync.routes.paging import opened, sealed
from crmsync.routes.registry import AtDesk, Cursor, Id, Limit, Routes
from crmsync.services.answer_reviews import Answer

routes = Routes("reviews")


class ReviewAnswer(BaseModel):
    """A question. `subject` is the record it is about, `candidates` whom it could be."""

    id: str
    kind: str
    connection_id: str
    contact_id: str | None
    person_id: str | None
    subject: dict[str, str]
    candidates: list[dict[str, str]]
    decision: str | None
    created_at: datetime


class ReviewList(BaseModel):
    """The open questions of a connection, oldest first."""

    items: list[ReviewAnswer]
    cursor: str | None


class DecisionBody(BaseModel):
    """The answer; `same` needs the candidate, `different` without one means all of them."""

    model_config = ConfigDict(extra="forbid")

    decision: Answer
    candidate_id: IdText | None = None


@routes.answer("GET", "/api/connections/<connection_id>/reviews", ReviewList)
def list_reviews(
    desk: AtDesk, connection_id: Id, cursor: Cursor = None, limit: Limit = 50
) -> ReviewList:
    """List the undecided ones."""
    scope = f"reviews of {connection_id}"
    page = desk.reviews.open(connection_id, opened(scope, cursor), limit)
    items = [_answer(each) for each in page.items]
    return ReviewList(items=items, cursor=sealed(scope, page.cursor))


@routes.answer("POST", "/api/reviews/<review_id>", ReviewAnswer)
def decide_review(desk: AtDesk, review_id: Id, body: DecisionBody) -> ReviewAnswer:
    """Decide for good; the next run acts on it. The same decision again changes nothing."""
    return _answer(desk.reviews.answer(review_id, body.decision, body.candidate_id))


def _answer(review: Review) -> ReviewAnswer:
    return ReviewAnswer(
        id=review.id,
        kind=review.kind,
        connection_id=review.connection_id,
        contact_id=review.contact_id,
        person_id=review.person_id,
        subject=dict(review.subject),
        candidates=[dict(each) for each in review.candidates],
        decision=review.decision,
        created_at=review.created_at,
    )
