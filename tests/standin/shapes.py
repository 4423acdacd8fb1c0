"""What an answer of Salesforce looks like, one named check each; any org can be asked.

Each check is one that a client relies on. `lies.py` has an answer that fails it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import requests

CHECKS: dict[str, Callable[[Any], None]] = {}
PEOPLE = "SELECT Id, FirstName, LastModifiedDate, Account.Name FROM Contact ORDER BY LastName"


def check(ask: Callable[[Any], None]) -> Callable[[Any], None]:
    """The check goes by its function's name."""
    CHECKS[ask.__name__] = ask
    return ask


def _collection(client: Any) -> requests.Response:
    rows: list[dict[str, Any]] = [{"LastName": "Kept"}, {"FirstName": "Nameless"}]
    records = [{"attributes": {"type": "Contact"}, **row} for row in rows]
    found: requests.Response = client.post(
        "/composite/sobjects", {"allOrNone": False, "records": records}
    )
    return found


def _token(client: Any, **form: str) -> requests.Response:
    user = client.running.org.users[client.user_id]
    known = {"grant_type": "password", "username": user.username, "password": user.password}
    ours = {"client_id": "any", "client_secret": "any"}
    url = f"{client.running.url}/services/oauth2/token"
    return requests.post(url, data={**known, **ours, **form}, timeout=10)


@check
def a_collection_is_answered_200(client: Any) -> None:
    assert _collection(client).status_code == 200


@check
def results_of_a_collection_keep_their_order(client: Any) -> None:
    assert [row["success"] for row in _collection(client).json()] == [True, False]


@check
def an_error_in_a_collection_is_a_status_code_with_message_and_fields(client: Any) -> None:
    (error,) = _collection(client).json()[1]["errors"]
    assert set(error) == {"statusCode", "message", "fields"}
    assert error["statusCode"] == "REQUIRED_FIELD_MISSING"


@check
def a_row_that_failed_has_no_id(client: Any) -> None:
    assert set(_collection(client).json()[1]) == {"success", "errors"}


@check
def a_missing_record_of_a_collection_is_null(client: Any) -> None:
    known, unknown = client.rows(PEOPLE)[0]["Id"], "003000000000000AAA"
    found = client.get("/composite/sobjects/Contact", params={"ids": f"{unknown},{known}"})
    assert [row and row["Id"] for row in found.json()] == [None, known]


@check
def an_upsert_tells_whether_it_created(client: Any) -> None:
    made = client.patch("/sobjects/Contact/CrmSync_Id__c/shape", {"LastName": "Shape"})
    assert (made.status_code, made.json()["created"]) == (201, True)


@check
def a_creation_is_answered_201_with_its_location(client: Any) -> None:
    made = client.post("/sobjects/Contact", {"LastName": "Shape"})
    assert made.status_code == 201
    assert made.headers["Location"].endswith(made.json()["id"])


@check
def an_update_is_answered_204_and_nothing(client: Any) -> None:
    done = client.patch(f"/sobjects/Contact/{client.rows(PEOPLE)[0]['Id']}", {"Title": "x"})
    assert (done.status_code, done.content) == (204, b"")


@check
def an_unfinished_result_names_its_next_page_by_path(client: Any) -> None:
    few = {"Sforce-Query-Options": "batchSize=200"}
    page = client.soql("SELECT Id FROM Contact WHERE Email LIKE 'person%'", headers=few).json()
    assert page["done"] is False
    assert page["nextRecordsUrl"].startswith("/services/data/")


@check
def a_finished_result_names_no_next_page(client: Any) -> None:
    page = client.soql("SELECT Id FROM Lead").json()
    assert set(page) == {"totalSize", "done", "records"}


@check
def a_total_is_a_number(client: Any) -> None:
    assert type(client.soql("SELECT Id FROM Lead").json()["totalSize"]) is int


@check
def a_blank_parent_or_field_is_null_and_there(client: Any) -> None:
    record = client.rows(f"{PEOPLE} LIMIT 1")[0]
    assert list(record) == ["attributes", "Id", "FirstName", "LastModifiedDate", "Account"]
    lone = client.rows("SELECT Id, Account.Name FROM Contact WHERE AccountId = null LIMIT 1")
    assert lone[0]["Account"] is None


@check
def a_record_says_what_and_where_it_is(client: Any) -> None:
    record = client.rows(PEOPLE)[0]
    assert record["attributes"]["type"] == "Contact"
    assert record["attributes"]["url"].endswith(f"/sobjects/Contact/{record['Id']}")
    assert len(record["Id"]) == 18


@check
def a_moment_has_milliseconds_and_a_numeric_offset(client: Any) -> None:
    moment = client.rows(PEOPLE)[0]["LastModifiedDate"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000", moment)


@check
def a_refusal_is_a_list_of_coded_errors(client: Any) -> None:
    refused = client.soql("SELECT Nope FROM Contact")
    assert refused.status_code == 400
    (error,) = refused.json()
    assert error["errorCode"] == "INVALID_FIELD"
    assert "No such column 'Nope'" in error["message"]


@check
def what_is_gone_is_not_found(client: Any) -> None:
    gone = client.get("/sobjects/Contact/003000000000000AAA")
    assert (gone.status_code, gone.json()[0]["errorCode"]) == (404, "NOT_FOUND")


@check
def every_answer_tells_the_usage(client: Any) -> None:
    for answer in (client.get("/limits"), client.soql("SELECT Nope FROM Contact")):
        assert re.fullmatch(r"api-usage=\d+/\d+", answer.headers["Sforce-Limit-Info"])


@check
def a_spent_quota_is_403_without_a_time_to_come_back(client: Any) -> None:
    client.running.org.meter.set_used(client.running.org.knobs.api_max)
    refused = client.get("/limits")
    client.running.org.meter.set_used(0)
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert "Retry-After" not in refused.headers


@check
def a_bad_token_is_401_with_its_code(client: Any) -> None:
    refused = client.get("/limits", headers={"Authorization": "Bearer nonsense"})
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


@check
def a_bad_token_at_the_identity_is_403_in_plain_text(client: Any) -> None:
    bad = {"Authorization": "Bearer nonsense"}
    refused = client.get("/services/oauth2/userinfo", headers=bad)
    assert (refused.status_code, refused.text) == (403, "Bad_OAuth_Token")


@check
def a_token_does_not_tell_when_it_expires(client: Any) -> None:
    assert "expires_in" not in _token(client).json()


@check
def a_token_answer_holds_nothing_but_text(client: Any) -> None:
    assert {type(value) for value in _token(client).json().values()} == {str}


@check
def a_refused_token_is_400_with_one_error(client: Any) -> None:
    refused = _token(client, password="wrong")
    assert refused.status_code == 400
    assert sorted(refused.json()) == ["error", "error_description"]


@check
def a_composite_is_200_whatever_became_of_its_parts(client: Any) -> None:
    url = "/services/data/v60.0/query?q=SELECT+Nope+FROM+Contact"
    request = {"method": "GET", "url": url, "referenceId": "bad"}
    answer = client.post("/composite", {"compositeRequest": [request]})
    assert answer.status_code == 200
    (part,) = answer.json()["compositeResponse"]
    assert set(part) == {"body", "httpHeaders", "httpStatusCode", "referenceId"}
    assert part["httpStatusCode"] == 400


@check
def a_described_field_says_what_may_be_done_with_it(client: Any) -> None:
    fields = client.get("/sobjects/Contact/describe").json()["fields"]
    wanted = {"name", "type", "length", "createable", "updateable", "filterable", "nillable"}
    assert all(wanted <= set(field) for field in fields)


@check
def a_describe_that_did_not_change_is_304(client: Any) -> None:
    first = client.get("/sobjects/Contact/describe")
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert client.get("/sobjects/Contact/describe", headers=since).status_code == 304


@check
def a_bulk_job_names_where_its_rows_go_without_a_leading_slash(client: Any) -> None:
    about = {"object": "Contact", "operation": "insert", "contentType": "CSV", "lineEnding": "LF"}
    job = client.post("/jobs/ingest", about).json()
    assert job["contentUrl"] == f"services/data/v60.0/jobs/ingest/{job['id']}/batches"
    assert (job["state"], type(job["apiVersion"])) == ("Open", float)
