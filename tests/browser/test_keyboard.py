"""The story by keyboard alone, from the sign-in to the end of a sync."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from local.visitor import Visitor
from tests.browser.conftest import Visit
from tests.browser.crm_side import Org
from tests.browser.firms import Firm

FOCUSED = """() => {
  const found = document.activeElement;
  const style = getComputedStyle(found);
  const label = found.getAttribute("aria-label") ?? found.labels?.[0]?.textContent;
  return {
    name: (label ?? found.textContent).trim(),
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
  };
}"""
MOST_TABS = 80


def tab_to(visitor: Visitor, name: str) -> None:
    """Press Tab until the element of this name has the focus; every stop shows that it has it."""
    for _ in range(MOST_TABS):
        focused = visitor.page.evaluate(FOCUSED)
        if re.fullmatch(name, focused["name"]):
            return
        visitor.page.keyboard.press("Tab")
        stop = visitor.page.evaluate(FOCUSED)
        assert stop["ring"], f"no visible focus on {stop['name']!r}"
    raise AssertionError(f"Tab never reached {name!r}")


def press(visitor: Visitor, name: str) -> None:
    tab_to(visitor, name)
    visitor.page.keyboard.press("Enter")


def test_the_story_needs_no_mouse(visit: Visit, firm: Firm, org: Org) -> None:
    campaign = org.seed(3)
    visitor = visit()
    page, keyboard = visitor.page, visitor.page.keyboard
    page.goto(visitor.stack["page_url"])
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    press(visitor, "Sign in")
    visitor.give_password(firm.advisor)
    visitor.settle()

    press(visitor, "Connect Salesforce")
    expect(page.get_by_role("dialog")).to_be_visible()
    press(visitor, "Continue to Salesforce")
    visitor.log_in_at(org.facts)
    page.get_by_text("Salesforce is connected").wait_for()
    visitor.settle()

    press(visitor, "Run a one-time sync")
    expect(page.get_by_role("heading", name="Run a one-time manual sync")).to_be_focused()
    visitor.settle()
    tab_to(visitor, "Campaign in the CRM")
    keyboard.type(campaign.name)
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(2)
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(page.get_by_role("button", name="Create it with the first run")).to_be_visible()
    press(visitor, "Create it with the first run")
    press(visitor, "Continue")
    visitor.wait_for_preview()

    tab_to(visitor, "I have read the terms .*")
    keyboard.press("Space")
    press(visitor, "Finalize Sync")
    visitor.wait_for_result()
    expect(page.get_by_text("3 records created.")).to_be_visible()


def test_the_skip_link_leads_past_the_navigation(advisor: Visitor) -> None:
    advisor.settle()
    page = advisor.page
    page.reload()
    advisor.settle()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_closed_dialog_gives_the_focus_back(advisor: Visitor) -> None:
    advisor.settle()
    opener = advisor.page.get_by_role("button", name="Connect Salesforce")
    opener.focus()
    advisor.page.keyboard.press("Enter")
    expect(advisor.page.get_by_role("dialog")).to_be_visible()
    advisor.page.keyboard.press("Escape")
    expect(opener).to_be_focused()
