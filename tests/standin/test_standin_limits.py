"""Quota, the limit header, the Date header, and how calls are counted."""

from __future__ import annotations

import gzip
from email.utils import parsedate_to_datetime
from typing import Any

import requests


def test_every_data_answer_carries_the_limit_header_errors_too(avery: Any, admin: Any) -> None:
    admin.put("/quota", {"used": 694, "max": 15_000})
    good = avery.get("/limits")
    assert good.headers["Sforce-Limit-Info"] == "api-usage=695/15000"
    bad = avery.get("/sobjects/Nope/describe")
    assert bad.status_code == 404
    assert bad.headers["Sforce-Limit-Info"] == "api-usage=696/15000"
    assert avery.get("/limits").json()["DailyApiRequests"]["Remaining"] == 15_000 - 697


def test_an_exhausted_quota_is_403_with_no_retry_after(avery: Any, admin: Any) -> None:
    admin.put("/quota", {"used": 100, "max": 100})
    answer = avery.soql("SELECT Id FROM Contact")
    assert answer.status_code == 403
    assert answer.json() == [
        {"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}
    ]
    assert "Retry-After" not in answer.headers
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=100/100"


def test_the_quota_frees_itself_over_24_hours(avery: Any, admin: Any) -> None:
    admin.put("/quota", {"used": 100, "max": 100})
    admin.knob(session_seconds=5 * 86_400)
    admin.post("/clock/advance", {"seconds": 86_401})
    assert avery.get("/limits").status_code == 200


def test_signing_in_and_identity_cost_nothing(avery: Any, admin: Any) -> None:
    admin.call("DELETE", "/calls")
    headers = {"Authorization": f"Bearer {avery.token}"}
    requests.get(f"{avery.running.url}/services/data", timeout=10)
    requests.get(f"{avery.running.url}/services/oauth2/userinfo", headers=headers, timeout=10)
    assert admin.get("/calls")["api_calls"] == 0
    avery.rows("SELECT Id FROM Lead")
    avery.get("/sobjects/Lead/describe")
    counted = admin.get("/calls")
    assert counted["api_calls"] == 2
    assert counted["by_resource"] == {"/query": 1, "/sobjects/<name>/describe": 1}


def test_a_bad_token_is_401_and_costs_nothing(avery: Any, admin: Any) -> None:
    admin.call("DELETE", "/calls")
    answer = avery.get("/limits", headers={"Authorization": "Bearer nope"})
    assert answer.status_code == 401
    assert answer.json()[0]["errorCode"] == "INVALID_SESSION_ID"
    assert "Sforce-Limit-Info" not in answer.headers
    assert admin.get("/calls")["api_calls"] == 0


def test_head_has_headers_and_no_body(avery: Any) -> None:
    for _ in range(2):
        answer = avery.call("HEAD", "/sobjects/Contact/describe")
        assert (answer.status_code, answer.content) == (200, b"")


def test_the_date_header_is_the_clock_of_the_org(avery: Any, admin: Any) -> None:
    admin.put("/clock", {"now": "2031-05-06T07:08:09Z", "frozen": True})
    admin.knob(session_seconds=10 * 365 * 86_400)
    answer = avery.get("/limits")
    assert parsedate_to_datetime(answer.headers["Date"]).isoformat() == "2031-05-06T07:08:09+00:00"
    made = avery.create("Contact", LastName="Then")
    row = avery.get(f"/sobjects/Contact/{made}").json()
    assert row["SystemModstamp"] == "2031-05-06T07:08:09.000+0000"


def test_the_request_log_keeps_bodies(avery: Any, admin: Any) -> None:
    admin.call("DELETE", "/calls")
    avery.post("/sobjects/Contact", {"LastName": "Logged"})
    (entry,) = admin.get("/requests?path=/sobjects/Contact")
    assert (entry["method"], entry["status"]) == ("POST", 201)
    assert "Logged" in entry["body"]
    assert entry["user"] == "avery.advisor@salesforce.example"
    assert avery.token not in str(entry)


def test_bodies_may_be_gzipped_both_ways(avery: Any) -> None:
    body = gzip.compress(b'{"LastName": "Zipped"}')
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert avery.call("POST", "/sobjects/Contact", data=body, headers=headers).status_code == 201
    answer = avery.get("/sobjects/Contact/describe")
    assert answer.headers["Content-Encoding"] == "gzip"
