from __future__ import annotations

import pytest
from crmsync.domain.connection import Connection
from crmsync.domain.identity import Decisions
from crmsync.ports.control import Review

from tests.fakes.world import World
from tests.unit.functions.api.people import Api, User


def ask(world: World, connection: Connection, kind: str = "match", **changes: object) -> Review:
    review = Review(
        **{
            "id": "rev_1",
            "tenant_id": connection.tenant_id,
            "connection_id": connection.id,
            "kind": kind,
            "contact_id": None,
            "person_id": "003P",
            "subject": {"id": "003P", "name": "Ann Lee"},
            "candidates": ({"id": "c_1", "name": "Ann"}, {"id": "c_2", "name": "Andy"}),
            "created_at": world.clock.now(),
            **changes,
        }
    )
    world.reviews.open([review])
    return review


def known(world: World, connection: Connection, *keys: str) -> dict[str, Decisions]:
    return dict(world.state_of(connection).decisions(keys))


def test_open_questions_are_listed_with_their_candidates(
    advisor: User, world: World, connection: Connection
) -> None:
    ask(world, connection)

    item = advisor.get(f"connections/{connection.id}/reviews").body["items"][0]

    assert (item["kind"], item["subject"]["name"]) == ("match", "Ann Lee")
    assert [candidate["id"] for candidate in item["candidates"]] == ["c_1", "c_2"]


def test_the_same_person_is_remembered_from_both_ends(
    advisor: User, world: World, connection: Connection
) -> None:
    ask(world, connection)

    answer = advisor.post("reviews/rev_1", {"decision": "same", "candidate_id": "c_1"})

    assert (answer.status, answer.body["decision"]) == (200, "same:c_1")
    decided = known(world, connection, "003P", "c_1")
    assert decided["003P"].same == {"c_1"}
    assert decided["c_1"].same == {"003P"}
    assert advisor.get(f"connections/{connection.id}/reviews").body["items"] == []


def test_different_without_a_candidate_means_all_of_them(
    advisor: User, world: World, connection: Connection
) -> None:
    ask(world, connection)

    advisor.post("reviews/rev_1", {"decision": "different"})

    decided = known(world, connection, "003P", "c_1", "c_2")
    assert decided["003P"].different == {"c_1", "c_2"}
    assert decided["c_2"].different == {"003P"}


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
    world: World,
    connection: Connection,
    answer: dict[str, str],
    mirrored: str | None,
) -> None:
    ask(world, connection)
    ends = {"contact_id": "c_1", "person_id": None, "candidates": ({"id": "003P"},)}
    ask(world, connection, id="rev_2", **ends)

    advisor.post("reviews/rev_1", answer)

    mirror = world.reviews.get(connection.tenant_id, "rev_2")
    assert mirror is not None
    assert mirror.decision == mirrored


def test_a_question_that_offers_somebody_else_too_stays_open(
    advisor: User, world: World, connection: Connection
) -> None:
    ask(world, connection)
    others = ({"id": "003P"}, {"id": "003Q"})
    ask(world, connection, id="rev_2", contact_id="c_1", person_id=None, candidates=others)

    advisor.post("reviews/rev_1", {"decision": "different"})

    listed = advisor.get(f"connections/{connection.id}/reviews").body["items"]
    assert [item["id"] for item in listed] == ["rev_2"]


def test_somebody_created_is_none_of_the_candidates(
    advisor: User, world: World, connection: Connection
) -> None:
    ask(world, connection)

    advisor.post("reviews/rev_1", {"decision": "create"})

    decided = known(world, connection, "003P", "c_1", "c_2")
    assert (decided["003P"].create, decided["003P"].different) == (True, {"c_1", "c_2"})
    assert decided["c_1"].different == decided["c_2"].different == {"003P"}
    assert not decided["c_1"].create


@pytest.mark.parametrize("decision", ["create", "skip"])
def test_a_new_person_is_created_or_skipped_for_good(
    advisor: User, world: World, connection: Connection, decision: str
) -> None:
    ask(world, connection, "new_person", contact_id="c_9", person_id=None, candidates=())

    advisor.post("reviews/rev_1", {"decision": decision})

    decided = known(world, connection, "c_9")["c_9"]
    assert (decided.create, decided.skip) == (decision == "create", decision == "skip")


def test_an_earlier_decision_about_somebody_else_is_kept(
    advisor: User, world: World, connection: Connection
) -> None:
    ask(world, connection)
    ask(world, connection, id="rev_2", candidates=({"id": "c_3"},))
    advisor.post("reviews/rev_1", {"decision": "different", "candidate_id": "c_2"})

    advisor.post("reviews/rev_2", {"decision": "same", "candidate_id": "c_3"})

    decided = known(world, connection, "003P")["003P"]
    assert (decided.different, decided.same) == ({"c_2"}, {"c_3"})


def test_the_same_answer_again_is_fine_and_another_one_is_not(
    advisor: User, world: World, connection: Connection
) -> None:
    ask(world, connection)
    answer = {"decision": "same", "candidate_id": "c_1"}
    advisor.post("reviews/rev_1", answer)

    assert advisor.post("reviews/rev_1", answer).status == 200
    assert advisor.post("reviews/rev_1", {"decision": "skip"}).code == "already_decided"


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
    advisor: User,
    world: World,
    connection: Connection,
    kind: str,
    body: object,
    pointer: str,
) -> None:
    ask(world, connection, kind)

    refused = advisor.post("reviews/rev_1", body)

    assert (refused.status, refused.pointers) == (422, [pointer])
    assert known(world, connection, "003P") == {}


def test_nobody_else_sees_or_answers_a_question(
    api: Api, world: World, connection: Connection
) -> None:
    ask(world, connection)

    for stranger in (api.user("advisor-u2"), api.user("advisor-u1", "t2")):
        assert stranger.post("reviews/rev_1", {"decision": "skip"}).code == "no_such_review"
    assert api.admin().post("reviews/rev_1", {"decision": "skip"}).code == "read_only_role"
    assert api.admin().get(f"connections/{connection.id}/reviews").body["items"]


def test_open_questions_come_page_by_page(
    advisor: User, world: World, connection: Connection
) -> None:
    for number in range(5):
        ask(world, connection, id=f"rev_{number}", person_id=f"003{number}")

    path = f"connections/{connection.id}/reviews?limit=2"
    read, page = [], advisor.get(path).body
    read += page["items"]
    while page["cursor"] is not None:
        page = advisor.get(f"{path}&cursor={page['cursor']}").body
        read += page["items"]

    assert [item["id"] for item in read] == [f"rev_{number}" for number in range(5)]
