"""Results of collections: each row its own, and nothing guessed when they do not add up."""

from __future__ import annotations

from typing import Any

import pytest
from crmsync.adapters.salesforce.composite import SubReply
from crmsync.adapters.salesforce.errors import SchemaChanged
from crmsync.adapters.salesforce.results import results, single
from crmsync.domain.connection import ApiBudget
from crmsync.domain.errors import Defer, Retry
from crmsync.ports.crm import Written

BUDGET = ApiBudget(used=1, max=100)
OK = {"id": "0035f0000000001AAA", "success": True, "errors": []}


def bad(code: str, message: str = "", **more: Any) -> dict[str, Any]:
    return {
        "success": False,
        "errors": [{"statusCode": code, "message": message, "fields": [], **more}],
    }


def written(body: Any, count: int, status: int = 200) -> list[Written]:
    return [result.written() for result in results(SubReply(status, body), count, BUDGET)]


def test_each_row_has_its_own_result_in_order() -> None:
    found = written([OK, bad("INVALID_EMAIL_ADDRESS", "no"), OK], 3)

    assert [each.id for each in found] == [OK["id"], None, OK["id"]]
    assert [each.error for each in found] == [None, "invalid_email", None]


@pytest.mark.parametrize(
    "body", [None, {}, [], [OK], [OK, OK, OK], "html", {"errors": []}, {"id": OK["id"]}]
)
def test_rows_are_unknown_when_the_answer_is_not_one_per_row(body: Any) -> None:
    assert written(body, 2) == [Written(unknown=True)] * 2


@pytest.mark.parametrize("entry", [None, 5, "x", []])
def test_a_row_without_a_readable_result_is_unknown_alone(entry: Any) -> None:
    assert [each.unknown for each in written([entry, OK], 2)] == [True, False]


def test_a_success_without_an_id_is_no_success() -> None:
    assert written([{"success": True, "errors": []}], 1)[0].id is None


def test_a_refused_request_refuses_all_its_rows() -> None:
    body = [{"errorCode": "INVALID_FIELD_FOR_INSERT_UPDATE", "message": "no"}]

    assert [each.error for each in written(body, 2, 400)] == ["field_not_writable"] * 2


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "REQUEST_LIMIT_EXCEEDED", Defer),
        (400, "INVALID_FIELD", SchemaChanged),
        (503, "SERVER_UNAVAILABLE", Defer),
    ],
)
def test_what_is_not_about_the_rows_is_raised(
    status: int, code: str, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        written([{"errorCode": code, "message": ""}], 2, status)


def test_a_server_error_inside_a_composite_leaves_the_rows_open() -> None:
    with pytest.raises(Retry) as failed:
        written(None, 2, 500)

    assert failed.value.applied is None


@pytest.mark.parametrize("key", ["duplicateResut", "duplicateResult"])
def test_matches_of_a_duplicate_rule_are_found_wherever_they_are(key: str) -> None:
    """REST answers spell the key without its l; later versions may not."""
    matches = {
        "matchResults": [
            {"matchRecords": [{"record": {"attributes": {"type": "Contact"}, "Id": "003B"}}]},
            {"matchRecords": [{"record": {"Id": "003A", "Owner": {"Id": "003Z"}}}]},
        ]
    }
    body = [{"errorCode": "DUPLICATES_DETECTED", "message": "Use one?", key: matches}]

    result = single(SubReply(400, body)).written()

    assert result.error == "duplicate_rule"
    assert result.matches == ("003A", "003B")
