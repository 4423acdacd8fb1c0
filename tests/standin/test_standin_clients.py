"""Other people's clients, unchanged, against the stand-in over TLS."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce, SalesforceMalformedRequest, SalesforceResourceNotFound
from simple_salesforce.exceptions import SalesforceExpiredSession

from local.judge.__main__ import judged
from local.judge.clients import CLIENTS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def trusted(salesforce: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests trusts the local authority, whatever bundle the machine's environment names."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(salesforce.ca_file))


@pytest.fixture
def sf(avery: Any, trusted: None) -> Iterator[Salesforce]:
    """simple-salesforce with a session given."""
    assert trusted is None
    with requests.Session() as session:
        yield Salesforce(
            instance_url=avery.running.https_url,
            session_id=avery.token,
            version="60.0",
            session=session,
        )


def test_simple_salesforce_reads_and_writes(sf: Salesforce) -> None:
    made = sf.Contact.create({"LastName": "Simple", "Email": "simple@mail.example"})
    assert made["success"] is True
    assert sf.Contact.update(made["id"], {"Title": "x"}) == 204
    assert sf.Contact.get(made["id"])["Title"] == "x"
    assert sf.Contact.upsert("CrmSync_Id__c/abc", {"LastName": "Up"}) == 201
    assert sf.Contact.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        sf.Contact.get(made["id"])


def test_simple_salesforce_pages_through_everything(sf: Salesforce, admin: Any) -> None:
    admin.post("/seed", {"count": 4_500})
    found = sf.query_all("SELECT Id FROM Contact WHERE Email LIKE 'person%'")
    assert (found["totalSize"], found["done"], len(found["records"])) == (4_500, True, 4_500)
    deleted = sf.query_all("SELECT Id FROM Contact", include_deleted=True)
    assert deleted["totalSize"] > 4_500


def test_simple_salesforce_understands_the_refusals(sf: Salesforce, admin: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest) as refused:
        sf.query("SELECT Nope FROM Contact")
    assert refused.value.content[0]["errorCode"] == "INVALID_FIELD"
    admin.post("/sessions/expire", {})
    with pytest.raises(SalesforceExpiredSession):
        sf.limits()


def test_simple_salesforce_tracks_the_usage_header(sf: Salesforce, admin: Any) -> None:
    admin.put("/quota", {"used": 41, "max": 15_000})
    sf.query("SELECT Id FROM Lead")
    assert sf.api_usage["api-usage"] == (42, 15_000)


def test_simple_salesforce_describes_and_composes(sf: Salesforce) -> None:
    described = sf.describe()
    assert described is not None
    assert "Contact" in {item["name"] for item in described["sobjects"]}
    assert sf.Contact.describe()["name"] == "Contact"
    records = [{"attributes": {"type": "Contact"}, "LastName": "C"}]
    body = {"allOrNone": False, "records": records}
    assert sf.restful("composite/sobjects", method="POST", json=body)[0]["success"] is True


def test_simple_salesforce_replicates(sf: Salesforce) -> None:
    end = datetime.now(UTC) + timedelta(minutes=2)
    made = sf.Contact.create({"LastName": "Replicated"})
    updated = sf.Contact.updated(end - timedelta(minutes=10), end)
    assert updated["ids"] == [made["id"]]
    sf.Contact.delete(made["id"])
    deleted = sf.Contact.deleted(end - timedelta(minutes=10), end)
    assert [row["id"] for row in deleted["deletedRecords"]] == [made["id"]]


def test_simple_salesforce_runs_bulk_two(sf: Salesforce) -> None:
    (result,) = sf.bulk2.Contact.insert(records=[{"LastName": "Bulk", "FirstName": "Two"}])
    assert (result["numberRecordsProcessed"], result["numberRecordsFailed"]) == (1, 0)
    pages = list(sf.bulk2.Contact.query("SELECT Id, LastName FROM Contact WHERE FirstName = 'Two'"))
    assert "Bulk" in pages[0]


def test_jsforce_is_satisfied() -> None:
    """As `make judge` asks it: login, rows, collections, paging, describe and Bulk API 2.0."""
    verdict = judged("jsforce", CLIENTS["jsforce"])

    if verdict.word == "absent":
        pytest.skip(f"jsforce cannot be had here: {verdict.steps[-1]}")
    assert verdict.word == "passed", verdict.steps
    assert "inserted by bulk" in verdict.steps


def test_the_lock_of_jsforce_pins_everything_by_hash_and_names_no_registry() -> None:
    lock = json.loads((ROOT / "local/judge/js/package-lock.json").read_text())

    packages = {path: about for path, about in lock["packages"].items() if path}
    assert all(about["integrity"].startswith("sha512-") for about in packages.values())
    assert not any("resolved" in about for about in packages.values())


def test_a_strict_tls_client_accepts_the_certificate(salesforce: Any) -> None:
    context = ssl.create_default_context(cafile=str(salesforce.ca_file))
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    url = f"{salesforce.https_url}/services/data"
    with urllib.request.urlopen(url, context=context, timeout=10) as answer:  # noqa: S310 - ours
        assert answer.status == 200


@pytest.mark.usefixtures("trusted")
def test_a_client_with_a_fixed_login_host_comes_in_through_the_port_as_its_proxy(
    salesforce: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", salesforce.url)
    url = "https://login.salesforce.com/services/data"
    assert requests.get(url, timeout=10).json()[0]["version"] == "42.0"


@pytest.mark.usefixtures("trusted")
def test_plain_and_tls_share_a_port_and_keep_connections(avery: Any) -> None:
    assert avery.running.url.split(":")[-1] == avery.running.https_url.split(":")[-1]
    with requests.Session() as session:
        headers = {"Authorization": f"Bearer {avery.token}"}
        for _ in range(3):
            url = f"{avery.running.https_url}/services/data/v60.0/limits"
            assert session.get(url, headers=headers, timeout=10).status_code == 200


def test_the_soap_login_gives_a_session(salesforce: Any) -> None:
    about = salesforce.described()
    envelope = (
        '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>'
        '<n1:login xmlns:n1="urn:partner.soap.sforce.com">'
        f"<n1:username>{about['username']}</n1:username><n1:password>{{}}</n1:password>"
        "</n1:login></env:Body></env:Envelope>"
    )
    url = f"{salesforce.url}/services/Soap/u/59.0"
    good = requests.post(url, data=envelope.format(about["password"]), timeout=10)
    session = good.text.split("<sessionId>")[1].split("<")[0]
    headers = {"Authorization": f"Bearer {session}"}
    answer = requests.get(
        f"{salesforce.url}/services/data/v59.0/limits", headers=headers, timeout=10
    )
    assert answer.status_code == 200
    bad = requests.post(url, data=envelope.format("wrong"), timeout=10)
    assert bad.status_code == 500
    assert "INVALID_LOGIN" in bad.text


def test_the_command_serves_several_orgs_and_says_where(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "local.standin", "--ca-dir", str(tmp_path / "ca")]
    for name in ("salesforce", "practifi_no_promote"):
        command += ["--org", f"local/orgs/{name}:0"]
    with subprocess.Popen([*command, "--ready-file", str(ready)], cwd=ROOT) as process:
        try:
            _wait_for(ready, process)
            orgs = json.loads(ready.read_text())
            assert [org["platform"] for org in orgs] == ["salesforce", "practifi"]
            for org in orgs:
                assert len([user for user in org["users"] if user["active"]]) >= 3
                bundle = str(tmp_path / "ca" / "ca.pem")
                url = f"{org['https_url']}/services/data"
                assert requests.get(url, verify=bundle, timeout=10).status_code == 200
                assert requests.get(org["admin_url"], timeout=10).json()["name"] == org["name"]
        finally:
            process.terminate()
        assert process.wait(timeout=20) == 0


def _wait_for(ready: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not ready.exists():
        assert process.poll() is None, "the command ended"
        assert time.monotonic() < deadline, "the ready file did not appear"
        time.sleep(0.05)
