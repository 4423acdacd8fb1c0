"""Questions to people: each once, and again only when somebody new is in question."""

from __future__ import annotations

import pytest
from crmsync.domain.caller import Caller, Role
from crmsync.ports.reviews import Review
from crmsync.services.answer_reviews import Answer, AnswerReviews
from crmsync.services.see_connections import SeeConnections

from tests.unit.docs.stage import ADA, ME, Stage

HOME = ADA["email"]


@pytest.fixture
def stage() -> Stage:
    """Ada is in the campaign; a spouse of hers has the same address in the group."""
    made = Stage()
    made.org.join(made.campaign.id, made.org.add_person(ME, **ADA).id)
    joins(made, "c_bob", "Bob")
    made.sync()
    return made


def joins(stage: Stage, contact_id: str, first_name: str) -> None:
    values = {"first_name": first_name, "last_name": "Byron", "email": HOME}
    stage.tenant.user_adds(contact_id, stage.group.id, **values)


def asked(stage: Stage) -> list[Review]:
    return list(stage.world.reviews.list("t1", stage.connection.id))


def answers_all(stage: Stage, answer: Answer) -> None:
    caller = Caller("t1", stage.connection.user_id, frozenset({Role.ADVISOR}))
    see = SeeConnections(stage.world.connections, caller)
    service = AnswerReviews(see, stage.world.reviews, stage.world.state_of)
    for review in asked(stage):
        service.answer(review.id, answer, None)


def test_a_question_that_waits_is_not_asked_again(stage: Stage) -> None:
    before = asked(stage)

    stage.sync()

    assert before
    assert asked(stage) == before


def test_an_answer_settles_the_question(stage: Stage) -> None:
    answers_all(stage, Answer.DIFFERENT)

    stage.sync()

    assert asked(stage) == []


def test_somebody_new_of_the_address_is_asked_about_although_others_were_ruled_out(
    stage: Stage,
) -> None:
    answers_all(stage, Answer.SKIP)
    answers_all(stage, Answer.DIFFERENT)
    joins(stage, "c_cleo", "Cleo")

    stage.sync()

    assert asked(stage)
