"""Composite calls: what is sent, and which answers are believed."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from crmsync.adapters.salesforce.composite import (
    Sub,
    SubReply,
    envelope,
    query,
    query_after,
    replies,
    rows,
    save,
)
from crmsync.domain.errors import Retry
from hypothesis import given
from hypothesis import strategies as st

BASE = "/services/data/v62.0"


@given(st.text(max_size=80))
def test_a_query_arrives_as_it_was_written(soql: str) -> None:
    encodable = soql.encode("utf-8", "ignore").decode()

    path = urlsplit(query("q", BASE, f"x{encodable}").path)

    assert path.path == f"{BASE}/query"
    assert parse_qs(path.query)["q"] == [f"x{encodable}"]


@given(st.text(max_size=40))
def test_no_value_in_a_query_can_be_taken_for_a_reference(text: str) -> None:
    encodable = text.encode("utf-8", "ignore").decode()

    assert "@{" not in query("q", BASE, f"@{{q0.records[0].Id}}{encodable}").path


def test_a_reference_that_is_meant_stays_readable_and_may_be_refused() -> None:
    found = query_after(
        "q1", BASE, "SELECT Id FROM X WHERE Id > '@{q0.records[1].Id}'", "@{q0.records[1].Id}"
    )

    assert "%27@{q0.records[1].Id}%27" in found.path
    assert found.optional


def test_deleted_records_are_asked_for_by_another_resource() -> None:
    assert query("q", BASE, "x", deleted_too=True).path.startswith(f"{BASE}/queryAll?")


def test_requests_run_in_order_and_each_on_its_own() -> None:
    document = envelope([Sub("a", "GET", "/x"), save("b", BASE, "POST", [{"Name": "n"}])])

    assert document["allOrNone"] is False
    assert document["collateSubrequests"] is False
    first, second = document["compositeRequest"]
    assert first == {"method": "GET", "url": "/x", "referenceId": "a"}
    assert second["body"] == {"allOrNone": False, "records": [{"Name": "n"}]}


def test_a_duplicate_alert_is_never_overridden_and_assignment_rules_do_not_run() -> None:
    headers = save("b", BASE, "POST", []).document()["httpHeaders"]

    assert headers == {
        "Sforce-Duplicate-Rule-Header": "allowSave=false",
        "Sforce-Auto-Assign": "FALSE",
    }


SUBS = [Sub("a", "GET", "/x"), Sub("b", "GET", "/y")]


def an_entry(ref: str, **changed: Any) -> dict[str, Any]:
    return {"referenceId": ref, "httpStatusCode": 200, "httpHeaders": {}, "body": {}, **changed}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"compositeResponse": None},
        {"compositeResponse": [an_entry("a")]},
        {"compositeResponse": [an_entry("a"), an_entry("a")]},
        {"compositeResponse": [an_entry("a"), an_entry("c")]},
        {"compositeResponse": [an_entry("a"), None]},
        {"compositeResponse": [an_entry("a"), an_entry("b", httpStatusCode="200")]},
        {"compositeResponse": [an_entry("a"), an_entry("b"), an_entry("c")]},
    ],
)
def test_an_answer_to_another_call_is_not_believed(body: Any) -> None:
    with pytest.raises(Retry, match="crm_answer_unreadable"):
        replies(SUBS, body)


def test_answers_are_found_by_name_in_any_order() -> None:
    found = replies(SUBS, {"compositeResponse": [an_entry("b", body=2), an_entry("a", body=1)]})

    assert (found["a"].body, found["b"].body) == (1, 2)


def test_a_page_is_believed_when_it_is_whole() -> None:
    next_path = f"{BASE}/query/01g5f0000000001AAA-2000"
    body = {"totalSize": 3, "done": False, "nextRecordsUrl": next_path, "records": [{"Id": "x"}]}

    found = rows(SubReply(200, body))

    assert (found.total, found.next_path, found.records) == (3, next_path, ({"Id": "x"},))
