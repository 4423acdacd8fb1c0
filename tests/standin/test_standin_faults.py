"""Seeded faults."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

NEW = {"LastName": "Faulted"}
MADE = "SELECT Id FROM Contact WHERE LastName = 'Faulted'"


def test_a_status_fault_answers_in_place_of_the_org_once(avery: Any, admin: Any) -> None:
    body = [{"message": "busy", "errorCode": "SERVER_UNAVAILABLE"}]
    admin.fault(path="/query", action={"kind": "status", "status": 503, "body": body})
    assert avery.get("/limits").status_code == 200
    answer = avery.soql("SELECT Id FROM Lead")
    assert (answer.status_code, answer.json()) == (503, body)
    assert avery.soql("SELECT Id FROM Lead").status_code == 200


def test_a_fault_can_wait_for_the_nth_call_and_fire_several_times(avery: Any, admin: Any) -> None:
    admin.fault(path="limits", nth=2, times=2, action={"kind": "quota"})
    assert [avery.get("/limits").status_code for _ in range(4)] == [200, 403, 403, 200]


def test_a_fault_can_be_chosen_by_method_and_body(avery: Any, admin: Any) -> None:
    admin.fault(method="POST", body="Faulted", action={"kind": "expired_session"})
    assert avery.create("Contact", LastName="Fine")
    assert avery.post("/sobjects/Contact", NEW).status_code == 401


def test_an_html_fault_is_not_json(avery: Any, admin: Any) -> None:
    admin.fault(path="limits", action={"kind": "html", "status": 500})
    answer = avery.get("/limits")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<html>")


def test_a_reset_before_leaves_nothing_behind(avery: Any, admin: Any) -> None:
    admin.fault(method="POST", action={"kind": "reset_before"})
    with pytest.raises(requests.ConnectionError):
        avery.post("/sobjects/Contact", NEW)
    assert avery.rows(MADE) == []


def test_a_reset_after_has_applied_the_write(avery: Any, admin: Any) -> None:
    admin.fault(method="POST", action={"kind": "reset_after"})
    with pytest.raises(requests.ConnectionError):
        avery.post("/sobjects/Contact", NEW)
    assert len(avery.rows(MADE)) == 1


def test_resets_reach_tls_connections_too(avery: Any, admin: Any) -> None:
    admin.fault(path="limits", action={"kind": "reset_after"})
    url = f"{avery.running.https_url}/services/data/v60.0/limits"
    headers = {"Authorization": f"Bearer {avery.token}"}
    with pytest.raises(requests.ConnectionError):
        requests.get(url, headers=headers, verify=str(avery.running.ca_file), timeout=10)
    again = requests.get(url, headers=headers, verify=str(avery.running.ca_file), timeout=10)
    assert again.status_code == 200


def test_a_truncated_answer_promises_more_than_it_sends(avery: Any, admin: Any) -> None:
    admin.fault(path="limits", action={"kind": "truncate", "bytes": 20})
    plain = {"Accept-Encoding": "identity"}
    with pytest.raises(requests.exceptions.RequestException):
        avery.get("/limits", headers=plain)


def test_a_delay_only_delays(avery: Any, admin: Any) -> None:
    admin.fault(path="limits", action={"kind": "delay", "seconds": 0.3})
    began = time.monotonic()
    assert avery.get("/limits").status_code == 200
    assert time.monotonic() - began >= 0.3


def test_a_drip_sends_one_byte_at_a_time(avery: Any, admin: Any) -> None:
    admin.fault(path="Lead/describe/layouts", action={"kind": "drip", "seconds": 0.005})
    began = time.monotonic()
    answer = avery.get("/sobjects/Lead/describe/layouts")
    assert answer.json()[0]["errorCode"] == "NOT_FOUND"
    assert time.monotonic() - began >= 0.005 * len(answer.content)


def test_an_answer_can_be_rewritten(avery: Any, admin: Any) -> None:
    change = {"set": {"done": False, "nextRecordsUrl": "https://evil.example/x"}}
    admin.fault(path="/query", action={"kind": "rewrite", **change, "remove": ["totalSize"]})
    body = avery.soql("SELECT Id FROM Lead").json()
    assert body["nextRecordsUrl"] == "https://evil.example/x"
    assert "totalSize" not in body


def test_a_locked_row_fails_alone(avery: Any, admin: Any) -> None:
    admin.fault(action={"kind": "lock_row", "match": "Locked"})
    records = [{"attributes": {"type": "Contact"}, "LastName": name} for name in ("Free", "Locked")]
    free, locked = avery.post("/composite/sobjects", {"records": records}).json()
    assert free["success"] is True
    error = locked["errors"][0]
    assert (error["statusCode"], error["fields"]) == ("UNABLE_TO_LOCK_ROW", [])
    assert error["message"].startswith("unable to obtain exclusive access to this record")
    again = avery.post("/composite/sobjects", {"records": records[1:]}).json()
    assert again[0]["success"] is True


def test_any_record_error_can_be_seeded(avery: Any, admin: Any) -> None:
    action = {
        "kind": "record_error",
        "code": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "message": "Apex",
    }
    admin.fault(method="PATCH", action=action)
    answer = avery.patch(f"/sobjects/Contact/{avery.contact('Holt')}", {"Title": "x"})
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_a_subrequest_of_a_composite_can_fail_alone(avery: Any, admin: Any) -> None:
    error = [{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}]
    action = {"kind": "status", "status": 500, "body": error}
    admin.fault(within="composite", path="recordCount", action=action)
    base = "/services/data/v60.0/limits"
    requests_ = [
        {"method": "GET", "url": base, "referenceId": "a"},
        {"method": "GET", "url": f"{base}/recordCount?sObjects=Lead", "referenceId": "b"},
    ]
    body = avery.post("/composite", {"compositeRequest": requests_}).json()
    assert [r["httpStatusCode"] for r in body["compositeResponse"]] == [200, 500]


def test_the_token_endpoint_can_be_faulted(avery: Any, admin: Any) -> None:
    body = {"error": "invalid_client", "error_description": "invalid client credentials"}
    admin.fault(path="oauth2/token", action={"kind": "status", "status": 400, "body": body})
    url = f"{avery.running.url}/services/oauth2/token"
    assert requests.post(url, data={"grant_type": "password"}, timeout=10).json() == body


def test_faults_can_be_listed_and_cleared(avery: Any, admin: Any) -> None:
    admin.fault(path="limits", times=0, action={"kind": "quota"})
    avery.get("/limits")
    (fault,) = admin.get("/faults")
    assert (fault["met"], fault["fired"]) == (1, 1)
    admin.call("DELETE", f"/faults/{fault['id']}")
    assert avery.get("/limits").status_code == 200


def test_an_unknown_fault_is_refused(admin: Any) -> None:
    with pytest.raises(AssertionError, match="unknown fault kind"):
        admin.fault(action={"kind": "gremlin"})
