"""The login changes underneath: another org, another user, another address, a dead session."""

from __future__ import annotations

import pytest
from crmsync.domain.connection import ConnectionStatus
from crmsync.domain.errors import Conflict

from tests.conformance.office import BLAKE, Office, counts
from tests.conformance.platforms import Profile
from tests.contract.salesforce.standin_org import StandinOrg

REFRESHED = "00D5f000000NewAEAX"


def _refresh_sandbox(site: StandinOrg) -> None:
    """The same host, users and records, but another org."""
    with site.running.org.lock:
        site.running.org.store.select(f"UPDATE Organization SET Id = '{REFRESHED}'")
        site.running.org.org_id = REFRESHED


@pytest.fixture(autouse=True)
def _same_org_afterwards(site: StandinOrg) -> object:
    before = site.running.org.org_id
    yield
    site.running.org.org_id = before


def test_a_refreshed_sandbox_stops_the_connection_before_anything_is_written(
    office: Office, site: StandinOrg, campaign: str, profile: Profile
) -> None:
    office.settings(settings={"new_people": "create"})
    row = office.row(campaign, office.group())
    office.sync(row)
    _refresh_sandbox(site)
    office.join(row["group"]["id"], office.contact("Nadia", "Novak"))

    run = office.later(row)

    assert (run["state"], run["error"]["code"]) == ("failed", "different_org")
    assert office.connection.status is ConnectionStatus.NEEDS_REAUTH
    assert set(office.members(row["group"]["id"])) == profile.brought | {"Nadia"}
    with pytest.raises(AssertionError, match="0 Contact"):
        site.person_id("nadia@novak.example")
    (told,) = [n for n in office.notices() if n["kind"] == "connection.stopped"]
    assert "another CRM org" in told["body"]


def test_the_first_run_after_a_sandbox_refresh_is_stopped_too(
    office: Office, site: StandinOrg, campaign: str
) -> None:
    office.settings(settings={"new_people": "create"})
    group = office.group(office.contact("Nadia", "Novak"))
    assert office.user.get("connections/con1/campaigns").status == 200
    _refresh_sandbox(site)

    run = office.sync(office.row(campaign, group))

    assert (run["state"], run["error"]["code"]) == ("failed", "different_org")
    with pytest.raises(AssertionError, match="0 Contact"):
        site.person_id("nadia@novak.example")


def test_signing_in_to_the_other_org_does_not_take_the_connection_over(
    office: Office, site: StandinOrg
) -> None:
    before = office.connection
    _refresh_sandbox(site)

    with pytest.raises(Conflict, match="belongs to the org"):
        office.log_in()

    assert office.connection == before


def test_another_user_of_the_same_org_keeps_mappings_and_reads_everything_anew(
    office: Office, site: StandinOrg, campaign: str, profile: Profile
) -> None:
    row = office.row(campaign, office.group())
    office.sync(row)
    before = office.members(row["group"]["id"])

    connected = office.log_in(BLAKE)
    run = office.later(row)

    assert connected.crm_user_changed
    assert office.connection.org is not None
    assert office.connection.org.user_id == site.user_id(BLAKE)
    assert run["state"] == "succeeded"
    assert "removed" not in counts(run)
    assert set(before) <= set(office.members(row["group"]["id"]))
    assert counts(run)["considered"] >= len(profile.brought)


def test_an_expired_session_is_renewed_in_the_middle_of_a_run(
    office: Office, site: StandinOrg, campaign: str, profile: Profile
) -> None:
    group = office.group()
    office.preview(office.row(campaign, group))
    site.running.org.tokens.end_sessions(None)

    run = office.sync(office.row(campaign, group))

    assert run["state"] == "succeeded"
    assert set(office.members(group)) == profile.brought


def test_a_new_my_domain_stops_the_connection_and_signing_in_again_heals_it(
    office: Office, site: StandinOrg, campaign: str, profile: Profile
) -> None:
    row = office.row(campaign, office.group())
    office.sync(row)
    site.fault(
        "status",
        path="/services/data",
        times=0,
        with_={
            "status": 302,
            "headers": {"Location": "https://new.my.salesforce.com/"},
            "body": "",
        },
    )

    run = office.later(row)
    assert (run["state"], run["error"]["code"]) == ("failed", "org_moved")
    assert office.connection.status is ConnectionStatus.NEEDS_REAUTH

    site.running.org.faults.clear()
    site.running.org.knobs.change({"instance_url": f"https://localhost:{site.running.port}"})
    office.log_in()
    healed = office.later(row)

    assert office.connection.org is not None
    assert office.connection.org.org_url == f"https://localhost:{site.running.port}"
    assert healed["state"] == "succeeded"
    assert set(office.members(row["group"]["id"])) == profile.brought
