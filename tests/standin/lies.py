"""Answers Salesforce would not give: each is one small change to an honest one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from local.standin.serving import Wsgi

Change = Callable[[Response], None]


@dataclass(frozen=True)
class Lie:
    """Changes the answers of one path, if `about` says that it is one of those meant."""

    path: str
    change: Change
    about: Callable[[Response], bool] = lambda _: True


class Liar:
    """Stands between an org and its clients. While `lie` is None, everything passes unchanged."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app
        self.lie: Lie | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self.lie is None:
            return self._app(environ, start_response)
        plain = {**environ, "HTTP_ACCEPT_ENCODING": ""}
        response = Response.from_app(self._app, plain)
        path = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        if self.lie.path in path and self.lie.about(response):
            self.lie.change(response)
        return response(environ, start_response)


def _status(status: int) -> Change:
    def change(response: Response) -> None:
        response.status_code = status

    return change


def _header(name: str, value: str | None) -> Change:
    def change(response: Response) -> None:
        response.headers.pop(name, None)
        if value is not None:
            response.headers[name] = value

    return change


def _body(alter: Callable[[Any], Any]) -> Change:
    """`alter` takes the document and returns another, or changes it and returns None."""

    def change(response: Response) -> None:
        document = json.loads(response.get_data())
        told = alter(document)
        response.set_data(json.dumps(document if told is None else told))

    return change


def _said(value: Any) -> Change:
    return _body(lambda _: value)


def _with(**values: Any) -> Change:
    return _body(lambda document: {**document, **values})


def _without(name: str) -> Change:
    return _body(lambda document: {k: v for k, v in document.items() if k != name})


def _replaced(status: int, text: str) -> Change:
    def change(response: Response) -> None:
        response.status_code = status
        response.set_data(text)

    return change


def _failed(response: Response) -> bool:
    return response.status_code >= 400


def _made(response: Response) -> bool:
    return response.status_code == 201


def _records(alter: Callable[[dict[str, Any]], Any]) -> Change:
    def every(document: dict[str, Any]) -> None:
        for record in document["records"]:
            alter(record)

    return _body(every)


def _error_codes(rows: list[dict[str, Any]]) -> None:
    for error in (error for row in rows for error in row["errors"]):
        error["errorCode"] = error.pop("statusCode")


def _null_ids(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row.setdefault("id", None)


def _no_nulls(record: dict[str, Any]) -> None:
    for name in [name for name, value in record.items() if value is None]:
        del record[name]


def _unfilterable(document: dict[str, Any]) -> None:
    for field in document["fields"]:
        del field["filterable"]


def _first_error(document: list[Any]) -> Any:
    return document[0]


COLLECTION, QUERY, TOKEN = "composite/sobjects", "/query", "oauth2/token"
LIES: dict[str, tuple[str, Lie]] = {
    "201 for a collection": ("a_collection_is_answered_200", Lie(COLLECTION, _status(201))),
    "results of a collection in another order": (
        "results_of_a_collection_keep_their_order",
        Lie(COLLECTION, _body(lambda rows: rows[::-1])),
    ),
    "errorCode inside the errors of a collection": (
        "an_error_in_a_collection_is_a_status_code_with_message_and_fields",
        Lie(COLLECTION, _body(_error_codes)),
    ),
    "a null id in a row that failed": (
        "a_row_that_failed_has_no_id",
        Lie(COLLECTION, _body(_null_ids)),
    ),
    "a missing record left out": (
        "a_missing_record_of_a_collection_is_null",
        Lie(COLLECTION, _body(lambda rows: [row for row in rows if row])),
    ),
    "an upsert without created": (
        "an_upsert_tells_whether_it_created",
        Lie("CrmSync_Id__c", _without("created")),
    ),
    "200 for a creation": (
        "a_creation_is_answered_201_with_its_location",
        Lie("sobjects/Contact", _status(200), _made),
    ),
    "a creation without a location": (
        "a_creation_is_answered_201_with_its_location",
        Lie("sobjects/Contact", _header("Location", None), _made),
    ),
    "200 and a body for an update": (
        "an_update_is_answered_204_and_nothing",
        Lie("sobjects/Contact", _replaced(200, "{}")),
    ),
    "a missing nextRecordsUrl": (
        "an_unfinished_result_names_its_next_page_by_path",
        Lie(QUERY, _without("nextRecordsUrl")),
    ),
    "a nextRecordsUrl with a host": (
        "an_unfinished_result_names_its_next_page_by_path",
        Lie(QUERY, _with(nextRecordsUrl="https://elsewhere.example/services/data/v60.0/query/1")),
    ),
    "a nextRecordsUrl of null when done": (
        "a_finished_result_names_no_next_page",
        Lie(QUERY, _with(nextRecordsUrl=None)),
    ),
    "a total in quotes": ("a_total_is_a_number", Lie(QUERY, _with(totalSize="2"))),
    "nulls left out": (
        "a_blank_parent_or_field_is_null_and_there",
        Lie(QUERY, _records(_no_nulls)),
    ),
    "records without their address": (
        "a_record_says_what_and_where_it_is",
        Lie(QUERY, _records(lambda record: record["attributes"].pop("url"))),
    ),
    "ids of 15 characters": (
        "a_record_says_what_and_where_it_is",
        Lie(QUERY, _records(lambda record: record.update(Id=record["Id"][:15]))),
    ),
    "moments in Z": (
        "a_moment_has_milliseconds_and_a_numeric_offset",
        Lie(QUERY, _records(lambda record: record.update(LastModifiedDate="2026-03-02T09:00:00Z"))),
    ),
    "a refusal that is no list": (
        "a_refusal_is_a_list_of_coded_errors",
        Lie(QUERY, _body(_first_error), _failed),
    ),
    "a refusal with 200": (
        "a_refusal_is_a_list_of_coded_errors",
        Lie(QUERY, _status(200), _failed),
    ),
    "410 for what is gone": ("what_is_gone_is_not_found", Lie("sobjects", _status(410), _failed)),
    "a refusal without the usage": (
        "every_answer_tells_the_usage",
        Lie(QUERY, _header("Sforce-Limit-Info", None), _failed),
    ),
    "429 for a spent quota": (
        "a_spent_quota_is_403_without_a_time_to_come_back",
        Lie("limits", _status(429), _failed),
    ),
    "Retry-After with a spent quota": (
        "a_spent_quota_is_403_without_a_time_to_come_back",
        Lie("limits", _header("Retry-After", "60"), _failed),
    ),
    "403 for a bad token": (
        "a_bad_token_is_401_with_its_code",
        Lie("limits", _status(403), _failed),
    ),
    "401 and JSON at the identity": (
        "a_bad_token_at_the_identity_is_403_in_plain_text",
        Lie("userinfo", _replaced(401, '[{"errorCode": "INVALID_SESSION_ID"}]')),
    ),
    "an expires_in in the token answer": (
        "a_token_does_not_tell_when_it_expires",
        Lie(TOKEN, _with(expires_in="7200")),
    ),
    "a number in the token answer": (
        "a_token_answer_holds_nothing_but_text",
        Lie(TOKEN, _with(issued_at=1_700_000_000_000)),
    ),
    "401 for a refused token": (
        "a_refused_token_is_400_with_one_error",
        Lie(TOKEN, _status(401), _failed),
    ),
    "a list for a refused token": (
        "a_refused_token_is_400_with_one_error",
        Lie(TOKEN, _said([{"errorCode": "invalid_grant", "message": "x"}]), _failed),
    ),
    "400 for a composite with a part that failed": (
        "a_composite_is_200_whatever_became_of_its_parts",
        Lie("composite", _status(400)),
    ),
    "parts without their headers": (
        "a_composite_is_200_whatever_became_of_its_parts",
        Lie("composite", _body(lambda d: d["compositeResponse"][0].pop("httpHeaders") and None)),
    ),
    "fields that do not say whether they filter": (
        "a_described_field_says_what_may_be_done_with_it",
        Lie("describe", _body(_unfilterable)),
    ),
    "an unchanged describe sent again": (
        "a_describe_that_did_not_change_is_304",
        Lie("describe", _replaced(200, "{}"), lambda response: response.status_code == 304),
    ),
    "a contentUrl with a leading slash": (
        "a_bulk_job_names_where_its_rows_go_without_a_leading_slash",
        Lie("jobs/ingest", _body(lambda job: job.update(contentUrl=f"/{job['contentUrl']}"))),
    ),
    "an apiVersion in quotes": (
        "a_bulk_job_names_where_its_rows_go_without_a_leading_slash",
        Lie("jobs/ingest", _with(apiVersion="60.0")),
    ),
}
