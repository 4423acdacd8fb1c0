"""What each answer of Salesforce amounts to: by code and status, whatever the text says."""

from __future__ import annotations

from typing import Any

import pytest
from crmsync.adapters.salesforce.errors import (
    SchemaChanged,
    TokenRefused,
    codes_of,
    from_code,
    from_reply,
    record_refused,
    sentence_of,
)
from crmsync.adapters.salesforce.refusal import Kind
from crmsync.adapters.salesforce.refusals import REFUSALS, UNKNOWN, refusal
from crmsync.domain.connection import ApiBudget
from crmsync.domain.errors import ConnectionStopped, CrmSyncError, Defer, RecordRefused, Retry

PLENTY = ApiBudget(used=10, max=100)


def answered(status: int, body: Any = None, **more: Any) -> CrmSyncError:
    return from_reply(status, body, budget=more.pop("budget", PLENTY), **more)


def rest(code: str, message: str = "as Salesforce puts it") -> list[dict[str, Any]]:
    return [{"message": message, "errorCode": code}]


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (401, rest("INVALID_SESSION_ID"), TokenRefused, "session_refused"),
        (401, None, TokenRefused, "session_refused"),
        (401, "<html>", TokenRefused, "session_refused"),
        (403, rest("API_DISABLED_FOR_ORG"), ConnectionStopped, "api_disabled"),
        (403, rest("API_CURRENTLY_DISABLED"), ConnectionStopped, "api_disabled"),
        (403, rest("ORG_LOCKED"), ConnectionStopped, "inactive_org"),
        (403, rest("REQUEST_LIMIT_EXCEEDED"), Defer, "crm_crowded"),
        (400, rest("INVALID_FIELD"), SchemaChanged, "schema_changed"),
        (400, rest("INVALID_TYPE"), SchemaChanged, "schema_changed"),
        (400, rest("INVALID_QUERY_LOCATOR"), Retry, "page_expired"),
        (400, rest("QUERY_TIMEOUT"), Defer, "crm_slow"),
        (404, rest("NOT_FOUND"), RecordRefused, "gone"),
        (404, rest("ENTITY_IS_DELETED"), RecordRefused, "gone"),
        (400, rest("UNABLE_TO_LOCK_ROW"), Retry, "row_locked"),
        (503, rest("SERVER_UNAVAILABLE"), Defer, "crm_unavailable"),
        (400, rest("SOMETHING_NEW"), RecordRefused, "refused"),
        (503, "<html>maintenance</html>", Defer, "crm_unavailable"),
        (429, None, Defer, "crm_unavailable"),
        (420, "", Defer, "crm_unavailable"),
        (406, "", Defer, "crm_unavailable"),
        (500, "<html>", Retry, "crm_failed"),
        (502, None, Retry, "crm_failed"),
        (504, None, Retry, "crm_failed"),
        (302, None, ConnectionStopped, "org_moved"),
        (400, "not json", Retry, "crm_answer_unreadable"),
        (403, "Bad_OAuth_Token", Retry, "crm_answer_unreadable"),
    ],
)
def test_every_form_of_refusal_has_its_class(
    status: int, body: Any, kind: type[CrmSyncError], code: str
) -> None:
    error = answered(status, body)

    assert type(error) is kind
    assert error.code == code


@pytest.mark.parametrize(("writing", "applied"), [(False, False), (True, None)])
def test_a_server_error_leaves_open_whether_a_write_was_done(
    *, writing: bool, applied: bool | None
) -> None:
    error = answered(502, None, writing=writing)

    assert isinstance(error, Retry)
    assert error.applied is applied


@pytest.mark.parametrize(("asked", "seconds"), [(None, 300), (7, 7), (99_999, 1800)])
def test_the_server_is_given_the_pause_it_asks_for_within_reason(
    asked: int | None, seconds: int
) -> None:
    error = answered(503, None, retry_after=asked)

    assert isinstance(error, Defer)
    assert error.seconds == seconds


@pytest.mark.parametrize(
    ("budget", "code"),
    [
        (ApiBudget(used=100, max=100), "api_quota_spent"),
        (ApiBudget(used=101, max=100), "api_quota_spent"),
        (ApiBudget(), "api_quota_spent"),
        (ApiBudget(used=5, max=100), "crm_crowded"),
    ],
)
def test_the_daily_quota_and_the_limit_of_long_calls_are_told_apart_by_usage(
    budget: ApiBudget, code: str
) -> None:
    texts = ("TotalRequests Limit exceeded.", "ConcurrentRequests Limit exceeded.")

    found = {
        answered(403, rest("REQUEST_LIMIT_EXCEEDED", text), budget=budget).code for text in texts
    }

    assert found == {code}


def test_codes_are_found_in_all_three_forms() -> None:
    assert codes_of(rest("A")) == ("A",)
    assert codes_of([{"statusCode": "B", "message": "", "fields": []}]) == ("B",)
    assert codes_of({"error": "c", "error_description": ""}) == ("c",)
    assert codes_of("html") == codes_of(None) == codes_of([1]) == codes_of([{"errorCode": 5}]) == ()


def test_the_crms_sentence_is_kept_on_one_short_line() -> None:
    found = sentence_of(rest("X", "one\r\n\x00two " + "x" * 500))

    assert found.startswith("one two x")
    assert len(found) == 240


def test_a_refused_record_says_what_happened_what_the_crm_said_and_what_helps() -> None:
    error = record_refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Phone must have an area code")

    assert error.code == "refused_by_rule"
    assert "validation rule" in error.detail
    assert "(Phone must have an area code)" in error.detail
    assert "administrator" in error.detail


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_every_known_code_is_explained_and_has_an_outcome(code: str) -> None:
    known = refusal(code)
    error = from_code(code, "as Salesforce puts it", budget=PLENTY)

    assert known.message.endswith(".")
    assert known.remedy.endswith(".")
    assert known.code == known.code.lower()
    tried_again = known.kind in (Kind.PASSING, Kind.LATER, Kind.QUOTA, Kind.SESSION)
    assert tried_again is isinstance(error, (Retry, Defer, TokenRefused))


def test_an_unknown_code_refuses_the_record_and_nothing_else() -> None:
    assert refusal("NEVER_SEEN_BEFORE") is UNKNOWN
    assert UNKNOWN.kind is Kind.RECORD
