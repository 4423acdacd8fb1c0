"""The story by keyboard alone, from the sign-in to the undo, the reviews and the notices."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from local.visitor import Visitor
from tests.browser.conftest import Visit
from tests.browser.crm_side import Campaign, Org
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
LISTEN = """() => {
  window.said = [];
  const announcer = document.getElementById("announcer");
  new MutationObserver(() => window.said.push(announcer.textContent))
    .observe(announcer, { childList: true, characterData: true, subtree: true });
}"""
MOST_TABS = 80


def tab_to(visitor: Visitor, name: str, key: str = "Tab") -> None:
    """Press Tab until the element of this name has the focus; every stop shows that it has it."""
    for _ in range(MOST_TABS):
        focused = visitor.page.evaluate(FOCUSED)
        if re.fullmatch(name, focused["name"]):
            return
        visitor.page.keyboard.press(key)
        stop = visitor.page.evaluate(FOCUSED)
        assert stop["ring"], f"no visible focus on {stop['name']!r}"
    raise AssertionError(f"Tab never reached {name!r}")


def press(visitor: Visitor, name: str, key: str = "Tab") -> None:
    tab_to(visitor, name, key)
    visitor.page.keyboard.press("Enter")


def accept_and_press(visitor: Visitor, name: str) -> None:
    """The terms below a preview, then its button; up to the result."""
    visitor.wait_for_preview()
    tab_to(visitor, "I have read the terms .*")
    visitor.page.keyboard.press("Space")
    press(visitor, name)
    visitor.wait_for_result()


def expect_to_be_at(visitor: Visitor, heading: str) -> None:
    """The screen of this heading, with the focus on it, so that reading goes on from there."""
    expect(visitor.page.get_by_role("heading", name=heading, level=1)).to_be_focused()
    visitor.settle()
    expect(visitor.page.get_by_role("heading", name=heading, level=1)).to_be_focused()


def test_the_story_needs_no_mouse(visit: Visit, firm: Firm, org: Org) -> None:
    campaign, visitor = org.seed(3), visit()
    spouse = {"first_name": "Peggy", "last_name": "Brook 1"}
    firm.call("POST", "contacts", {**spouse, "email": f"person1@{campaign.domain}"})
    connect(visitor, firm, org)
    sync(visitor, campaign)

    press(visitor, "Undo this run")
    accept_and_press(visitor, "Undo now")
    expect(visitor.page.get_by_text("2 records removed.")).to_be_visible()

    press(visitor, "← History", "Shift+Tab")
    expect_to_be_at(visitor, "History")
    press(visitor, "Reviews.*")
    expect_to_be_at(visitor, "Reviews")
    press(visitor, "Different people")
    expect(visitor.page.get_by_text("Nothing to review")).to_be_visible()
    expect_to_be_at(visitor, "Reviews")

    hear_of_problems_only(visitor)
    assert firm.call("GET", "notification-settings")["level"] == "problems"


def connect(visitor: Visitor, firm: Firm, org: Org) -> None:
    page = visitor.page
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


def sync(visitor: Visitor, campaign: Campaign) -> None:
    page, keyboard = visitor.page, visitor.page.keyboard
    press(visitor, "Run a one-time sync")
    expect_to_be_at(visitor, "Run a one-time manual sync")
    tab_to(visitor, "Campaign in the CRM")
    keyboard.type(campaign.name)
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(2)
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(page.get_by_role("button", name="Create it with the first run")).to_be_visible()
    press(visitor, "Create it with the first run")
    press(visitor, "Continue")
    page.evaluate(LISTEN)
    accept_and_press(visitor, "Finalize Sync")
    expect(page.get_by_text("2 records created.")).to_be_visible()
    assert "Sync ended: Done" in page.evaluate("() => window.said")


def hear_of_problems_only(visitor: Visitor) -> None:
    press(visitor, r"Notifications, \d+ unread", "Shift+Tab")
    press(visitor, "All notifications")
    expect_to_be_at(visitor, "Notifications")
    press(visitor, "Settings")
    expect_to_be_at(visitor, "Notification settings")
    tab_to(visitor, "Every run.*")
    visitor.page.keyboard.press("ArrowDown")
    press(visitor, "Save settings")
    expect(visitor.page.get_by_text("The settings are saved.").last).to_be_visible()


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
