"""S8 to S12: an org that has no calls left, is crowded, busy, broken, or locks its rows."""

from __future__ import annotations

from typing import Any

import pytest
from crmsync.domain.terms import TERMS_VERSION
from crmsync.services.run_slice import RunSlice

from tests.conformance.office import Office, counts
from tests.conformance.platforms import member_names
from tests.contract.salesforce.test_writing import records_sent

NEWSLETTER = "Client Newsletter"
PEOPLE = ("Ada", "Bob", "Cleo")


@pytest.fixture
def row(office: Office) -> dict[str, Any]:
    """Three people to be created and put into the seeded campaign."""
    group = office.group(*(office.contact(name, "Novak") for name in PEOPLE))
    return office.row(office.site.find("Campaign", Name=NEWSLETTER), group, "export")


def queued(office: Office, row: dict[str, Any]) -> str:
    """A run that waits for its first slice; its id."""
    answer = office.ask("runs", {"mappings": [row], "terms_version": TERMS_VERSION})
    return str(answer.body["run_id"])


def one_slice(office: Office) -> Any:
    """What becomes of the message that is ready."""
    return office.firm.deliver(RunSlice(office.firm.ports).handle)


def wait_of(office: Office) -> float:
    """In how many seconds the run goes on."""
    at = office.firm.queue.next_at()
    assert at is not None
    return float((at - office.firm.clock.now()).total_seconds())


def ended(office: Office, run_id: str) -> dict[str, Any]:
    """The run after everything that waits was worked on."""
    office.work()
    return dict(office.user.get(f"runs/{run_id}").body)


def everybody_arrived_once(office: Office) -> bool:
    """Each person exists once and is a member."""
    for name in PEOPLE:
        office.site.find("Contact", FirstName=name, LastName="Novak")
    campaign = office.site.find("Campaign", Name=NEWSLETTER)
    return set(PEOPLE) <= member_names(office.site, campaign)


def test_s8_a_spent_quota_is_not_tried_again_and_our_share_of_it_is_kept(
    office: Office, row: dict[str, Any]
) -> None:
    run_id, org = queued(office, row), office.site.running.org
    org.knobs.change({"api_max": 1_000})
    org.meter.set_used(1_000)
    seen = org.meter.requests
    assert one_slice(office) == "later"
    assert org.meter.requests - seen <= 1
    assert wait_of(office) >= 600

    org.meter.set_used(760)
    office.firm.clock.advance(wait_of(office))
    assert one_slice(office) == "later"
    assert wait_of(office) >= 600
    with pytest.raises(AssertionError, match="0 Contact"):
        office.site.find("Contact", FirstName="Ada")

    org.meter.set_used(10)
    assert ended(office, run_id)["state"] == "succeeded"
    assert everybody_arrived_once(office)


def test_s9_too_many_long_calls_at_once_are_waited_out_for_a_minute(
    office: Office, row: dict[str, Any]
) -> None:
    run_id, org = queued(office, row), office.site.running.org
    body = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentPerOrgLongTxn"}]
    usage = {"Sforce-Limit-Info": "api-usage=50/10000"}
    answer = {"status": 403, "body": body, "headers": usage}
    office.site.fault("status", path="composite", with_=answer)
    seen = org.meter.requests

    assert one_slice(office) == "later"

    assert 30 <= wait_of(office) <= 120
    assert org.meter.requests - seen <= 3
    assert ended(office, run_id)["state"] == "succeeded"
    assert everybody_arrived_once(office)


def test_s10_an_org_under_maintenance_is_left_alone_for_as_long_as_it_says(
    office: Office, row: dict[str, Any]
) -> None:
    run_id = queued(office, row)
    busy = {"status": 503, "body": "<html>Maintenance", "headers": {"Retry-After": "480"}}
    office.site.fault("status", path="/services/data", with_=busy)
    assert one_slice(office) == "later"
    assert wait_of(office) >= 480

    office.firm.clock.advance(wait_of(office))
    page = {"status": 429, "body": "<html>Too many requests"}
    office.site.fault("html", path="/services/data", with_=page)
    assert one_slice(office) == "later"
    assert 300 <= wait_of(office) <= 1800

    brief = {"status": 503, "body": "", "headers": {"Retry-After": "1"}}
    office.site.fault("status", path="/services/data", with_=brief)
    assert ended(office, run_id)["state"] == "succeeded"
    assert office.site.slept
    assert everybody_arrived_once(office)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_s11_a_server_error_on_a_write_is_looked_into_before_anything_is_written_again(
    office: Office, row: dict[str, Any], status: int
) -> None:
    fault = {"kind": "status", "with_": {"status": status, "body": "<html>"}}
    office.site.fault(method="POST", body='"referenceId":"save0"', path="composite", **fault)

    office.sync(row)
    run = office.later(row)

    assert everybody_arrived_once(office)
    assert run["state"] == "succeeded"
    assert office.later(row)["state"] == "succeeded"
    assert set(counts(office.later(row))) <= {"considered", "unchanged", "skipped"}


def test_s12_a_locked_row_is_tried_again_by_itself_and_rows_come_in_order(
    office: Office, row: dict[str, Any]
) -> None:
    office.site.fault("lock_row", times=3, with_={"match": "Bob"})
    office.site.fault("lock_row", times=2, with_={"match": "CampaignId"})

    run = office.sync(row)

    assert run["state"] == "succeeded"
    assert everybody_arrived_once(office)
    assert counts(run)["created"] == 3
    joined = [r["ContactId"] for r in records_sent(office.site) if "CampaignId" in r]
    assert len(joined) > 3
    assert joined[:3] == sorted(joined[:3])
    assert len(office.site.slept) >= 2
