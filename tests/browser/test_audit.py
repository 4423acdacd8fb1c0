"""The audit log: who set up what, and what it was before."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from local.visitor import Visitor
from tests.browser.conftest import Visit
from tests.browser.crm_side import Campaign, Org
from tests.browser.firms import Firm
from tests.browser.story import mapping, terms


@pytest.fixture
def campaign(org: Org) -> Campaign:
    return org.seed(2)


@pytest.fixture
def log(connected: Visitor) -> str:
    """Where the log of the connection is."""
    return f"/connections/{connected.connection_id()}/audit"


def entries(visitor: Visitor, count: int) -> list[Locator]:
    """All that are shown, newest first, once there are that many."""
    shown = visitor.page.locator(".timeline-event")
    expect(shown).to_have_count(count)
    return shown.all()


def test_a_choice_is_told_with_what_it_was_before(connected: Visitor) -> None:
    page = connected.page
    page.get_by_label("Ask me first").check()
    page.get_by_text("When both sides changed the same field").click()
    page.get_by_label("Title", exact=True).select_option(label="Marketing wins")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_text("The settings are saved").last).to_be_visible()

    page.get_by_role("link", name="Audit log").click()

    expect(page.get_by_role("heading", name="Audit log", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Audit log")).to_have_attribute("aria-current", "page")
    chosen, connecting = entries(connected, 2)
    expect(chosen).to_contain_text("Settings changed")
    expect(chosen).to_contain_text("· you")
    people = chosen.get_by_role("listitem").filter(has_text="People who are new to the CRM")
    expect(people.locator("del")).to_have_text("Create them at once")
    expect(people.locator("ins")).to_have_text("Ask me first")
    title = chosen.get_by_role("listitem").filter(has_text="Title")
    expect(title).to_have_text("Title: The CRM wins → Marketing wins")
    expect(chosen.get_by_role("listitem")).to_have_count(2)
    expect(connecting).to_contain_text("Connected")
    expect(connecting).to_contain_text("Org: Harbor Lane Wealth")


def test_the_life_of_an_automated_sync_is_told_by_name(
    connected: Visitor, campaign: Campaign, firm: Firm, log: str
) -> None:
    automation = f"connections/{connected.connection_id()}/automation"
    row = mapping(firm, campaign)
    firm.call("PUT", automation, {"mappings": [row], "cadence": {"every": "hour"}})
    firm.call("POST", f"{automation}/finalize", {"terms_version": terms(firm)})
    saved = firm.call("GET", automation)["mappings"][0]
    firm.call("PUT", automation, {"mappings": [{**saved, "direction": "import"}]})
    firm.call("PUT", automation, {"mappings": [], "enabled": False})

    connected.go(log)

    emptied, turned, finalized, drafted, _ = entries(connected, 5)
    expect(drafted).to_contain_text("Draft of the automated sync changed")
    expect(drafted.locator("ins.mapping-line")).to_contain_text(campaign.name)
    expect(finalized).to_contain_text("Automated sync finalized")
    expect(finalized).to_contain_text(f"Terms: {terms(firm)}")
    expect(turned).to_contain_text(f"{campaign.name}: direction: Both ways → CRM to marketing")
    expect(emptied.locator("del.mapping-line")).to_contain_text(campaign.name)
    expect(emptied).to_contain_text("Scheduled runs: On → Off")


def test_the_marketing_admin_reads_whose_choice_it_was(visit: Visit, firm: Firm, log: str) -> None:
    visitor = visit()
    visitor.sign_in(firm.marketing_admin, at=log)
    [connecting] = entries(visitor, 1)
    expect(connecting).to_contain_text("· its advisor")


def test_older_entries_come_when_they_are_asked_for(
    connected: Visitor, firm: Firm, log: str
) -> None:
    path = f"connections/{connected.connection_id()}"
    for number in range(51):
        choice = "create" if number % 2 else "hold"
        firm.call("PATCH", path, {"settings": {"new_people": choice}})
    connected.go(log)
    assert entries(connected, 50)

    connected.page.get_by_role("button", name="Show more").click()

    *_, connecting = entries(connected, 52)
    expect(connecting).to_contain_text("Connected")
    expect(connected.page.get_by_role("button", name="Show more")).to_have_count(0)
