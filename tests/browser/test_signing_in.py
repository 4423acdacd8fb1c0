"""The way in and out: the user pool's own sign-in page, and always back to the same place."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from local.visitor import Visitor
from tests.browser.conftest import Visit
from tests.browser.crm_side import Org
from tests.browser.firms import Firm

TOKENS = "crmsync.tokens"
TOKEN = "name => JSON.parse(sessionStorage.getItem(name)).id_token"


def test_a_stranger_is_told_what_this_is_and_let_in(visit: Visit, firm: Firm) -> None:
    visitor = visit()
    visitor.page.goto(visitor.stack["page_url"])
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("kept the same")
    visitor.page.get_by_role("button", name="Sign in").click()
    visitor.give_password(firm.advisor)
    expect(visitor.page.get_by_role("heading", name="Integrations")).to_be_visible()


def test_a_deep_link_is_kept_through_signing_in(visit: Visit, firm: Firm) -> None:
    visitor = visit()
    visitor.sign_in(firm.advisor, at="/notifications/settings")
    expect(visitor.page.get_by_role("heading", name="Notification settings")).to_be_visible()
    assert "code=" not in visitor.page.url


def test_the_end_of_the_session_leads_back_to_the_same_place(advisor: Visitor, firm: Firm) -> None:
    page = advisor.page
    advisor.go("/contacts/new")
    end_session(advisor)
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    page.get_by_role("button", name="Sign in again").click()
    if page.locator("input[name=username]").count():
        advisor.give_password(firm.advisor)
    expect(page.get_by_role("heading", name="New contact")).to_be_visible()
    assert page.url.endswith("#/contacts/new")


def test_a_session_that_ends_in_the_middle_of_a_one_time_sync_loses_no_choice(
    connected: Visitor, org: Org, firm: Firm
) -> None:
    page, campaign = connected.page, org.seed(1)
    connected.go(f"/connections/{connected.connection_id()}/manual")
    connected.choose(1, "Campaign in the CRM", campaign.name)
    expect(page.get_by_role("button", name="Create it with the first run")).to_be_visible()
    end_session(connected)
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    page.get_by_role("button", name="Sign in again").click()
    if page.locator("input[name=username]").count():
        connected.give_password(firm.advisor)
    chosen = page.get_by_role("combobox", name="Campaign in the CRM")
    expect(chosen).to_have_value(campaign.name)
    expect(page.get_by_role("button", name="Create it with the first run")).to_be_visible()


def end_session(visitor: Visitor) -> None:
    """Spoil both tokens, as if they had expired: the next call finds out."""
    visitor.page.evaluate(
        """name => {
          const tokens = JSON.parse(sessionStorage.getItem(name));
          const [head, body] = tokens.id_token.split(".");
          const spoiled = { id_token: `${head}.${body}.spoiled`, refresh_token: "spoiled" };
          sessionStorage.setItem(name, JSON.stringify(spoiled));
        }""",
        TOKENS,
    )


def test_a_token_that_ran_out_is_renewed_without_a_word(connected: Visitor) -> None:
    page = connected.page
    before = page.evaluate(TOKEN, TOKENS)
    page.evaluate(
        """name => {
          const tokens = JSON.parse(sessionStorage.getItem(name));
          const [head, body, sign] = tokens.id_token.split(".");
          const claims = JSON.parse(atob(body.replaceAll("-", "+").replaceAll("_", "/")));
          const old = btoa(JSON.stringify({ ...claims, exp: 1 })).replaceAll("=", "");
          tokens.id_token = [head, old.replaceAll("+", "-").replaceAll("/", "_"), sign].join(".");
          sessionStorage.setItem(name, JSON.stringify(tokens));
        }""",
        TOKENS,
    )
    connection = connected.connection_id()
    connected.go("/groups")
    expect(page.get_by_text("No groups yet")).to_be_visible()
    assert page.evaluate(TOKEN, TOKENS) != before
    connected.go(f"/connections/{connection}")
    expect(page.get_by_role("button", name="Disconnect")).to_be_visible()


def test_signing_out_forgets_the_tokens(advisor: Visitor) -> None:
    page = advisor.page
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(advisor.stack["page_url"])
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.evaluate("name => sessionStorage.getItem(name)", TOKENS) is None


def test_an_address_nobody_knows_says_so(advisor: Visitor) -> None:
    advisor.go("/nowhere/at/all")
    expect(advisor.page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_a_sign_in_begun_elsewhere_is_refused(visit: Visit) -> None:
    visitor = visit()
    visitor.page.goto(f"{visitor.stack['page_url']}?code=stolen&state=unknown")
    expect(visitor.page.get_by_text("not begun in this tab")).to_be_visible()
    assert not re.search("code=|state=", visitor.page.url)
