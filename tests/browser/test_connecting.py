"""Connecting a CRM through its own login page, reconnecting, disconnecting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Route, expect

from local.visitor import Visitor
from tests.browser.conftest import Visit
from tests.browser.crm_side import Org
from tests.browser.firms import Firm
from tests.browser.story import sync


def test_connecting_leads_through_the_orgs_login_to_the_details(
    connected: Visitor, org: Org
) -> None:
    page = connected.page
    expect(page.get_by_role("heading", name="Details")).to_be_visible()
    expect(page.get_by_text(org.facts["org_name"]).first).to_be_visible()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    expect(page.get_by_role("meter", name="CRM calls used today")).to_be_visible()


def test_the_receipt_does_not_stay_in_the_address_or_the_history(connected: Visitor) -> None:
    assert "receipt" not in connected.page.url
    connected.page.go_back()
    assert "receipt" not in connected.page.url


def test_a_refused_login_says_what_happened_and_connects_nothing(
    advisor: Visitor, org: Org
) -> None:
    advisor.connect("Salesforce", org.facts, allow=False)
    page = advisor.page
    expect(page.get_by_role("heading", name="The connection was not made")).to_be_visible()
    expect(page.get_by_text("cancelled, or access was refused")).to_be_visible()
    page.get_by_role("link", name="Back to Integrations").click()
    expect(page.get_by_role("button", name="Connect Salesforce")).to_be_visible()


def test_a_login_whose_answer_was_used_already_says_so(advisor: Visitor) -> None:
    page = advisor.page
    page.goto("about:blank")
    page.goto(f"{advisor.stack['page_url']}#receipt=used-before&state=unknown")
    expect(page.get_by_text("The connection was not made")).to_be_visible()


def test_a_wrong_my_domain_is_marked_at_its_field(advisor: Visitor) -> None:
    advisor.settle()
    page = advisor.page
    page.get_by_role("button", name="Connect Salesforce").click()
    page.get_by_text("My Domain", exact=True).click()
    page.get_by_label("My Domain address").fill("evil.example")
    page.get_by_role("button", name="Continue to Salesforce").click()
    expect(page.get_by_label("My Domain address")).to_have_attribute("aria-invalid", "true")


def test_signing_in_again_keeps_the_connection(connected: Visitor, org: Org, firm: Firm) -> None:
    before, page = connected.connection_id(), connected.page
    expect(page.get_by_text("Next, choose which campaigns and groups")).to_be_visible()
    sync(firm, before, org.seed(1))
    page.get_by_role("button", name="Sign in again").click()
    connected.log_in_at(org.facts)
    page.get_by_text("Salesforce is connected").wait_for()
    assert connected.connection_id() == before
    expect(page.get_by_text("Everything goes on where it stopped")).to_be_visible()
    expect(page.get_by_text("Next, choose which campaigns and groups")).to_have_count(0)


def test_a_connection_that_stopped_says_why_and_offers_the_login(
    connected: Visitor, org: Org
) -> None:
    page, connection = connected.page, connected.connection_id()
    stopped = {
        "status": "needs_reauth",
        "stopped_detail": "The CRM user you signed in with is no longer active. Sign in again.",
    }

    def stop(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), **stopped})

    page.route(f"**/api/connections/{connection}", stop)
    connected.go("/groups")
    connected.go(f"/connections/{connection}")
    told = page.locator(".banner.warn")
    expect(told).to_contain_text("Salesforce asks you to sign in again")
    expect(told).to_contain_text(stopped["stopped_detail"])
    expect(page.get_by_text("Once you have signed in again")).to_be_visible()
    told.get_by_role("button", name="Sign in again").click()
    connected.log_in_at(org.facts)
    page.get_by_text("Salesforce is connected").wait_for()


def test_disconnecting_is_confirmed_and_shown(connected: Visitor) -> None:
    page = connected.page
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("Disconnected", exact=True)).to_be_visible()


def test_an_org_without_campaigns_says_what_is_missing(
    advisor: Visitor, stack: Mapping[str, Any]
) -> None:
    org = next(org for org in stack["orgs"] if org["name"] == "practifi")
    advisor.connect("Practifi", org)
    advisor.page.get_by_text("Practifi is connected").wait_for()
    expect(advisor.page.get_by_role("heading", name="What it can do")).to_be_visible()


def test_the_marketing_admin_sees_everything_and_changes_nothing(
    connected: Visitor, visit: Visit, firm: Firm
) -> None:
    path = f"/connections/{connected.connection_id()}"
    visitor = visit()
    visitor.sign_in(firm.marketing_admin, at=path)
    visitor.settle()
    page = visitor.page
    toggle = page.get_by_role("switch", name="Sync by Visibility")
    expect(toggle).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_text("Only the advisor who owns this connection").first).to_be_visible()
    toggle.click(force=True)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Disconnect")).to_have_count(0)


def test_another_firm_cannot_tell_that_the_connection_exists(
    connected: Visitor, visit: Visit, stack: Mapping[str, Any]
) -> None:
    stranger = next(user for user in stack["users"] if user["tenant_id"] == "firm-two")
    visitor = visit()
    visitor.sign_in(stranger, at=f"/connections/{connected.connection_id()}")
    expect(visitor.page.get_by_text("There is no connection")).to_be_visible()
