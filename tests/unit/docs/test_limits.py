"""The numbers and absences that docs/limits.md admits to are the code's."""

from __future__ import annotations

from datetime import timedelta

from crmsync.adapters.salesforce.composite import COLLECTION_SIZE
from crmsync.adapters.salesforce.settings import SalesforceSettings
from crmsync.domain.guard import MIN_REMOVALS
from crmsync.services.choose_reading import FULL_EVERY, OFFLINE_LIMIT
from crmsync.services.gathering import OVERLAP
from crmsync.services.plan_parts import PART_SIZE
from crmsync.services.post_webhooks import WAITS

from tests.template.template import written
from tests.unit.docs.tables import PROJECT

TEXT = " ".join((PROJECT / "docs" / "limits.md").read_text("utf-8").split())


def test_how_late_a_commit_may_become_visible() -> None:
    assert (timedelta(minutes=10), timedelta(weeks=1)) == (OVERLAP, FULL_EVERY)
    assert "the 10 minutes before the last watermark" in TEXT
    assert "the next full read, at most a week later" in TEXT


def test_how_long_deleted_rows_can_be_read() -> None:
    assert timedelta(days=15) == OFFLINE_LIMIT
    assert "can be read for 15 days" in TEXT


def test_how_much_the_guard_lets_through() -> None:
    assert MIN_REMOVALS == 10
    assert "never holds ten removals or fewer" in TEXT


def test_how_much_of_the_api_budget_is_left_to_others() -> None:
    assert SalesforceSettings().budget_share == 0.75
    assert "once 75 % of the org's daily calls are used" in TEXT


def test_how_many_records_go_into_one_request_and_one_part() -> None:
    assert (COLLECTION_SIZE, PART_SIZE) == (200, 2000)
    assert "200 records each" in TEXT
    assert "a plan part of 2,000 changes" in TEXT


def test_how_long_a_webhook_is_tried() -> None:
    assert len(WAITS) + 1 == 10
    assert timedelta(hours=75) < sum(WAITS, timedelta()) < timedelta(hours=76)
    assert "ten times within about 75 hours" in TEXT


def test_how_many_workers_all_tenants_share() -> None:
    run_sync = written().of_type("AWS::Serverless::Function")["RunSyncFunction"]
    source = run_sync["Events"]["Slice"]["Properties"]

    assert source["ScalingConfig"]["MaximumConcurrency"] == 20
    assert "share 20 workers" in TEXT


def test_what_is_said_not_to_be_there_is_not() -> None:
    adapter = PROJECT / "layers" / "shared" / "crmsync" / "adapters" / "salesforce"
    sources = "".join(path.read_text("utf-8") for path in sorted(adapter.rglob("*.py")))

    assert "There is no crossover to Bulk API 2.0" in TEXT
    assert "jobs/ingest" not in sources
    assert "A person created in the CRM has no account" in TEXT
    assert "AccountId" not in (adapter / "writes.py").read_text("utf-8")
