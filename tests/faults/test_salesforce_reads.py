"""S20 to S24, S30 to S34, S36: merges, late rows, broken pages, things hidden, gone or emptied."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from crmsync.domain.errors import Retry
from crmsync.domain.terms import TERMS_VERSION

from tests.conformance.office import Office, counts
from tests.conformance.platforms import member_names
from tests.contract.salesforce.standin_org import SHORT, StandinOrg

NEWSLETTER = "Client Newsletter"
BROUGHT = {"Chidi", "Ngozi", "Pia", "Vera", "Omar"}
QUIET = {"considered", "unchanged", "skipped"}


@pytest.fixture
def campaign(site: StandinOrg) -> str:
    """The seeded campaign; its id."""
    return site.find("Campaign", Name=NEWSLETTER)


@pytest.fixture
def row(office: Office, campaign: str) -> dict[str, Any]:
    """It and a new group, synced once both ways."""
    made = office.row(campaign, office.group())
    office.sync(made)
    assert in_group(office, made) == BROUGHT
    return made


def in_group(office: Office, row: dict[str, Any]) -> set[str]:
    """Who is in the group."""
    return set(office.members(row["group"]["id"]))


def pages(site: StandinOrg, body: Any, times: int = 1, path: str = "CampaignMember") -> None:
    """What queries about members are answered."""
    answer = {"status": 200, "body": body}
    site.fault("status", within="composite", path=path, times=times, with_=answer)


def run_while(
    office: Office, row: dict[str, Any], act: Callable[[], object], **by: float
) -> dict[str, Any]:
    """A run that was queued before something happened, to its end."""
    office.firm.pass_time(**(by or {"minutes": 30}))
    answer = office.ask("runs", {"mappings": [row], "terms_version": TERMS_VERSION})
    act()
    office.work()
    return dict(office.user.get(f"runs/{answer.body['run_id']}").body)


def test_s20_a_merge_moves_the_link_creates_nobody_and_keeps_the_opt_out(
    office: Office, site: StandinOrg, row: dict[str, Any]
) -> None:
    pia = office.members(row["group"]["id"])["Pia"]["id"]
    loser = site.find("Contact", FirstName="Pia")
    master = site.create(
        "Contact", by="avery.advisor", FirstName="Pia", LastName="Other", Email="p@other.example"
    )
    site.update("Contact", loser, HasOptedOutOfEmail=True)

    site.do("merge", master_id=master, loser_ids=[loser])
    runs = [office.later(row), office.later(row)]
    site.update("Contact", master, Title="Merged")
    office.later(row)

    assert office.reads(pia)["title"] == "Merged"
    assert office.reads(pia)["mailable"] is False
    assert in_group(office, row) == BROUGHT
    assert all("created" not in counts(run) for run in runs)


def test_s21_a_row_committed_late_and_rows_of_one_instant_are_all_seen_once(
    office: Office, site: StandinOrg, row: dict[str, Any]
) -> None:
    here = office.members(row["group"]["id"])
    people = {name: site.find("Contact", FirstName=name) for name in ("Pia", "Chidi", "Vera")}
    office.firm.pass_time(minutes=30)
    office.sync(row)
    site.do("late-commit", id=people["Pia"], values={"Title": "Late"}, seconds_ago=9 * 60)
    for name in ("Chidi", "Vera"):
        site.update("Contact", people[name], Title="Same instant")

    run = office.sync(row)

    assert office.reads(here["Pia"]["id"])["title"] == "Late"
    assert office.reads(here["Chidi"]["id"])["title"] == "Same instant"
    assert office.reads(here["Vera"]["id"])["title"] == "Same instant"
    assert counts(run)["updated"] == 3
    assert set(counts(office.sync(row))) <= QUIET


def test_s22_an_expired_page_is_asked_for_again_and_never_a_short_list(
    office: Office, site: StandinOrg, campaign: str
) -> None:
    site.running.org.knobs.change({"query_batch": 2})
    expired = [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]
    answer = {"status": 400, "body": expired}
    site.fault("status", within="composite", path=r"/query/\w", with_=answer)
    made = office.row(campaign, office.group())

    run = office.sync(made)

    assert run["state"] == "succeeded"
    assert in_group(office, made) == BROUGHT
    site.fault("status", within="composite", path=r"/query/\w", times=0, with_=answer)
    with pytest.raises(Retry, match="page_expired"):
        site.crm("iris.integration").member_ids(campaign)


def test_s23_a_page_that_contradicts_itself_is_asked_again_and_removes_nobody(
    office: Office, site: StandinOrg, row: dict[str, Any]
) -> None:
    evil = "https://evil.example/services/data/v62.0/query/01g5f0000000001AAA-2000"
    for page in (
        {"totalSize": 5, "done": True},
        {"totalSize": 5, "done": False, "records": []},
        {"totalSize": 5, "done": True, "records": []},
        {"totalSize": 9, "done": False, "records": [], "nextRecordsUrl": evil},
    ):
        run = run_while(office, row, functools.partial(pages, site, page), days=8)
        assert run["state"] == "succeeded", run["error"]
        assert set(counts(run)) <= QUIET
        assert in_group(office, row) == BROUGHT

    again = "/services/data/v62.0/query/01g5f0000000001AAA-2000"
    round_and_round = {"totalSize": 9, "done": False, "records": [], "nextRecordsUrl": again}
    path = "FROM%20CampaignMember|/query/01g"
    run = run_while(office, row, lambda: pages(site, round_and_round, 0, path), days=8)

    assert (run["state"], run["error"]["code"]) == ("failed", "gave_up")
    assert in_group(office, row) == BROUGHT


@pytest.mark.parametrize(
    ("kind", "with_"),
    [
        ("truncate", {"bytes": 40}),
        ("html", {"status": 200, "body": "<html>Maintenance</html>"}),
        ("rewrite", {"remove": ["compositeResponse"]}),
        ("drip", {"seconds": 0.3}),
    ],
)
def test_s24_an_answer_cut_off_mislabelled_or_dripping_is_read_again_or_looked_into(
    office: Office, site: StandinOrg, row: dict[str, Any], kind: str, with_: dict[str, object]
) -> None:
    if kind == "drip":
        crm = site.crm(limits=SHORT)
        crm.schema()
        site.fault(kind, path="composite", with_=with_, times=0)
        with pytest.raises(Retry, match="crm_answer_lost"):
            crm.campaigns("", None)
        return
    site.fault(kind, path="composite", with_=with_)
    assert office.later(row)["state"] == "succeeded"

    office.join(row["group"]["id"], office.contact("Ada", "Novak"))
    site.fault(kind, path="composite", with_=with_, body='"referenceId":"save0"')
    for _ in range(3):
        run = office.later(row)

    assert set(counts(run)) <= QUIET
    site.find("Contact", FirstName="Ada")
    assert member_names(site, row["campaign"]["id"]) >= {"Ada"}


def test_s30_a_retired_api_or_a_missing_object_stops_with_a_plain_reason(
    office: Office, site: StandinOrg, row: dict[str, Any]
) -> None:
    gone = [{"errorCode": "UNSUPPORTED_API_VERSION", "message": "The requested resource is gone"}]
    retired = {"status": 410, "body": gone}
    run = run_while(
        office,
        row,
        lambda: site.fault("status", path="/services/data", times=0, with_=retired),
    )
    assert (run["state"], run["error"]["code"]) == ("failed", "api_version_retired")
    assert "Tell the operator" in run["error"]["detail"]

    site.running.org.faults.clear()
    office.cold()
    run = run_while(
        office, row, lambda: site.change_user("avery.advisor", hidden_objects=["Campaign"])
    )
    assert run["state"] in ("failed", "partial")
    assert in_group(office, row) == BROUGHT
    assert "removed" not in counts(run)


def test_s31_a_field_that_is_hidden_or_gone_is_left_out_and_never_read_as_blank(
    office: Office, site: StandinOrg, row: dict[str, Any]
) -> None:
    pia = office.members(row["group"]["id"])["Pia"]
    person = site.find("Contact", FirstName="Pia")
    site.update("Contact", person, Title="Potter", MailingCity="Leeds")
    office.later(row)
    site.change_user("avery.advisor", hidden_fields=["Contact.Title"])
    office.edit(pia["id"], city="York")
    for _ in range(2):
        run = office.later(row)

    assert run["state"] == "succeeded"
    assert office.reads(pia["id"])["title"] == "Potter"
    assert site.row(person)["Title"] == "Potter"
    assert site.row(person)["MailingCity"] == "York"

    site.change_user("avery.advisor", hidden_fields=[])
    site.update("Contact", person, Title="Master potter")
    office.cold()
    office.later(row)
    assert office.reads(pia["id"])["title"] == "Master potter"


def test_s32_a_campaign_switched_off_deleted_or_renamed_costs_nobody_their_group(
    office: Office, site: StandinOrg, row: dict[str, Any]
) -> None:
    campaign = row["campaign"]["id"]
    site.update("Campaign", campaign, Name="Called something else")
    run = office.later(row)
    assert (run["state"], run["mappings"][0]["campaign"]["name"]) == (
        "succeeded",
        "Called something else",
    )

    off = run_while(office, row, lambda: site.update("Campaign", campaign, IsActive=False))
    assert off["mappings"][0]["reason"] == "campaign_inactive"
    site.update("Campaign", campaign, IsActive=True)
    gone = run_while(office, row, lambda: site.delete("Campaign", campaign))

    assert gone["mappings"][0]["reason"] == "campaign_gone"
    assert {off["mappings"][0]["state"], gone["mappings"][0]["state"]} == {"paused"}
    assert in_group(office, row) == BROUGHT


@pytest.mark.parametrize("visible", [True, False])
@pytest.mark.parametrize("share", [0.6, 1.0])
def test_s33_a_campaign_that_suddenly_reads_half_empty_is_held_for_a_person(
    office: Office, site: StandinOrg, *, visible: bool, share: float
) -> None:
    site.running.org.knobs.change({"deleted_members_visible": visible})
    owner = site.username("avery.advisor")
    many = str(site.do("seed", count=40, campaign="Many", owner=owner)["campaign_id"])
    row = office.row(many, office.group())
    office.sync(row)
    before = in_group(office, row)
    members = site.running.org.store.find("CampaignMember", "CampaignId = ?", [many])
    for member in members[: int(len(members) * share)]:
        site.delete("CampaignMember", str(member["Id"]))

    run = office.later(row)

    assert len(members) == 40
    assert (run["state"], run["mappings"][0]["state"]) == ("partial", "held")
    assert counts(run)["held"] > 0
    assert in_group(office, row) == before
    assert "run.held" in {notice["kind"] for notice in office.notices()}


def test_s34_members_we_cannot_sync_are_skipped_one_by_one_with_a_reason(
    office: Office, site: StandinOrg, campaign: str
) -> None:
    site.running.org.knobs.change({"accounts_as_members": True})
    account = site.find("Account", Name="Millbrook Pottery")
    site.create("CampaignMember", CampaignId=campaign, AccountId=account)
    office.cold()
    row = office.row(campaign, office.group())

    run = office.sync(row)

    assert run["state"] == "succeeded"
    assert in_group(office, row) == BROUGHT
    reasons = {each["reason"] for each in office.changes(run) if each["outcome"] == "skipped"}
    assert {"account_member", "no_email"} <= reasons
    assert site.running.org.store.find("Lead", "FirstName = 'Omar' AND IsConverted = 0", [])


@pytest.mark.parametrize("minutes", [-5, 5])
def test_s36_an_org_whose_clock_is_five_minutes_off_loses_nothing(
    office: Office, site: StandinOrg, row: dict[str, Any], minutes: int
) -> None:
    clock, pia = site.running.org.clock, office.members(row["group"]["id"])["Pia"]["id"]
    person = site.find("Contact", FirstName="Pia")

    for number in range(4):
        now = office.firm.clock.advance(by=timedelta(minutes=15))
        clock.set(now + timedelta(minutes=minutes), frozen=True)
        site.update("Contact", person, Title=f"There {number}")
        office.edit(pia, city=f"Here {number}")
        run = office.sync(row)
        assert run["state"] == "succeeded"
        assert office.reads(pia)["title"] == f"There {number}"
        assert site.row(person)["MailingCity"] == f"Here {number}"
