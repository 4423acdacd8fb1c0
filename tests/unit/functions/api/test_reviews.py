from __future__ import annotations

from collections.abc import Callable

import pytest
from crmsync.domain.connection import Connection
from crmsync.domain.identity import Decisions

from tests.fakes.builders import a_review
from tests.fakes.world import World
from tests.unit.functions.api.people import Api, User

ANN = {
    "review_id": "rev_1",
    "contact_id": None,
    "person_id": "003P",
    "subject": {"id": "003P", "name": "Ann Lee"},
    "candidates": ({"id": "c_1", "name": "Ann"}, {"id": "c_2", "name": "Andy"}),
}
Ask = Callable[..., str]
Known = Callable[..., dict[str, Decisions]]


@pytest.fixture
def ask(world: World, connection: Connection) -> Ask:
    """Open a question, unless told otherwise whether Ann is one of two; where it is answered."""

    def asked(**changes: object) -> str:
        review = a_review(**{**ANN, "connection_id": connection.id, **changes})
        world.reviews.open([review])
        return f"reviews/{review.id}"

    return asked


@pytest.fixture
def question(ask: Ask) -> str:
    """Is the person Ann the contact Ann, or Andy?"""
    return ask()


@pytest.fixture
def known(world: World, connection: Connection) -> Known:
    """What was decided about records."""

    def decided(*keys: str) -> dict[str, Decisions]:
        return dict(world.state_of(connection).decisions(keys))

    return decided


@pytest.mark.usefixtures("question")
def test_open_questions_are_listed_with_their_candidates(
    advisor: User, connection: Connection
) -> None:
    item = advisor.get(f"connections/{connection.id}/reviews").body["items"][0]

    assert (item["kind"], item["subject"]["name"]) == ("match", "Ann Lee")
    assert [candidate["id"] for candidate in item["candidates"]] == ["c_1", "c_2"]


def test_the_same_person_is_remembered_from_both_ends(
    advisor: User, question: str, known: Known, connection: Connection
) -> None:
    answer = advisor.post(question, {"decision": "same", "candidate_id": "c_1"})

    assert (answer.status, answer.body["decision"]) == (200, "same:c_1")
    decided = known("003P", "c_1")
    assert decided["003P"].same == {"c_1"}
    assert decided["c_1"].same == {"003P"}
    assert advisor.get(f"connections/{connection.id}/reviews").body["items"] == []


@pytest.mark.parametrize(
    ("answer", "mirrored"),
    [
        ({"decision": "same", "candidate_id": "c_1"}, "same:003P"),
        ({"decision": "different"}, "different"),
        ({"decision": "different", "candidate_id": "c_1"}, "different"),
        ({"decision": "create"}, "different"),
        ({"decision": "skip"}, None),
        ({"decision": "same", "candidate_id": "c_2"}, None),
    ],
)
def test_the_same_question_from_the_other_side_is_closed_with_it(
    advisor: User,
    question: str,
    ask: Ask,
    world: World,
    answer: dict[str, str],
    mirrored: str | None,
) -> None:
    ends = {"contact_id": "c_1", "person_id": None, "candidates": ({"id": "003P"},)}
    ask(review_id="rev_2", **ends)

    advisor.post(question, answer)

    mirror = world.reviews.get("t1", "rev_2")
    assert mirror is not None
    assert mirror.decision == mirrored


def test_a_question_that_offers_somebody_else_too_stays_open(
    advisor: User, question: str, ask: Ask, connection: Connection
) -> None:
    others = ({"id": "003P"}, {"id": "003Q"})
    ask(review_id="rev_2", contact_id="c_1", person_id=None, candidates=others)

    advisor.post(question, {"decision": "different"})

    listed = advisor.get(f"connections/{connection.id}/reviews").body["items"]
    assert [item["id"] for item in listed] == ["rev_2"]


@pytest.mark.parametrize(("decision", "created"), [("different", False), ("create", True)])
def test_somebody_different_or_created_is_none_of_the_candidates(
    advisor: User, question: str, known: Known, decision: str, *, created: bool
) -> None:
    advisor.post(question, {"decision": decision})

    decided = known("003P", "c_1", "c_2")
    assert (decided["003P"].create, decided["003P"].different) == (created, {"c_1", "c_2"})
    assert decided["c_1"].different == decided["c_2"].different == {"003P"}
    assert not decided["c_1"].create


@pytest.mark.parametrize("decision", ["create", "skip"])
def test_a_new_person_is_created_or_skipped_for_good(
    advisor: User, ask: Ask, known: Known, decision: str
) -> None:
    question = ask(kind="new_person", contact_id="c_9", person_id=None, candidates=())

    advisor.post(question, {"decision": decision})

    decided = known("c_9")["c_9"]
    assert (decided.create, decided.skip) == (decision == "create", decision == "skip")


def test_an_earlier_decision_about_somebody_else_is_kept(
    advisor: User, question: str, ask: Ask, known: Known
) -> None:
    another = ask(review_id="rev_2", candidates=({"id": "c_3"},))
    advisor.post(question, {"decision": "different", "candidate_id": "c_2"})

    advisor.post(another, {"decision": "same", "candidate_id": "c_3"})

    decided = known("003P")["003P"]
    assert (decided.different, decided.same) == ({"c_2"}, {"c_3"})


def test_the_same_answer_again_is_fine_and_another_one_is_not(advisor: User, question: str) -> None:
    answer = {"decision": "same", "candidate_id": "c_1"}
    advisor.post(question, answer)

    assert advisor.post(question, answer).status == 200
    assert advisor.post(question, {"decision": "skip"}).code == "already_decided"


@pytest.mark.parametrize(
    ("kind", "body", "pointer"),
    [
        ("match", {"decision": "same"}, "/candidate_id"),
        ("match", {"decision": "same", "candidate_id": "c_9"}, "/candidate_id"),
        ("match", {"decision": "maybe"}, "/decision"),
        ("match", {}, "/decision"),
        ("new_person", {"decision": "same", "candidate_id": "c_1"}, "/decision"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused_at_its_pointer(
    advisor: User, ask: Ask, known: Known, kind: str, body: object, pointer: str
) -> None:
    question = ask(kind=kind)

    refused = advisor.post(question, body)

    assert (refused.status, refused.pointers) == (422, [pointer])
    assert known("003P") == {}


def test_nobody_else_sees_or_answers_a_question(
    api: Api, question: str, connection: Connection
) -> None:
    for stranger in (api.user("advisor-u2"), api.user("advisor-u1", "t2")):
        assert stranger.post(question, {"decision": "skip"}).code == "no_such_review"
    assert api.admin().post(question, {"decision": "skip"}).code == "read_only_role"
    assert api.admin().get(f"connections/{connection.id}/reviews").body["items"]


def test_open_questions_come_page_by_page(advisor: User, ask: Ask, connection: Connection) -> None:
    for number in range(5):
        ask(review_id=f"rev_{number}", person_id=f"003{number}")

    path = f"connections/{connection.id}/reviews?limit=2"
    read, page = [], advisor.get(path).body
    read += page["items"]
    while page["cursor"] is not None:
        page = advisor.get(f"{path}&cursor={page['cursor']}").body
        read += page["items"]

    assert [item["id"] for item in read] == [f"rev_{number}" for number in range(5)]
