"""The rows of a mapping form: search, create, propose, and errors where they belong."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from local.visitor import Visitor
from tests.browser.crm_side import Campaign, Org
from tests.browser.firms import Firm
from tests.browser.story import mapping


@pytest.fixture
def campaign(org: Org) -> Campaign:
    return org.seed(3)


@pytest.fixture
def form(connected: Visitor) -> Visitor:
    connected.go(f"/connections/{connected.connection_id()}/manual")
    return connected


@pytest.fixture
def namesake(form: Visitor, campaign: Campaign, firm: Firm) -> Campaign:
    """That campaign, of whose name there is a group; the form knows of both."""
    firm.new_group(campaign.name, 0)
    form.page.reload()
    form.settle()
    return campaign


def row(visitor: Visitor, number: int) -> Locator:
    return visitor.page.get_by_role("group", name=f"Mapping {number}")


def test_both_sides_have_to_be_chosen(form: Visitor) -> None:
    form.page.get_by_role("button", name="Continue").click()
    campaign = row(form, 1).get_by_role("combobox", name="Campaign in the CRM")
    expect(campaign).to_have_attribute("aria-invalid", "true")
    expect(campaign).to_be_focused()


def test_a_group_of_the_same_name_is_proposed(form: Visitor, namesake: Campaign) -> None:
    form.choose(1, "Campaign in the CRM", namesake.name)
    row(form, 1).get_by_role("button", name="Use it").click()
    group = row(form, 1).get_by_role("combobox", name="Group in marketing")
    expect(group).to_have_value(namesake.name)


def test_names_that_match_are_proposed_until_they_are_taken(
    form: Visitor, namesake: Campaign
) -> None:
    form.page.get_by_role("button", name=f"Map {namesake.name}").click()
    group = row(form, 1).get_by_role("combobox", name="Group in marketing")
    expect(group).to_have_value(namesake.name)
    expect(form.page.get_by_role("complementary", name="Proposed mappings")).to_have_count(0)


def test_the_server_searches_so_any_campaign_is_found(form: Visitor, campaign: Campaign) -> None:
    box = row(form, 1).get_by_role("combobox", name="Campaign in the CRM")
    box.fill(campaign.name[-6:])
    option = form.page.get_by_role("option", name=re.compile(f"^{campaign.name}"))
    expect(option).to_contain_text("3 members")


def test_an_error_of_the_api_is_shown_on_its_row(form: Visitor, campaign: Campaign) -> None:
    form.choose(1, "Campaign in the CRM", campaign.name)
    form.create_other_side(1)
    form.page.get_by_role("button", name="Add mapping").click()
    form.choose(2, "Campaign in the CRM", campaign.name)
    form.create_other_side(2)
    form.page.get_by_role("button", name="Continue").click()
    expect(row(form, 2)).to_contain_text("already mapped in row 1")
    expect(row(form, 1)).not_to_contain_text("already mapped")


@pytest.mark.parametrize(("direction", "offers"), [("both", 1), ("import", 1), ("export", 0)])
def test_a_group_is_only_offered_to_be_made_where_the_direction_makes_one(
    form: Visitor, campaign: Campaign, direction: str, offers: int
) -> None:
    row(form, 1).get_by_label("Direction").select_option(direction)
    form.choose(1, "Campaign in the CRM", campaign.name)
    offer = row(form, 1).get_by_text(f"No group is called “{campaign.name}”")
    expect(offer).to_be_visible()
    expect(offer.get_by_role("button", name="Create it")).to_have_count(offers)
    row(form, 1).get_by_role("combobox", name="Group in marketing").click()
    expect(form.page.get_by_role("option", name=re.compile("^Create"))).to_have_count(offers)


def test_a_new_group_and_a_direction_that_makes_none_are_told_apart_at_once(
    form: Visitor, campaign: Campaign
) -> None:
    form.choose(1, "Campaign in the CRM", campaign.name)
    form.create_other_side(1)
    row(form, 1).get_by_label("Direction").select_option("export")
    expect(row(form, 1)).to_contain_text("Marketing to CRM makes no new group.")
    form.page.get_by_role("button", name="Continue").click()
    expect(row(form, 1).get_by_role("combobox", name="Group in marketing")).to_be_focused()
    row(form, 1).get_by_label("Direction").select_option("both")
    expect(row(form, 1)).not_to_contain_text("makes no new group")


def test_the_automated_mappings_are_taken_over_once(
    form: Visitor, campaign: Campaign, firm: Firm
) -> None:
    path = f"connections/{form.connection_id()}/automation"
    firm.call("PUT", path, {"mappings": [mapping(firm, campaign)]})
    form.page.reload()
    form.settle()
    take = form.page.get_by_role("button", name="Use the automated mappings")
    take.click()
    take.click()
    expect(form.page.get_by_role("group", name=re.compile("^Mapping"))).to_have_count(1)


def test_rows_can_be_added_and_removed(form: Visitor) -> None:
    form.page.get_by_role("button", name="Add mapping").click()
    expect(row(form, 2)).to_be_visible()
    form.page.get_by_role("button", name="Remove mapping 1").click()
    expect(row(form, 2)).to_have_count(0)


def test_a_picker_works_without_a_mouse(form: Visitor, campaign: Campaign) -> None:
    box = row(form, 1).get_by_role("combobox", name="Campaign in the CRM")
    box.focus()
    form.page.keyboard.type(campaign.name)
    expect(form.page.get_by_role("listbox").get_by_role("option")).to_have_count(2)
    form.page.keyboard.press("ArrowDown")
    form.page.keyboard.press("ArrowDown")
    form.page.keyboard.press("Enter")
    expect(box).to_have_value(campaign.name)
    expect(box).to_have_attribute("aria-expanded", "false")
