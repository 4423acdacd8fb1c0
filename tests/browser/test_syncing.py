"""Map, preview, finalize, sync, read what happened, take it back."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from local.visitor import Visitor
from tests.browser.crm_side import Campaign, Org
from tests.browser.firms import Firm
from tests.browser.story import mapping, preview, sync, terms

PEOPLE = 12


@pytest.fixture
def campaign(org: Org) -> Campaign:
    return org.seed(PEOPLE)


@pytest.fixture
def previewed(connected: Visitor, campaign: Campaign) -> Visitor:
    """The preview of a one-time sync of the campaign into a new group."""
    connected.go(f"/connections/{connected.connection_id()}/manual")
    connected.choose(1, "Campaign in the CRM", campaign.name)
    connected.create_other_side(1)
    connected.page.get_by_role("button", name="Continue").click()
    connected.wait_for_preview()
    return connected


@pytest.fixture
def synced(previewed: Visitor) -> Visitor:
    """The result of that sync."""
    previewed.finalize()
    previewed.wait_for_result()
    return previewed


def test_names_from_the_crm_stay_text(connected: Visitor, org: Org, firm: Firm) -> None:
    hostile = '<img src=x onerror="document.title=1">'
    campaign = org.seed(2, values={"LastName": hostile, "Title": f"{hostile}'\"><b>"})
    page, run = connected.page, preview(firm, connected.connection_id(), campaign)
    connected.go(f"/runs/{run['id']}")
    page.get_by_role("row").filter(has_text=hostile).first.click()
    expect(page.get_by_role("dialog").get_by_text(hostile).first).to_be_visible()
    assert page.locator("img, main b, dialog b").count() == 0
    assert page.title() == "Preview · crmsync"


def test_the_automated_sync_is_configured_previewed_and_finalized(
    connected: Visitor, campaign: Campaign
) -> None:
    page = connected.page
    connected.go(f"/connections/{connected.connection_id()}/automation")
    connected.choose(1, "Campaign in the CRM", campaign.name)
    connected.create_other_side(1)
    page.get_by_text("Every day", exact=True).click()
    page.get_by_label("At", exact=True).fill("05:30")
    page.get_by_role("button", name="Continue").click()
    connected.wait_for_preview()
    connected.finalize()
    expect(page.get_by_role("heading", name="Details")).to_be_visible()
    expect(page.get_by_text("Every day at 05:30")).to_be_visible()
    expect(page.get_by_text("On", exact=True)).to_be_visible()


def test_a_paused_automation_stays_paused_and_the_page_says_so(
    connected: Visitor, campaign: Campaign, firm: Firm
) -> None:
    page, connection = connected.page, connected.connection_id()
    automate(connected, firm, campaign)
    connected.go(f"/connections/{connection}")
    health = page.locator(".card").filter(has=page.get_by_role("heading", name="Health"))
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(health).to_contain_text("Not scheduled")
    page.get_by_role("link", name="Configure automated sync").click()
    connected.settle()
    page.get_by_role("button", name="Continue").click()
    connected.wait_for_preview()
    connected.finalize()
    expect(page.get_by_text("the automated sync is still paused").last).to_be_visible()
    assert firm.call("GET", f"connections/{connection}/automation")["enabled"] is False


def test_a_draft_that_is_not_in_force_is_said_to_be_none(
    connected: Visitor, campaign: Campaign, firm: Firm
) -> None:
    page, connection = connected.page, connected.connection_id()
    automate(connected, firm, campaign)
    connected.go(f"/connections/{connection}/automation")
    expect(page.get_by_text("These choices are not in force yet")).to_have_count(0)
    page.get_by_text("Every 15 minutes", exact=True).click()
    page.get_by_role("button", name="Continue").click()
    connected.wait_for_preview()
    page.get_by_role("link", name="Change the choices").click()
    expect(page.get_by_text("These choices are not in force yet")).to_be_visible()
    page.get_by_role("link", name="Details").click()
    expect(page.get_by_text("You have changes that are not in force yet")).to_be_visible()
    expect(page.get_by_text("Every hour", exact=True)).to_be_visible()


def automate(visitor: Visitor, firm: Firm, campaign: Campaign) -> None:
    """The campaign and its group are kept the same every hour, without the page."""
    path = f"connections/{visitor.connection_id()}/automation"
    firm.call("PUT", path, {"mappings": [mapping(firm, campaign)]})
    firm.call("POST", f"{path}/finalize", {"terms_version": terms(firm)})


def test_the_choices_of_a_one_time_sync_survive_going_back_and_a_reload(
    previewed: Visitor, campaign: Campaign
) -> None:
    page = previewed.page
    chosen = page.get_by_role("combobox", name="Campaign in the CRM")
    page.get_by_role("link", name="Change the choices").click()
    expect(chosen).to_have_value(campaign.name)
    page.reload()
    expect(chosen).to_have_value(campaign.name)
    page.get_by_role("button", name="Continue").click()
    previewed.wait_for_preview()
    previewed.finalize()
    previewed.wait_for_result()
    page.get_by_role("link", name="History").click()
    previewed.settle()
    page.get_by_role("link", name="One-time sync").click()
    expect(chosen).to_have_value("")


def test_a_preview_that_is_discarded_says_that_nothing_was_written(previewed: Visitor) -> None:
    page = previewed.page
    page.get_by_role("button", name="Discard this preview").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Nothing of it was written")
    expect(dialog).not_to_contain_text("can be undone")
    dialog.get_by_role("button", name="Discard this preview").click()
    expect(page.get_by_role("heading", name="Details")).to_be_visible()


def test_a_window_that_gets_narrower_keeps_the_records_that_are_loaded(
    previewed: Visitor,
) -> None:
    page, asked = previewed.page, []
    expect(page.get_by_role("row").filter(has_text="person1@")).to_be_visible()
    page.on(
        "request", lambda request: asked.append(request.url) if "/changes" in request.url else None
    )
    before = page.get_by_role("row").first.bounding_box()
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_function(
        "height => document.querySelector('.list-row').offsetHeight > height", arg=before["height"]
    )
    expect(page.get_by_role("row").filter(has_text="person1@")).to_be_visible()
    assert asked == []


def test_the_terms_have_to_be_accepted(previewed: Visitor) -> None:
    page = previewed.page
    page.get_by_role("button", name="Finalize Sync").click()
    expect(page.get_by_text("Please accept the terms first.")).to_be_visible()
    expect(page.get_by_label(re.compile("I have read the terms"))).to_be_focused()


def test_the_preview_shows_who_and_what_and_writes_nothing(previewed: Visitor, firm: Firm) -> None:
    page = previewed.page
    expect(page.get_by_text(f"{PEOPLE} records to create.")).to_be_visible()
    expect(page.locator(".waterfall li")).to_have_count(6)
    page.get_by_role("row").filter(has_text="person1@").click()
    fields = page.get_by_role("dialog").get_by_role("table")
    expect(fields.get_by_role("row").filter(has_text="E-mail")).to_contain_text("person1@")
    assert firm.call("GET", "contacts")["items"] == []


def test_progress_only_moves_forward_and_survives_leaving(previewed: Visitor) -> None:
    page = previewed.page
    previewed.finalize()
    bar = page.get_by_role("progressbar", name="Progress of the run")
    expect(bar).to_be_visible()
    run = page.url
    previewed.go("/groups")
    page.goto("about:blank")
    page.goto(run)
    seen = page.evaluate(
        """async () => {
          const seen = [];
          for (let i = 0; i < 600; i += 1) {
            const bar = document.querySelector("[role=progressbar]");
            if (bar) seen.push(Number(bar.getAttribute("aria-valuenow")));
            if (document.querySelector("#changes")) break;
            await new Promise((resolve) => { setTimeout(resolve, 100); });
          }
          return seen;
        }"""
    )
    assert seen == sorted(seen)
    expect(page.get_by_text(f"{PEOPLE} records created.")).to_be_visible()


def test_a_notice_tells_of_the_end_wherever_one_is(previewed: Visitor) -> None:
    page = previewed.page
    previewed.finalize()
    expect(page.get_by_role("progressbar").or_(page.locator("#changes"))).to_be_visible()
    previewed.go("/contacts/new")
    expect(
        page.get_by_role("button", name=re.compile(r"Notifications, \d+ unread"))
    ).to_be_visible()
    page.get_by_role("button", name=re.compile("Notifications")).click()
    page.get_by_role("region", name="Notifications").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Sync")).to_be_visible()


def test_the_result_names_every_record_and_can_be_downloaded(
    synced: Visitor, tmp_path: Path
) -> None:
    page = synced.page
    expect(page.get_by_text(f"{PEOPLE} records created.")).to_be_visible()
    with page.expect_download() as report:
        page.get_by_role("button", name="Download report").click()
    report.value.save_as(tmp_path / "report.csv")
    rows = list(csv.DictReader((tmp_path / "report.csv").read_text("utf-8").splitlines()))
    assert len({row["email"] for row in rows}) == PEOPLE


def test_the_list_source_record_names_list_source_and_members(
    synced: Visitor, campaign: Campaign, tmp_path: Path
) -> None:
    page = synced.page
    with page.expect_download() as record:
        page.get_by_role("button", name="Download record").click()
    record.value.save_as(tmp_path / "record.json")
    text = (tmp_path / "record.json").read_text("utf-8")
    assert campaign.name in text
    assert re.search(r'"members_sha256": "[0-9a-f]{64}"', text)
    assert json.loads(text)
    expect(page.get_by_text("not legal advice").first).to_be_visible()


@pytest.mark.parametrize(
    ("drift", "told"),
    [
        (None, []),
        (0, []),
        (1, ["1 record differed although neither side had said so"]),
        (3, ["3 records differed although neither side had said so"]),
    ],
)
def test_what_neither_side_had_reported_is_told_where_a_run_found_any(
    connected: Visitor, campaign: Campaign, firm: Firm, drift: int | None, told: list[str]
) -> None:
    """The runs of a new firm compare what changed in the last ten minutes, so none finds any."""
    run = sync(firm, connected.connection_id(), campaign)

    def found(route: Route) -> None:
        answer = route.fetch()
        [mapping] = answer.json()["mappings"]
        mappings = [{**mapping, "full": True, "drift": drift}]
        route.fulfill(response=answer, json={**answer.json(), "mappings": mappings})

    connected.page.route(f"**/api/runs/{run['id']}", found)
    connected.go(f"/runs/{run['id']}")

    expect(connected.page.locator(".card .banner.info .banner-title")).to_have_text(told)


def test_an_edit_on_each_side_meets_in_a_conflict_that_is_shown(
    synced: Visitor, campaign: Campaign, firm: Firm
) -> None:
    page = synced.page
    crm = campaign.org.administrator
    crm.update("Contact", campaign.people[0], Title="Partner")
    contact = firm.call("GET", "contacts?search=person1@")["items"][0]
    firm.call("PATCH", f"contacts/{contact['id']}", {"title": "Founder"})
    sync_once(synced, campaign)
    page.get_by_role("button", name=re.compile("^Conflicts")).click()
    expect(page.get_by_role("row")).to_have_count(1)
    page.get_by_role("row").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Both sides had changed.")).to_be_visible()
    expect(dialog.get_by_role("row").filter(has_text="Title")).to_contain_text("Partner")


def sync_once(visitor: Visitor, campaign: Campaign) -> None:
    """A one-time sync of a campaign and the group of its name, up to the result."""
    page = visitor.page
    page.get_by_role("link", name="History").click()
    visitor.settle()
    page.get_by_role("link", name="One-time sync").click()
    visitor.settle()
    visitor.choose(1, "Campaign in the CRM", campaign.name)
    page.get_by_role("button", name="Use it").click()
    page.get_by_role("button", name="Continue").click()
    visitor.wait_for_preview()
    visitor.finalize()
    visitor.wait_for_result()


def test_undo_has_its_own_preview_and_takes_the_memberships_back(
    synced: Visitor, firm: Firm
) -> None:
    page = synced.page
    group = firm.call("GET", "groups")["items"][0]
    page.get_by_role("button", name="Undo this run").click()
    synced.wait_for_preview()
    expect(page.get_by_role("heading", name="Undo preview")).to_be_visible()
    expect(page.locator(".waterfall")).to_have_count(0)
    synced.finalize()
    synced.wait_for_result()
    expect(page.get_by_role("heading", name="Undo", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="The run that this takes back")).to_be_visible()
    page.get_by_role("link", name="History").click()
    expect(page.locator(".timeline-entry strong").first).to_have_text("Undo")
    assert firm.call("GET", f"groups/{group['id']}/members")["items"] == []


def test_the_history_and_the_contact_tell_what_happened(synced: Visitor) -> None:
    page = synced.page
    page.get_by_role("link", name="History").click()
    synced.settle()
    expect(page.locator(".timeline-entry")).to_have_count(2)
    expect(page.locator(".runs-picture")).to_be_visible()
    page.get_by_role("link", name="Audit log").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".timeline-entry").first).to_be_focused()
    synced.go("/contacts")
    page.get_by_role("link", name=re.compile("person1@")).click()
    expect(page.get_by_role("link", name="Open the run").first).to_be_visible()


def test_the_record_of_a_past_date_is_found_in_the_history(
    synced: Visitor, campaign: Campaign, tmp_path: Path
) -> None:
    page = synced.page
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    synced.settle()
    records = []
    for _ in range(2):
        with page.expect_download() as download:
            page.get_by_role("button", name="Download record").click()
        download.value.save_as(tmp_path / "record.json")
        records.append(json.loads((tmp_path / "record.json").read_text("utf-8")))
    first, again = records
    assert first == again
    (record,) = first["items"]
    assert record["list"]["name"] == record["source"]["name"] == campaign.name
    assert record["source"]["crm_user"]
    members = "\n".join(record["members"]).encode()
    assert record["members_sha256"] == hashlib.sha256(members).hexdigest()
    assert record["member_count"] == PEOPLE
    page.get_by_label("Date").fill("2001-01-01")
    page.get_by_role("button", name="Download record").click()
    expect(page.get_by_text("No finalized run by then")).to_be_visible()


def test_a_preview_is_used_only_once(previewed: Visitor) -> None:
    page = previewed.page
    preview = page.url
    previewed.finalize()
    expect(page.get_by_role("progressbar").or_(page.locator("#changes"))).to_be_visible()
    page.goto("about:blank")
    page.goto(preview)
    expect(page.get_by_text("This preview was carried out already")).to_be_visible()


def test_a_preview_that_another_tab_was_quicker_with_leads_to_its_run(
    previewed: Visitor, firm: Firm
) -> None:
    page, preview = previewed.page, previewed.page.url.rpartition("/")[2].partition("?")[0]
    connection = firm.call("GET", f"runs/{preview}")["connection_id"]
    body = {"preview_id": preview, "terms_version": terms(firm)}
    firm.call("POST", f"connections/{connection}/runs", body)
    previewed.finalize()
    page.get_by_role("button", name="Load it again").click()
    expect(page.get_by_text("This preview was carried out already")).to_be_visible()
    expect(page.get_by_role("link", name="Open the run")).to_be_visible()
