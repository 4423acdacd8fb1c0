"""Bulk API 2.0."""

from __future__ import annotations

import csv
import io
from typing import Any


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def ingest(client: Any, data: str, **about: str) -> dict[str, Any]:
    """Run one ingest job to its end; the job as it finished."""
    job = client.post("/jobs/ingest", {"contentType": "CSV", "lineEnding": "LF", **about}).json()
    assert job["state"] == "Open"
    assert not job["contentUrl"].startswith("/")
    headers = {"Content-Type": "text/csv"}
    uploaded = client.call(
        "PUT", f"/{'/'.join(job['contentUrl'].split('/')[3:])}", data=data, headers=headers
    )
    assert (uploaded.status_code, uploaded.content) == (201, b"")
    closed = client.patch(f"/jobs/ingest/{job['id']}", {"state": "UploadComplete"})
    assert (closed.status_code, closed.json()["state"]) == (200, "UploadComplete")
    return dict(client.get(f"/jobs/ingest/{job['id']}").json())


def test_an_ingest_job_inserts_and_reports_each_row(avery: Any) -> None:
    data = "FirstName,LastName,Email\nBulk,One,one@mail.example\nBulk,,two@mail.example\n"
    job = ingest(avery, data, object="Contact", operation="insert")
    assert (job["state"], job["jobType"]) == ("JobComplete", "V2Ingest")
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (2, 1)
    assert isinstance(job["apiVersion"], float)
    path = f"/jobs/ingest/{job['id']}"
    (good,) = rows_of(avery.get(f"{path}/successfulResults").text)
    assert (good["sf__Created"], good["LastName"]) == ("true", "One")
    assert avery.get(f"/sobjects/Contact/{good['sf__Id']}").status_code == 200
    (bad,) = rows_of(avery.get(f"{path}/failedResults").text)
    assert bad["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    assert rows_of(avery.get(f"{path}/unprocessedrecords").text) == []


def test_an_empty_cell_changes_nothing_and_na_clears(avery: Any) -> None:
    pia = avery.contact("Lindqvist")
    data = f"Id,Title,Phone\n{pia},,#N/A\n"
    job = ingest(avery, data, object="Contact", operation="update")
    assert job["numberRecordsFailed"] == 0
    row = avery.get(f"/sobjects/Contact/{pia}").json()
    assert (row["Title"], row["Phone"]) == ("Owner", None)


def test_bulk_upsert_and_parent_columns(avery: Any) -> None:
    data = "LastName,CrmSync_Id__c\nUp,u1\n"
    for expected in ("true", "false"):
        job = ingest(
            avery,
            data,
            object="Contact",
            operation="upsert",
            externalIdFieldName="CrmSync_Id__c",
        )
        (row,) = rows_of(avery.get(f"/jobs/ingest/{job['id']}/successfulResults").text)
        assert row["sf__Created"] == expected
    campaign = avery.campaign("Client Newsletter")
    members = f"CampaignId,Contact.CrmSync_Id__c\n{campaign},u1\n{campaign},u1\n"
    job = ingest(avery, members, object="CampaignMember", operation="insert")
    assert job["numberRecordsFailed"] == 1
    (bad,) = rows_of(avery.get(f"/jobs/ingest/{job['id']}/failedResults").text)
    assert bad["sf__Error"] == "DUPLICATE_VALUE:Already a campaign member.:--"


def test_a_job_can_be_seen_in_progress(avery: Any, admin: Any) -> None:
    admin.knob(bulk_polls=2)
    job = ingest(avery, "LastName\nSlow\n", object="Contact", operation="insert")
    assert job["state"] == "InProgress"
    states = [avery.get(f"/jobs/ingest/{job['id']}").json()["state"] for _ in range(2)]
    assert states == ["InProgress", "JobComplete"]


def test_a_multipart_request_makes_and_runs_a_job_in_one_call(avery: Any) -> None:
    about = '{"object": "Contact", "operation": "insert", "contentType": "CSV"}'
    parts = {
        "job": (None, about, "application/json"),
        "content": ("content", "LastName\nMulti\n", "text/csv"),
    }
    job = avery.call("POST", "/jobs/ingest", files=parts).json()
    assert job["state"] == "UploadComplete"
    assert avery.get(f"/jobs/ingest/{job['id']}").json()["numberRecordsProcessed"] == 1
    assert avery.contact("Multi")


def test_an_aborted_job_does_nothing(avery: Any) -> None:
    job = avery.post("/jobs/ingest", {"object": "Contact", "operation": "insert"}).json()
    aborted = avery.patch(f"/jobs/ingest/{job['id']}", {"state": "Aborted"}).json()
    assert aborted["state"] == "Aborted"
    again = avery.patch(f"/jobs/ingest/{job['id']}", {"state": "UploadComplete"})
    assert again.status_code == 400
    assert avery.delete(f"/jobs/ingest/{job['id']}").status_code == 204


def test_a_query_job_pages_with_a_locator_that_ends_in_null(avery: Any) -> None:
    statement = "SELECT Id, LastName, Account.Name, CreatedDate, HasOptedOutOfEmail FROM Contact"
    job = avery.post("/jobs/query", {"operation": "query", "query": statement}).json()
    assert job["state"] == "UploadComplete"
    done = avery.get(f"/jobs/query/{job['id']}").json()
    assert (done["state"], done["numberRecordsProcessed"]) == ("JobComplete", 6)
    path, found, locator = f"/jobs/query/{job['id']}/results", [], ""
    while locator != "null":
        page = avery.get(path, params={"maxRecords": "4", "locator": locator or None})
        found += rows_of(page.text)
        assert page.headers["Sforce-NumberOfRecords"] == str(len(rows_of(page.text)))
        locator = page.headers["Sforce-Locator"]
    assert len(found) == 6
    holt = next(row for row in found if row["LastName"] == "Holt")
    assert (holt["Account.Name"], holt["HasOptedOutOfEmail"]) == ("", "true")
    assert holt["CreatedDate"].endswith(".000Z")


def test_results_belong_to_the_version_the_job_was_made_with(avery: Any) -> None:
    body = {"operation": "query", "query": "SELECT Id FROM Contact"}
    job = avery.post("/jobs/query", body).json()
    other = avery.get(f"/services/data/v59.0/jobs/query/{job['id']}/results")
    assert other.status_code == 409
    assert avery.delete(f"/jobs/query/{job['id']}").status_code == 204
    assert avery.get("/jobs/query").json() == {"done": True, "records": [], "nextRecordsUrl": None}


def test_a_query_job_refuses_addresses(avery: Any) -> None:
    body = {"operation": "query", "query": "SELECT MailingAddress FROM Contact"}
    assert avery.post("/jobs/query", body).status_code == 400


def test_a_query_all_job_reads_the_bin(avery: Any) -> None:
    avery.delete(f"/sobjects/Contact/{avery.contact('Holt')}")
    body = {"operation": "queryAll", "query": "SELECT LastName, IsDeleted FROM Contact"}
    job = avery.post("/jobs/query", body).json()
    rows = rows_of(avery.get(f"/jobs/query/{job['id']}/results").text)
    assert {row["LastName"] for row in rows if row["IsDeleted"] == "true"} == {"Holt"}
