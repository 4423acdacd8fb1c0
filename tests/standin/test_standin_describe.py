"""Versions, limits and describe documents."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from local.standin import OrgFolder, RunningOrg, serve


def test_versions_need_no_token_and_run_from_42_to_68(salesforce: RunningOrg) -> None:
    found = requests.get(f"{salesforce.url}/services/data", timeout=10).json()
    assert [found[0]["version"], found[-1]["version"]] == ["42.0", "68.0"]
    assert found[17] == {
        "label": "Winter '24",
        "url": "/services/data/v59.0",
        "version": "59.0",
    }
    assert [v["label"] for v in found[-2:]] == ["Summer '26", "Winter '27"]


@pytest.mark.parametrize("version", ["42.0", "59.0", "68.0"])
def test_every_served_version_answers(avery: Any, version: str) -> None:
    answer = avery.get(f"/services/data/v{version}/limits")
    assert answer.status_code == 200
    assert answer.json()["DailyApiRequests"]["Max"] == 100_000


@pytest.mark.parametrize("version", ["41.0", "69.0", "60.5", "x"])
def test_other_versions_do_not_exist(avery: Any, version: str) -> None:
    assert avery.get(f"/services/data/v{version}/limits").status_code == 404


def test_the_resource_list_carries_the_identity(avery: Any) -> None:
    found = avery.get("").json()
    assert found["sobjects"] == "/services/data/v60.0/sobjects"
    assert found["identity"].endswith(avery.user_id)


def test_record_counts_are_by_object(iris: Any) -> None:
    found = iris.get("/limits/recordCount", params={"sObjects": "Contact,Lead"}).json()
    assert found == {"sObjects": [{"count": 7, "name": "Contact"}, {"count": 2, "name": "Lead"}]}


def test_the_global_describe_lists_objects_as_salesforce_does(avery: Any) -> None:
    found = avery.get("/sobjects").json()
    assert (found["encoding"], found["maxBatchSize"]) == ("UTF-8", 200)
    member = next(item for item in found["sobjects"] if item["name"] == "CampaignMember")
    assert member["keyPrefix"] == "00v"
    assert member["undeletable"] is False
    assert member["searchable"] is False
    assert member["replicateable"] is True
    assert member["urls"]["rowTemplate"].endswith("/CampaignMember/{ID}")


def fields_of(client: Any, sobject: str, version: str = "60.0") -> dict[str, Any]:
    document = client.get(f"/services/data/v{version}/sobjects/{sobject}/describe").json()
    return {item["name"]: item for item in document["fields"]}


def test_an_object_describe_says_what_may_be_written(avery: Any) -> None:
    fields = fields_of(avery, "Contact")
    assert len(fields["LastName"]) == 57
    assert not fields["LastName"]["nillable"]
    assert not fields["Name"]["createable"]
    assert fields["MailingAddress"]["type"] == "address"
    assert not fields["MailingAddress"]["updateable"]
    assert fields["MailingCity"]["compoundFieldName"] == "MailingAddress"
    assert fields["Email"]["idLookup"]
    assert fields["OwnerId"]["referenceTo"] == ["User"]
    assert fields["CrmSync_Id__c"]["externalId"]
    member = fields_of(avery, "CampaignMember")
    assert (member["ContactId"]["createable"], member["ContactId"]["updateable"]) == (True, False)
    assert not member["HasResponded"]["createable"]


def test_older_versions_leave_out_keys_they_did_not_have(avery: Any) -> None:
    old = fields_of(avery, "Contact", "42.0")
    assert "aiPredictionField" not in old["Id"]
    assert len(old["Id"]) == 55


def test_an_unchanged_describe_is_304(avery: Any) -> None:
    first = avery.get("/sobjects/Contact/describe")
    assert first.headers["ETag"].startswith('"')
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    again = avery.get("/sobjects/Contact/describe", headers=since)
    assert (again.status_code, again.text) == (304, "")


def test_a_describe_that_changed_is_sent_again(avery: Any, admin: Any) -> None:
    first = avery.get("/sobjects/Contact/describe")
    admin.post("/clock/advance", {"seconds": 5})
    admin.knob(absent_fields=["Contact.CrmSync_Id__c"])
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    again = avery.get("/sobjects/Contact/describe", headers=since)
    assert again.status_code == 200
    assert again.headers["ETag"] != first.headers["ETag"]


def test_an_unknown_object_is_not_found(avery: Any) -> None:
    answer = avery.get("/sobjects/Nothing__c/describe")
    assert answer.status_code == 404
    assert answer.json() == [
        {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}
    ]


def test_practifi_describes_person_accounts(
    practifi: RunningOrg, sign_in: Callable[[RunningOrg, str], Any]
) -> None:
    client = sign_in(practifi, "avery")
    account = fields_of(client, "Account")
    assert {"IsPersonAccount", "PersonContactId", "PersonEmail"} <= set(account)
    assert "practifi__Preferred_Email__pc" in account
    assert "CrmSync_Id__c" not in fields_of(client, "Contact")
    infos = client.get("/sobjects/Account/describe").json()["recordTypeInfos"]
    assert {info["developerName"] for info in infos} >= {"PersonAccount", "Household", "Master"}


def test_practifi_without_promote_has_no_campaigns(
    no_promote: RunningOrg, sign_in: Callable[[RunningOrg, str], Any]
) -> None:
    client = sign_in(no_promote, "avery")
    names = {item["name"] for item in client.get("/sobjects").json()["sobjects"]}
    assert "Contact" in names
    assert not {"Campaign", "CampaignMember"} & names
    answer = client.soql("SELECT Id FROM Campaign")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_TYPE")
    assert client.create("Contact", LastName="Works", FirstName="Still")


def test_salentica_calls_accounts_relationships(
    salentica: RunningOrg, sign_in: Callable[[RunningOrg, str], Any]
) -> None:
    document = sign_in(salentica, "avery").get("/sobjects/Account/describe").json()
    assert document["label"] == "Relationship"


def _small_recording(folder: Path) -> list[Path]:
    """A describe as an org might have answered it: old keys, an unknown one, a custom field."""
    blank = {"createable": True, "updateable": True, "nillable": True, "defaultedOnCreate": False}
    more = {"filterable": True, "sortable": True, "referenceTo": [], "relationshipName": None}
    rest = {"compoundFieldName": None, "picklistValues": [], "defaultValue": None, "length": 80}

    def recorded(name: str, kind: str, **changes: Any) -> dict[str, Any]:
        start = {"name": name, "label": name, "type": kind, "keyFromTheFuture": 7}
        return {**start, **blank, **more, **rest, **changes}

    system = {"createable": False, "updateable": False, "nillable": False}
    system["defaultedOnCreate"] = True
    user = {"referenceTo": ["User"]}
    fields = [
        recorded("Id", "id", **system),
        recorded("IsDeleted", "boolean", **system),
        recorded("LastName", "string", nillable=False),
        recorded("FirstName", "string"),
        recorded("Name", "string", createable=False, updateable=False),
        recorded("AccountId", "reference", referenceTo=["Account"], relationshipName="Account"),
        recorded("Email", "email"),
        recorded("Shoe_Size__c", "double"),
        recorded("OwnerId", "reference", **system, **user, relationshipName="Owner"),
        recorded("CreatedDate", "datetime", **system),
        recorded("CreatedById", "reference", **system, **user),
        recorded("LastModifiedDate", "datetime", **system),
        recorded("LastModifiedById", "reference", **system, **user),
        recorded("SystemModstamp", "datetime", **system),
    ]
    flags = dict.fromkeys(("createable", "updateable", "deletable", "queryable"), True)
    document = {
        "name": "Contact",
        "label": "Contact",
        "labelPlural": "Contacts",
        "keyPrefix": "003",
        "custom": False,
        **flags,
        "childRelationships": [],
        "recordTypeInfos": [],
        "urls": {"sobject": "/services/data/v42.0/sobjects/Contact"},
        "fields": fields,
    }
    path = folder / "Contact.recorded.json"
    path.write_text(json.dumps(document))
    return [path]


def _recordings(folder: Path) -> list[Path]:
    """Real recordings where there are some, else a small one of our own."""
    given = os.environ.get("CRMSYNC_DESCRIBES")
    if given is None:
        return _small_recording(folder)
    return [p for p in sorted(Path(given).glob("*.json")) if "v48" not in p.name]


def test_a_recorded_describe_loads_unchanged_under_an_overlay(
    tmp_path: Path, ca_dir: Path, sign_in: Callable[[RunningOrg, str], Any]
) -> None:
    recorded = _recordings(tmp_path)
    source = Path(__file__).parents[2] / "local" / "orgs" / "salesforce"
    with serve(OrgFolder(source, recorded), ca_dir=ca_dir) as running:
        client = sign_in(running, "iris")
        for path in recorded:
            expected = json.loads(path.read_text())
            if "fields" not in expected:
                continue
            served = client.get(f"/sobjects/{expected['name']}/describe").json()
            known = {item["name"] for item in expected["fields"]}
            shown = [item for item in served["fields"] if item["name"] in known]
            assert shown == expected["fields"]
            children = expected["childRelationships"]
            assert served["childRelationships"][: len(children)] == children
            rest = {"fields": None, "childRelationships": None}
            assert {**served, **rest} == {**expected, **rest}
            overlay = {item["name"] for item in served["fields"]} - known
            assert "CrmSync_Id__c" in overlay or expected["name"] == "Campaign"
        record_id = client.create("Contact", LastName="Recorded", FirstName="Re")
        assert client.rows("SELECT Id FROM Contact WHERE Name = 'Re Recorded'")
        values = {"CrmSync_Id__c": "x-1"}
        assert client.patch(f"/sobjects/Contact/{record_id}", values).status_code == 204
