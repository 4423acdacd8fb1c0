"""What needs a person: records the CRM refuses, parts that are held, matches that are unsure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from local.visitor import Visitor
from tests.browser.crm_side import Org
from tests.browser.firms import Firm
from tests.browser.story import ended, mapping, sync, terms

REFUSED = "Chief of Nothing"


@pytest.fixture
def strict_org(org: Org) -> Iterator[Org]:
    """An org whose rule refuses one job title."""
    with org.refusing(REFUSED, "This is no job title."):
        yield org


@pytest.fixture
def held(connected: Visitor, org: Org, firm: Firm) -> str:
    """The group of a mapping whose part is held: 20 of 30 left; the run's screen is open."""
    campaign = org.seed(30)
    connection = connected.connection_id()
    sync(firm, connection, campaign)
    campaign.drop_members(20)
    run = sync(firm, connection, campaign)
    connected.go(f"/runs/{run['id']}")
    return str(run["mappings"][0]["group"]["id"])


def test_a_refused_record_is_explained_and_tried_again(
    connected: Visitor, strict_org: Org, firm: Firm
) -> None:
    page, campaign = connected.page, strict_org.seed(4)
    connection = connected.connection_id()
    sync(firm, connection, campaign)
    contact = firm.call("GET", "contacts?search=person1@")["items"][0]
    firm.call("PATCH", f"contacts/{contact['id']}", {"title": REFUSED})
    run = sync(firm, connection, campaign)

    connected.go(f"/runs/{run['id']}")
    expect(page.get_by_role("heading", name="What failed")).to_be_visible()
    cause = page.locator(".cause")
    expect(cause).to_contain_text("This is no job title.")
    page.get_by_role("button", name="Show 1 record").click()
    expect(page.get_by_role("row")).to_have_count(1)

    firm.call("PATCH", f"contacts/{contact['id']}", {"title": "Chief"})
    page.get_by_role("button", name="Try the failed ones again").click()
    connected.wait_for_preview()
    connected.finalize()
    connected.wait_for_result()
    person = strict_org.administrator.query(
        f"SELECT Title FROM Contact WHERE Email = '{contact['email']}'"
    )
    assert person[0]["Title"] == "Chief"


def test_a_held_part_is_looked_at_and_approved(connected: Visitor, held: str, firm: Firm) -> None:
    page = connected.page
    expect(page.get_by_text("Held: please look at this first")).to_be_visible()
    expect(page.get_by_text("It would remove 20 of 30 members.")).to_be_visible()
    page.get_by_role("link", name="Look at the changes").click()
    connected.wait_for_preview()
    expect(page.get_by_role("row").filter(has_text="Remove from group").first).to_be_visible()
    connected.finalize()
    connected.wait_for_result()
    assert len(firm.call("GET", f"groups/{held}/members")["items"]) == 10
    for _ in range(2):
        page.go_back()
        connected.settle()
    expect(page.get_by_text("These changes were held, and then approved")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)


@pytest.mark.usefixtures("held")
def test_held_changes_are_known_as_such_however_one_comes_to_them(connected: Visitor) -> None:
    page = connected.page
    expect(page.get_by_text("Held: please look at this first")).to_be_visible()
    page.get_by_role("link", name="History").click()
    connected.settle()
    page.locator(".timeline-entry").filter(has_text="20 records to remove").click()
    expect(page.get_by_role("button", name="Approve and run")).to_be_visible()
    expect(page.get_by_role("link", name="Change the choices")).to_have_count(0)


def test_a_held_part_can_be_cancelled(connected: Visitor, held: str, firm: Firm) -> None:
    page = connected.page
    page.get_by_role("button", name="Cancel these changes").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel these changes").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("These changes were held, and then cancelled")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    assert len(firm.call("GET", f"groups/{held}/members")["items"]) == 30


def test_an_unsure_match_waits_for_a_persons_word(connected: Visitor, org: Org, firm: Firm) -> None:
    page, campaign = connected.page, org.seed(2)
    connection = connected.connection_id()
    email = f"person1@{campaign.domain}"
    spouse = {"first_name": "Peggy", "last_name": "Brook 1", "email": email}
    firm.call("POST", "contacts", spouse)
    sync(firm, connection, campaign)

    connected.go(f"/connections/{connection}/history")
    waiting = page.get_by_role("link", name="Reviews 1 waiting")
    expect(waiting).to_be_visible()
    page.locator(".timeline-entry").first.click()
    page.get_by_role("row").filter(has_text="waiting for your review").click()
    page.get_by_role("dialog").get_by_role("link", name="Answer it under Reviews").click()
    review = page.locator(".review")
    expect(review).to_have_count(1)
    expect(review.get_by_role("row").filter(has_text="First name")).to_contain_text("Peggy")
    review.get_by_role("button", name="Different people").click()
    expect(page.get_by_text("They are different people.").last).to_be_visible()
    page.get_by_role("link", name="Details").click()
    connected.settle()
    expect(waiting).to_have_count(0)
    sync(firm, connection, campaign)
    same_address = firm.call("GET", f"contacts?search={email}")["items"]
    assert {contact["first_name"] for contact in same_address} == {"Peggy", "Ben"}


def test_the_visibility_toggle_says_its_effect_before_it_is_switched(
    connected: Visitor, org: Org, firm: Firm
) -> None:
    page, connection = connected.page, connected.connection_id()
    body = {"mappings": [mapping(firm, org.seed(5))]}
    firm.call("PUT", f"connections/{connection}/automation", body)
    connected.go("/groups")
    connected.go(f"/connections/{connection}")
    page.get_by_role("switch", name="Sync by Visibility").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("5 in campaign, 5 you can see, 5 you own.")
    dialog.get_by_role("button", name="Switch on").click()
    toggle = page.get_by_role("switch", name="Sync by Visibility")
    expect(toggle).to_have_attribute("aria-checked", "true")
    expect(page.get_by_text("On: everyone you can see in the CRM is covered.")).to_be_visible()


def test_a_running_sync_can_be_cancelled(connected: Visitor, org: Org, firm: Firm) -> None:
    page, campaign = connected.page, org.seed(2000)
    body = {"mappings": [mapping(firm, campaign)], "terms_version": terms(firm)}
    run = firm.call("POST", f"connections/{connected.connection_id()}/runs", body)["run_id"]
    connected.go(f"/runs/{run}")
    page.get_by_role("button", name="Cancel the run").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
    expect(page.get_by_text("This mapping was not finished")).to_be_visible()
    assert ended(firm, run)["state"] == "cancelled"
