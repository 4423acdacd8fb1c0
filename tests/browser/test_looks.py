"""Every screen, light and dark, narrow and wide: accessible, nothing cut off, a picture kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from local.visitor import Visitor
from tests.browser.conftest import Visit, connect
from tests.browser.crm_side import Campaign, salesforce
from tests.browser.firms import Firm, new_firm
from tests.browser.looks import SIZES, looks_right
from tests.browser.story import ended, planned, preview, sync, terms

SCREENS = {
    "integrations": "/",
    "details": "/connections/{connection}",
    "automated": "/connections/{connection}/automation",
    "one-time": "/connections/{connection}/manual",
    "history": "/connections/{connection}/history",
    "reviews": "/connections/{connection}/reviews",
    "audit": "/connections/{connection}/audit",
    "preview": "/runs/{preview}",
    "carried-out": "/runs/{carried_out}",
    "undo": "/runs/{undo}",
    "run": "/runs/{run}",
    "troubled-run": "/runs/{troubled}",
    "held-run": "/runs/{held}",
    "groups": "/groups",
    "group": "/groups/{group}",
    "contacts": "/contacts",
    "contact": "/contacts/{contact}",
    "new-contact": "/contacts/new",
    "notifications": "/notifications",
    "settings": "/notifications/settings",
    "nowhere": "/nowhere",
}
REFUSED = "Chief of Nothing"


@pytest.fixture(scope="module")
def lived_in(browser: Browser, stack: Mapping[str, Any]) -> tuple[Firm, dict[str, str]]:
    """A firm to which everything happened once; the ids that the addresses name."""
    firm = new_firm(stack)
    org = salesforce(stack)
    campaign, second = org.seed(24), org.seed(30)
    for colleague in campaign.add(6, 101, owner=org.facts["users"][1]["username"]):
        org.share(colleague)
    campaign.add(4, 201, values={"Email": None})
    campaign.add(3, 301, values={"HasOptedOutOfEmail": 1})
    spouse = {"first_name": "Peggy", "last_name": "Brook 1", "title": "Partner"}
    firm.call("POST", "contacts", {**spouse, "email": f"person1@{campaign.domain}"})
    context = browser.new_context(ignore_https_errors=True)
    visitor = Visitor(context.new_page(), stack)
    visitor.sign_in(firm.advisor)
    connection = connect(visitor, org)
    automate(visitor, connection, campaign)
    context.close()
    return firm, happened(firm, connection, campaign, second)


def automate(visitor: Visitor, connection: str, campaign: Campaign) -> None:
    """Map the campaign to a new group, look at what that would do, and finalize it."""
    visitor.go(f"/connections/{connection}/automation")
    visitor.choose(1, "Campaign in the CRM", campaign.name)
    visitor.create_other_side(1)
    visitor.page.get_by_role("button", name="Continue").click()
    visitor.wait_for_preview()
    visitor.finalize()
    expect(visitor.page.get_by_role("heading", name="Details")).to_be_visible()


def happened(firm: Firm, connection: str, campaign: Campaign, second: Campaign) -> dict[str, str]:
    """A first sync, one with a conflict and a refusal, one that is held, and previews."""
    first = sync(firm, connection, campaign, second)
    contact = firm.call("GET", f"contacts?search=person2@{campaign.domain}")["items"][0]
    refused = firm.call("GET", f"contacts?search=person3@{campaign.domain}")["items"][0]
    org = campaign.org
    org.administrator.update("Contact", campaign.people[1], Title="Partner", Phone="555 0100")
    firm.call("PATCH", f"contacts/{contact['id']}", {"title": "Founder", "city": "Portland"})
    firm.call("PATCH", f"contacts/{refused['id']}", {"title": REFUSED})
    second.drop_members(20)
    with org.refusing(REFUSED, "This is no job title."):
        carried_out = preview(firm, connection, campaign)["id"]
        body = {"preview_id": carried_out, "terms_version": terms(firm)}
        run = firm.call("POST", f"connections/{connection}/runs", body)["run_id"]
        troubled = ended(firm, run)
    held = sync(firm, connection, second)
    undo = planned(firm, firm.call("POST", f"runs/{troubled['id']}/undo")["run_id"])
    campaign.add(2, 401)
    return {
        "connection": connection,
        "run": first["id"],
        "troubled": troubled["id"],
        "held": held["id"],
        "undo": undo["id"],
        "carried_out": carried_out,
        "preview": preview(firm, connection, campaign)["id"],
        "group": first["mappings"][0]["group"]["id"],
        "contact": contact["id"],
    }


@pytest.fixture(
    scope="module",
    params=SIZES,
    ids=lambda param: f"{param[0]}-{param[1]}",
)
def window(
    request: pytest.FixtureRequest,
    browser: Browser,
    stack: Mapping[str, Any],
    lived_in: tuple[Firm, dict[str, str]],
) -> Iterator[tuple[Visitor, str]]:
    """The advisor of that firm, in one theme and width; and what to call the pictures."""
    theme: Literal["light", "dark"] = request.param[0]
    width: int = request.param[1]
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=theme, reduced_motion="reduce"
    )
    visitor = Visitor(context.new_page(), stack)
    visitor.sign_in(lived_in[0].advisor)
    yield visitor, f"{theme}-{width}"
    context.close()


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_is_accessible_and_fits(
    window: tuple[Visitor, str], lived_in: tuple[Firm, dict[str, str]], screen: str
) -> None:
    visitor, name = window
    visitor.go(SCREENS[screen].format(**lived_in[1]))
    visitor.page.wait_for_timeout(100)
    looks_right(visitor, f"{screen}-{name}")


def test_times_are_those_of_the_users_zone(
    visit: Visit, lived_in: tuple[Firm, dict[str, str]]
) -> None:
    firm, ids = lived_in
    visitor = visit(timezone_id="Asia/Kolkata", locale="en-GB")
    visitor.sign_in(firm.advisor)
    visitor.go(f"/runs/{ids['run']}")
    created = datetime.fromisoformat(firm.call("GET", f"runs/{ids['run']}")["created_at"])
    there = created.astimezone(ZoneInfo("Asia/Kolkata"))
    expect(visitor.page.locator(".page-context")).to_contain_text(f"{there:%H:%M}")


def test_what_opens_over_a_screen_is_accessible(
    window: tuple[Visitor, str], lived_in: tuple[Firm, dict[str, str]]
) -> None:
    visitor, name = window
    page = visitor.page
    visitor.go("/")
    page.get_by_role("button", name="Connect Practifi").click()
    looks_right(visitor, f"connect-{name}")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Notifications").click()
    looks_right(visitor, f"bell-{name}")
    visitor.go(f"/runs/{lived_in[1]['troubled']}")
    page.get_by_role("row").filter(has_text="person2@").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    looks_right(visitor, f"change-{name}")
    page.keyboard.press("Escape")
