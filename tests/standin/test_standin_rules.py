"""The org's own rules: duplicates, validation, normalisation, automation."""

from __future__ import annotations

from typing import Any

import pytest

DUPLICATE_RULE = {"object": "Contact", "name": "Same_Person", "match": ["LastName", "Email"]}
TWIN = {"LastName": "Lindqvist", "Email": "pia@millbrook.example"}


@pytest.mark.parametrize("key", ["duplicateResut", "duplicateResult"])
def test_a_detected_duplicate_names_the_records_it_matches(
    avery: Any, admin: Any, key: str
) -> None:
    admin.put("/rules/duplicate_rules", [DUPLICATE_RULE])
    admin.knob(duplicate_result_key=key)
    answer = avery.post("/sobjects/Contact", TWIN)
    assert answer.status_code == 400
    (error,) = answer.json()
    assert error["errorCode"] == "DUPLICATES_DETECTED"
    result = error[key]
    assert (result["allowSave"], result["duplicateRule"]) == (True, "Same_Person")
    (match,) = result["matchResults"][0]["matchRecords"]
    assert match["record"]["Id"] == avery.contact("Lindqvist")


def test_a_duplicate_in_a_collection_comes_without_the_match(avery: Any, admin: Any) -> None:
    admin.put("/rules/duplicate_rules", [DUPLICATE_RULE])
    record = {"attributes": {"type": "Contact"}, **TWIN}
    (result,) = avery.post("/composite/sobjects", {"records": [record]}).json()
    (error,) = result["errors"]
    assert error == {
        "statusCode": "DUPLICATES_DETECTED",
        "message": "Use one of these records?",
        "fields": [],
    }


def test_the_duplicate_rule_header_lets_a_duplicate_through(avery: Any, admin: Any) -> None:
    admin.put("/rules/duplicate_rules", [DUPLICATE_RULE])
    allow = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert avery.post("/sobjects/Contact", TWIN, headers=allow).status_code == 201
    admin.put("/rules/duplicate_rules", [{**DUPLICATE_RULE, "allow_save": False}])
    assert avery.post("/sobjects/Contact", TWIN, headers=allow).status_code == 400


def test_a_duplicate_rule_looks_only_at_what_the_user_sees(blake: Any, admin: Any) -> None:
    admin.put("/rules/duplicate_rules", [DUPLICATE_RULE])
    assert blake.post("/sobjects/Contact", TWIN).status_code == 201


def test_a_validation_rule_refuses_and_undoes_the_write(avery: Any, admin: Any) -> None:
    rule = {
        "object": "Contact",
        "name": "Reachable",
        "error_when": "Email = null AND Phone = null",
        "message": "Give an address or a number.",
        "field": "Email",
    }
    admin.put("/rules/validation_rules", [rule])
    answer = avery.post("/sobjects/Contact", {"LastName": "Unreachable"})
    assert answer.status_code == 400
    assert answer.json() == [
        {
            "message": "Give an address or a number.",
            "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "fields": ["Email"],
        }
    ]
    assert avery.rows("SELECT Id FROM Contact WHERE LastName = 'Unreachable'") == []
    holt = avery.contact("Holt")
    assert avery.patch(f"/sobjects/Contact/{holt}", {"Email": None}).status_code == 400
    assert avery.get(f"/sobjects/Contact/{holt}").json()["Email"] == "vera.holt@mail.example"


def test_normalisation_changes_values_within_the_write(avery: Any, admin: Any) -> None:
    rules = [
        {"object": "Contact", "field": "Email", "steps": ["lower"]},
        {"object": "Contact", "field": "Phone", "steps": ["phone"]},
    ]
    admin.put("/rules/normalisations", rules)
    made = avery.create("Contact", LastName="N", Email="UP@Mail.Example", Phone="+1 617 555 0199")
    row = avery.get(f"/sobjects/Contact/{made}").json()
    assert (row["Email"], row["Phone"]) == ("up@mail.example", "(617) 555-0199")
    assert row["LastModifiedById"] == avery.user_id


def test_an_automation_can_copy_set_and_be_conditional(avery: Any, admin: Any) -> None:
    rule = {
        "object": "Contact",
        "when": "Title = 'Rewrite me'",
        "set": {"Department": {"copy": "LastName"}, "Title": {"value": "Rewritten"}},
    }
    admin.put("/rules/automations", [rule])
    left = avery.create("Contact", LastName="Alone", Title="Stay")
    changed = avery.create("Contact", LastName="Moved", Title="Rewrite me")
    assert avery.get(f"/sobjects/Contact/{left}").json()["Title"] == "Stay"
    row = avery.get(f"/sobjects/Contact/{changed}").json()
    assert (row["Title"], row["Department"]) == ("Rewritten", "Moved")


def test_unknown_rules_are_refused_by_name(admin: Any) -> None:
    with pytest.raises(AssertionError, match="unknown rules"):
        admin.put("/rules/magic", [])
