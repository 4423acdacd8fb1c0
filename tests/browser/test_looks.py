"""Every screen, light and dark, narrow and wide: accessible, nothing cut off, a picture kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from local.visitor import Visitor
from tests.browser.crm_side import Org
from tests.browser.firms import Firm, new_firm

PICTURES = Path(".local/e2e/screens")
SCREENS = {
    "integrations": "/",
    "details": "/connections/{connection}",
    "automated": "/connections/{connection}/automation",
    "one-time": "/connections/{connection}/manual",
    "history": "/connections/{connection}/history",
    "reviews": "/connections/{connection}/reviews",
    "preview": "/runs/{preview}",
    "run": "/runs/{run}",
    "groups": "/groups",
    "group": "/groups/{group}",
    "contacts": "/contacts",
    "contact": "/contacts/{contact}",
    "new-contact": "/contacts/new",
    "notifications": "/notifications",
    "settings": "/notifications/settings",
    "nowhere": "/nowhere",
}


@pytest.fixture(scope="module")
def lived_in(browser: Browser, stack: Mapping[str, Any]) -> tuple[Firm, dict[str, str]]:
    """A firm that has synced once and has another preview open; the ids for the addresses."""
    firm = new_firm(stack)
    org = Org(next(org for org in stack["orgs"] if org["name"] == "salesforce"))
    context = browser.new_context(ignore_https_errors=True)
    visitor = Visitor(context.new_page(), stack)
    visitor.sign_in(firm.advisor)
    visitor.connect("Salesforce", org.facts)
    visitor.page.get_by_text("Salesforce is connected").wait_for()
    connection, campaign = visitor.connection_id(), org.seed(8)
    preview(visitor, f"/connections/{connection}/automation", campaign.name)
    visitor.finalize()
    expect(visitor.page.get_by_role("heading", name="Details")).to_be_visible()
    preview(visitor, f"/connections/{connection}/manual", campaign.name)
    visitor.finalize()
    visitor.wait_for_result()
    context.close()
    return firm, ids(firm, connection)


def preview(visitor: Visitor, path: str, campaign: str) -> None:
    """Map the campaign to a new group and look at what that would do."""
    visitor.go(path)
    visitor.choose(1, "Campaign in the CRM", campaign)
    visitor.create_other_side(1)
    visitor.page.get_by_role("button", name="Continue").click()
    visitor.wait_for_preview()


def ids(firm: Firm, connection: str) -> dict[str, str]:
    """What the addresses of the screens name."""
    runs = firm.call("GET", f"connections/{connection}/runs")["items"]
    return {
        "connection": connection,
        "run": next(run["id"] for run in runs if run["kind"] == "sync"),
        "preview": next(run["id"] for run in runs if run["kind"] == "preview"),
        "group": firm.call("GET", "groups")["items"][0]["id"],
        "contact": firm.call("GET", "contacts")["items"][0]["id"],
    }


@pytest.fixture(
    scope="module",
    params=[("light", 1440), ("dark", 1440), ("light", 360), ("dark", 360)],
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
    keep_picture(visitor, f"{screen}-{name}")
    assert violations(visitor) == []
    assert sideways(visitor) == 0
    assert visitor.complaints == []


def test_the_signed_out_screen_is_accessible(browser: Browser, stack: Mapping[str, Any]) -> None:
    for theme in ("light", "dark"):
        context = browser.new_context(color_scheme=theme)
        visitor = Visitor(context.new_page(), stack)
        visitor.page.goto(stack["page_url"])
        expect(visitor.page.get_by_role("button", name="Sign in")).to_be_visible()
        keep_picture(visitor, f"signed-out-{theme}-1280")
        assert violations(visitor) == []
        context.close()


def test_what_opens_over_a_screen_is_accessible(
    window: tuple[Visitor, str], lived_in: tuple[Firm, dict[str, str]]
) -> None:
    visitor, name = window
    page = visitor.page
    visitor.go("/")
    page.get_by_role("button", name="Connect Practifi").click()
    keep_picture(visitor, f"connect-{name}")
    assert violations(visitor) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Notifications").click()
    keep_picture(visitor, f"bell-{name}")
    assert violations(visitor) == []
    visitor.go(f"/runs/{lived_in[1]['run']}")
    page.get_by_role("row").filter(has_text="person1@").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    keep_picture(visitor, f"change-{name}")
    assert violations(visitor) == []
    page.keyboard.press("Escape")


def keep_picture(visitor: Visitor, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    visitor.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def violations(visitor: Visitor) -> list[str]:
    found = Axe().run(visitor.page).response["violations"]
    return [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found]


def sideways(visitor: Visitor) -> int:
    """By how many pixels the page is wider than the window."""
    width: int = visitor.page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width
