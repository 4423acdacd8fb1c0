"""One record at a time: create, read, change, upsert, delete."""

from __future__ import annotations

from typing import Any

import pytest


def test_create_is_201_with_a_location(avery: Any) -> None:
    answer = avery.post("/sobjects/Contact", {"LastName": "New", "Email": "new@mail.example"})
    assert answer.status_code == 201
    body = answer.json()
    assert body == {"id": body["id"], "success": True, "errors": []}
    assert answer.headers["Location"] == f"/services/data/v60.0/sobjects/Contact/{body['id']}"


def test_patch_is_204_with_no_body(avery: Any) -> None:
    answer = avery.patch(f"/sobjects/Contact/{avery.contact('Holt')}", {"Title": "Dr."})
    assert (answer.status_code, answer.content) == (204, b"")


def test_delete_is_204_with_no_body(avery: Any) -> None:
    answer = avery.delete(f"/sobjects/Contact/{avery.contact('Holt')}")
    assert (answer.status_code, answer.content) == (204, b"")


def test_read_gives_every_readable_field_nulls_included(avery: Any) -> None:
    row = avery.get(f"/sobjects/Contact/{avery.contact('Reyes')}").json()
    assert row["Email"] is None
    assert row["HasOptedOutOfEmail"] is False
    assert row["Name"] == "Tom Reyes"
    assert row["attributes"]["type"] == "Contact"


def test_read_can_be_narrowed_to_fields(avery: Any) -> None:
    path = f"/sobjects/Contact/{avery.contact('Reyes')}"
    row = avery.get(path, params={"fields": "LastName,Phone"}).json()
    assert set(row) == {"attributes", "LastName", "Phone"} or set(row) == {
        "attributes",
        "Id",
        "LastName",
        "Phone",
    }


def test_only_changed_fields_change_and_the_stamps_move(avery: Any, admin: Any) -> None:
    pia = avery.contact("Lindqvist")
    before = avery.get(f"/sobjects/Contact/{pia}").json()
    admin.post("/clock/advance", {"seconds": 60})
    avery.patch(f"/sobjects/Contact/{pia}", {"Title": "Founder"})
    after = avery.get(f"/sobjects/Contact/{pia}").json()
    moved = {name for name in after if after[name] != before[name]}
    assert moved == {"Title", "LastModifiedDate", "LastModifiedById", "SystemModstamp"} - {
        name for name in ("LastModifiedById",) if after[name] == before[name]
    }


@pytest.mark.parametrize(
    ("values", "code", "fields"),
    [
        ({"FirstName": "x"}, "REQUIRED_FIELD_MISSING", ["LastName"]),
        ({"LastName": "x", "Nope": 1}, "INVALID_FIELD", None),
        ({"LastName": "x", "Email": "not-an-address"}, "INVALID_EMAIL_ADDRESS", ["Email"]),
        ({"LastName": "x" * 81}, "STRING_TOO_LONG", ["LastName"]),
        ({"LastName": "x", "Name": "y"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["Name"]),
        ({"LastName": "x", "AccountId": "123"}, "MALFORMED_ID", ["AccountId"]),
        ({"LastName": "x", "HasOptedOutOfEmail": "perhaps"}, "JSON_PARSER_ERROR", None),
        ({"LastName": "x", "Birthdate": "tomorrow"}, "JSON_PARSER_ERROR", None),
    ],
)
def test_a_bad_value_is_refused_with_its_code_and_fields(
    avery: Any, values: dict[str, Any], code: str, fields: list[str] | None
) -> None:
    answer = avery.post("/sobjects/Contact", values)
    assert answer.status_code == 400
    (error,) = answer.json()
    assert error["errorCode"] == code
    assert error.get("fields") == fields
    assert "statusCode" not in error


def test_the_words_of_a_missing_field_and_of_an_unknown_one(avery: Any) -> None:
    missing = avery.post("/sobjects/Account", {"Phone": "1"}).json()
    assert missing == [
        {
            "message": "Required fields are missing: [Name]",
            "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["Name"],
        }
    ]
    unknown = avery.post("/sobjects/Account", {"Name": "x", "foo": 1}).json()
    assert unknown[0]["message"] == "No such column 'foo' on sobject of type Account"


def test_a_body_that_is_not_json_is_a_parser_error(avery: Any) -> None:
    answer = avery.call("POST", "/sobjects/Contact", data="{")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_a_required_field_cannot_be_cleared(avery: Any) -> None:
    answer = avery.patch(f"/sobjects/Contact/{avery.contact('Holt')}", {"LastName": ""})
    assert answer.json()[0]["errorCode"] == "REQUIRED_FIELD_MISSING"


def test_surrounding_blanks_are_trimmed_and_blank_is_null(avery: Any) -> None:
    record_id = avery.create("Contact", LastName="  Padded ", Title="   ")
    row = avery.get(f"/sobjects/Contact/{record_id}").json()
    assert (row["LastName"], row["Title"]) == ("Padded", None)


def test_an_unknown_and_a_deleted_record_are_not_found(avery: Any) -> None:
    holt = avery.contact("Holt")
    avery.delete(f"/sobjects/Contact/{holt}")
    for record_id in (holt, "003000000000000AAA"):
        answer = avery.get(f"/sobjects/Contact/{record_id}")
        assert answer.status_code == 404
        assert answer.json() == [
            {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}
        ]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_touching_a_deleted_record_says_entity_is_deleted(avery: Any, method: str) -> None:
    holt = avery.contact("Holt")
    avery.delete(f"/sobjects/Contact/{holt}")
    body = {"json": {"Title": "x"}} if method == "PATCH" else {}
    answer = avery.call(method, f"/sobjects/Contact/{holt}", **body)
    assert answer.status_code == 404
    assert answer.json() == [
        {"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED", "fields": []}
    ]


def test_a_method_the_resource_lacks_is_405(avery: Any) -> None:
    answer = avery.call("PUT", "/sobjects/Contact")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


def test_upsert_creates_with_201_and_updates_with_200(avery: Any) -> None:
    path = "/sobjects/Contact/CrmSync_Id__c/ext%2F1"
    created = avery.patch(path, {"LastName": "Up"})
    assert (created.status_code, created.json()["created"]) == (201, True)
    updated = avery.patch(path, {"LastName": "Upper"})
    assert updated.status_code == 200
    assert updated.json() == {
        "id": created.json()["id"],
        "success": True,
        "errors": [],
        "created": False,
    }
    assert (
        avery.one("SELECT CrmSync_Id__c FROM Contact WHERE LastName = 'Upper'")["CrmSync_Id__c"]
        == "ext/1"
    )


def test_upsert_before_version_46_answers_204(avery: Any) -> None:
    path = "/services/data/v45.0/sobjects/Contact/CrmSync_Id__c/old"
    assert avery.patch(path, {"LastName": "Old"}).status_code == 201
    assert avery.patch(path, {"LastName": "Older"}).status_code == 204


def test_upsert_by_a_field_that_is_no_external_id_is_not_found(avery: Any) -> None:
    answer = avery.patch("/sobjects/Contact/Title/x", {"LastName": "y"})
    assert answer.status_code == 404
    assert answer.json()[0]["message"] == (
        "Provided external ID field does not exist or is not accessible: Title"
    )


def test_two_records_of_one_external_id_are_300(iris: Any, admin: Any) -> None:
    ids = [iris.create("Contact", LastName=f"Twin {n}", CrmSync_Id__c=f"t{n}") for n in (1, 2)]
    admin.post("/raw", {"id": ids[1], "values": {"CrmSync_Id__c": "t1"}})
    answer = iris.patch("/sobjects/Contact/CrmSync_Id__c/t1", {"Title": "x"})
    assert answer.status_code == 300
    assert sorted(url.rsplit("/", 1)[1] for url in answer.json()) == sorted(ids)


def test_an_external_id_is_unique(avery: Any) -> None:
    first = avery.create("Contact", LastName="One", CrmSync_Id__c="same")
    answer = avery.post("/sobjects/Contact", {"LastName": "Two", "CrmSync_Id__c": "same"})
    assert answer.json()[0] == {
        "message": (
            f"duplicate value found: CrmSync_Id__c duplicates value on record with id: {first[:15]}"
        ),
        "errorCode": "DUPLICATE_VALUE",
        "fields": [],
    }


def test_a_reference_can_be_named_by_external_id(avery: Any) -> None:
    person = avery.create("Contact", LastName="Ref", CrmSync_Id__c="ref-1")
    campaign = avery.campaign("Client Newsletter")
    member = avery.create("CampaignMember", CampaignId=campaign, Contact={"CrmSync_Id__c": "ref-1"})
    assert (
        avery.one(f"SELECT ContactId FROM CampaignMember WHERE Id = '{member}'")["ContactId"]
        == person
    )
    answer = avery.post(
        "/sobjects/CampaignMember",
        {"CampaignId": campaign, "Contact": {"CrmSync_Id__c": "nobody"}},
    )
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD"


def test_if_unmodified_since_refuses_a_change_over_a_newer_one(avery: Any, admin: Any) -> None:
    path = f"/sobjects/Contact/{avery.contact('Holt')}"
    seen = avery.get(path).headers["Last-Modified"]
    admin.post("/clock/advance", {"seconds": 60})
    condition = {"headers": {"If-Unmodified-Since": seen}}
    assert avery.patch(path, {"Title": "a"}, **condition).status_code == 204
    assert avery.patch(path, {"Title": "b"}, **condition).status_code == 412


def test_a_reference_must_exist(avery: Any) -> None:
    answer = avery.post("/sobjects/Contact", {"LastName": "x", "AccountId": "001000000000000AAA"})
    assert answer.json()[0]["errorCode"] == "INVALID_CROSS_REFERENCE_KEY"
