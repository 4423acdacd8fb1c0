"""sObject Collections and Composite: what a client that reads the documentation would miss."""

from __future__ import annotations

from typing import Any

import pytest


def contact(**values: Any) -> dict[str, Any]:
    return {"attributes": {"type": "Contact"}, **values}


def test_collections_create_answers_200_not_201(avery: Any) -> None:
    answer = avery.post("/composite/sobjects", {"records": [contact(LastName="One")]})
    assert answer.status_code == 200
    (result,) = answer.json()
    assert result == {"id": result["id"], "success": True, "errors": []}


def test_a_failed_row_has_status_code_and_no_id_and_the_call_is_still_200(avery: Any) -> None:
    records = [contact(LastName="Ok"), contact(FirstName="No"), contact(LastName="x", Email="@")]
    answer = avery.post("/composite/sobjects", {"allOrNone": False, "records": records})
    assert answer.status_code == 200
    good, missing, email = answer.json()
    assert good["success"] is True
    assert missing == {
        "success": False,
        "errors": [
            {
                "statusCode": "REQUIRED_FIELD_MISSING",
                "message": "Required fields are missing: [LastName]",
                "fields": ["LastName"],
            }
        ],
    }
    assert email["errors"][0]["statusCode"] == "INVALID_EMAIL_ADDRESS"
    assert "errorCode" not in email["errors"][0]


def test_all_or_none_rolls_the_good_rows_back(avery: Any) -> None:
    records = [contact(LastName="Rolled"), contact(FirstName="No")]
    answer = avery.post("/composite/sobjects", {"allOrNone": True, "records": records})
    assert answer.status_code == 200
    first, second = answer.json()
    assert first["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert "id" not in first
    assert second["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert avery.rows("SELECT Id FROM Contact WHERE LastName = 'Rolled'") == []


@pytest.mark.parametrize("key", ["id", "Id"])
def test_update_takes_the_id_in_either_case(avery: Any, key: str) -> None:
    holt = avery.contact("Holt")
    answer = avery.patch("/composite/sobjects", {"records": [contact(**{key: holt}, Title="T")]})
    assert answer.json() == [{"id": holt, "success": True, "errors": []}]


def test_updates_of_gone_records_fail_one_by_one(avery: Any) -> None:
    holt, pia = avery.contact("Holt"), avery.contact("Lindqvist")
    avery.delete(f"/sobjects/Contact/{holt}")
    records = [contact(id=i, Title="T") for i in (holt, "003000000000000AAA", pia)]
    results = avery.patch("/composite/sobjects", {"records": records}).json()
    codes = [r["errors"][0]["statusCode"] if r["errors"] else "ok" for r in results]
    assert codes == ["ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "ok"]


def test_upsert_says_which_were_created(avery: Any) -> None:
    avery.create("Contact", LastName="Here", CrmSync_Id__c="a")
    records = [contact(LastName=n, CrmSync_Id__c=n.lower()) for n in ("A", "B")]
    results = avery.patch("/composite/sobjects/Contact/CrmSync_Id__c", {"records": records}).json()
    assert [result["created"] for result in results] == [False, True]


def test_delete_takes_ids_and_answers_like_the_others(avery: Any) -> None:
    ids = [avery.contact("Holt"), avery.contact("Reyes")]
    answer = avery.delete("/composite/sobjects", params={"ids": ",".join(ids)})
    assert answer.status_code == 200
    assert answer.json() == [{"id": i, "success": True, "errors": []} for i in ids]


def test_read_gives_null_for_a_missing_record(avery: Any) -> None:
    ids = [avery.contact("Holt"), "003000000000000AAA", avery.contact("Reyes")]
    by_get = avery.get(
        "/composite/sobjects/Contact", params={"ids": ",".join(ids), "fields": "Id,LastName"}
    ).json()
    by_post = avery.post(
        "/composite/sobjects/Contact", {"ids": ids, "fields": ["Id", "LastName"]}
    ).json()
    assert by_get == by_post
    assert [row and row["LastName"] for row in by_get] == ["Holt", None, "Reyes"]


def test_two_hundred_and_one_records_are_too_many(avery: Any) -> None:
    records = [contact(LastName=f"N{n}") for n in range(201)]
    answer = avery.post("/composite/sobjects", {"records": records})
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "EXCEEDED_ID_LIMIT"
    assert avery.rows("SELECT Id FROM Contact WHERE LastName LIKE 'N%'") == []


def test_more_than_ten_chunks_of_types_are_refused(avery: Any) -> None:
    account = {"attributes": {"type": "Account"}, "Name": "x"}
    records = [contact(LastName="x"), account] * 6
    answer = avery.post("/composite/sobjects", {"records": records})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "LIMIT_EXCEEDED")


def query_request(statement: str, name: str) -> dict[str, Any]:
    url = "/services/data/v60.0/query?q=" + statement.replace(" ", "+")
    return {"method": "GET", "url": url, "referenceId": name}


def composite(client: Any, *requests: dict[str, Any], all_or_none: bool = False) -> Any:
    body = {"allOrNone": all_or_none, "compositeRequest": list(requests)}
    answer = client.post("/composite", body)
    assert answer.status_code == 200, answer.text
    return answer.json()["compositeResponse"]


def test_composite_carries_references_from_one_request_to_the_next(avery: Any) -> None:
    create = {
        "method": "POST",
        "url": "/services/data/v60.0/sobjects/Contact",
        "referenceId": "made",
        "body": {"LastName": "Composed"},
    }
    member = {
        "method": "POST",
        "url": "/services/data/v60.0/sobjects/CampaignMember",
        "referenceId": "member",
        "body": {"CampaignId": avery.campaign("Client Newsletter"), "ContactId": "@{made.id}"},
    }
    read = query_request("SELECT Name FROM Contact WHERE Id = '@{made.id}'", "read")
    made, joined, found = composite(avery, create, member, read)
    assert [made["httpStatusCode"], joined["httpStatusCode"]] == [201, 201]
    assert made["httpHeaders"]["Location"].endswith(made["body"]["id"])
    assert set(made) == {"body", "httpHeaders", "httpStatusCode", "referenceId"}
    assert found["body"]["records"][0]["Name"] == "Composed"


def test_a_reference_reaches_into_query_results(avery: Any) -> None:
    first = query_request("SELECT AccountId FROM Contact WHERE LastName = 'Lindqvist'", "who")
    second = query_request(
        "SELECT Name FROM Account WHERE Id = '@{who.records[0].AccountId}'", "firm"
    )
    assert composite(avery, first, second)[1]["body"]["records"][0]["Name"] == "Millbrook Pottery"


def test_a_failed_subrequest_leaves_the_outer_answer_200(avery: Any) -> None:
    bad, good = composite(
        avery,
        query_request("SELECT Id FROM Nowhere", "bad"),
        query_request("SELECT Id FROM Lead", "ok"),
    )
    assert bad["httpStatusCode"] == 400
    assert bad["body"][0]["errorCode"] == "INVALID_TYPE"
    assert good["httpStatusCode"] == 200


def test_composite_all_or_none_halts_and_rolls_back(avery: Any) -> None:
    create = {
        "method": "POST",
        "url": "/services/data/v60.0/sobjects/Contact",
        "referenceId": "made",
        "body": {"LastName": "Gone again"},
    }
    made, bad = composite(
        avery, create, query_request("SELECT Id FROM Nowhere", "bad"), all_or_none=True
    )
    assert made["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert bad["body"][0]["errorCode"] == "INVALID_TYPE"
    assert avery.rows("SELECT Id FROM Contact WHERE LastName = 'Gone again'") == []


def test_composite_takes_25_requests_of_which_5_queries_or_collections(avery: Any) -> None:
    limits = [
        {"method": "GET", "url": "/services/data/v60.0/limits", "referenceId": f"l{n}"}
        for n in range(26)
    ]
    queries = [query_request("SELECT Id FROM Lead", f"q{n}") for n in range(6)]
    for requests in (limits, queries):
        answer = avery.post("/composite", {"compositeRequest": requests})
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "LIMIT_EXCEEDED")
    assert len(composite(avery, *limits[:20], *queries[:5])) == 25


def test_collections_work_inside_composite(avery: Any) -> None:
    request = {
        "method": "POST",
        "url": "/services/data/v60.0/composite/sobjects",
        "referenceId": "many",
        "body": {"records": [contact(LastName="In1"), contact(FirstName="bad")]},
    }
    (answer,) = composite(avery, request)
    assert answer["httpStatusCode"] == 200
    assert [result["success"] for result in answer["body"]] == [True, False]


def test_composite_is_one_call_and_a_batch_counts_each(avery: Any, admin: Any) -> None:
    queries = [query_request("SELECT Id FROM Lead", f"q{n}") for n in range(5)]
    admin.call("DELETE", "/calls")
    composite(avery, *queries)
    assert admin.get("/calls")["api_calls"] == 1
    batch = [{"method": "GET", "url": "v60.0/limits"}, {"method": "GET", "url": "v60.0/nope"}]
    body = avery.post("/composite/batch", {"batchRequests": batch}).json()
    assert body["hasErrors"] is True
    assert [result["statusCode"] for result in body["results"]] == [200, 404]
    assert admin.get("/calls")["api_calls"] == 3
