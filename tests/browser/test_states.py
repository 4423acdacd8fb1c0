"""Screens with nothing in them, still loading, out of reach, or without anybody signed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from local.visitor import Visitor
from tests.browser.conftest import Visit, connect
from tests.browser.crm_side import salesforce
from tests.browser.firms import Firm, new_firm
from tests.browser.looks import SIZES, looks_right

EMPTY = {
    "details": ("/connections/{connection}", "Not set up yet."),
    "automated": ("/connections/{connection}/automation", "What belongs together"),
    "history": ("/connections/{connection}/history", "No run yet"),
    "reviews": ("/connections/{connection}/reviews", "Nothing to review"),
    "groups": ("/groups", "No groups yet"),
    "contacts": ("/contacts", "No contacts yet"),
    "notifications": ("/notifications", "Nothing yet"),
}
LOADED = [
    "/runs/some",
    "/groups",
    "/groups/some",
    "/contacts/some",
    "/contacts",
    "/notifications",
    "/notifications/settings",
    "/",
]
OF_THE_CONNECTION = ["", "/automation", "/manual", "/history", "/audit", "/reviews"]


@pytest.fixture(scope="module")
def new(browser: Browser, stack: Mapping[str, Any]) -> tuple[Firm, str]:
    """A firm that has connected a CRM and done nothing else; the connection's id."""
    firm = new_firm(stack)
    org = salesforce(stack)
    context = browser.new_context(ignore_https_errors=True)
    visitor = Visitor(context.new_page(), stack)
    visitor.sign_in(firm.advisor)
    connection = connect(visitor, org)
    context.close()
    return firm, connection


@pytest.fixture(params=SIZES, ids=lambda param: f"{param[0]}-{param[1]}")
def window(visit: Visit, request: pytest.FixtureRequest) -> tuple[Visitor, str]:
    """A window in one theme and width; and what to call the pictures."""
    theme, width = request.param
    return visit(color_scheme=theme, viewport={"width": width, "height": 800}), f"{theme}-{width}"


@pytest.fixture
def signed_in(window: tuple[Visitor, str], new: tuple[Firm, str]) -> tuple[Visitor, str]:
    """That window with the new firm's advisor at Integrations."""
    visitor, _ = window
    visitor.sign_in(new[0].advisor)
    visitor.settle()
    return window


def hold(page: Page, addresses: str) -> list[Route]:
    """Leave requests to these addresses without an answer; they are in the list."""
    waiting: list[Route] = []

    def wait(route: Route) -> None:
        waiting.append(route)

    page.route(addresses, wait)
    return waiting


def test_a_screen_with_nothing_in_it_says_what_to_do(
    signed_in: tuple[Visitor, str], new: tuple[Firm, str]
) -> None:
    visitor, size = signed_in
    for name, (path, words) in EMPTY.items():
        visitor.go(path.format(connection=new[1]))
        expect(visitor.page.get_by_text(words).first).to_be_visible()
        looks_right(visitor, f"empty-{name}-{size}")


def test_a_screen_out_of_reach_says_so_and_can_be_tried_again(
    signed_in: tuple[Visitor, str], new: tuple[Firm, str]
) -> None:
    visitor, size = signed_in
    page = visitor.page
    page.route("**/api/**", lambda route: route.abort())
    for path in [*LOADED, *(f"/connections/{new[1]}{each}" for each in OF_THE_CONNECTION)]:
        visitor.go(path)
        expect(page.locator("main .banner.bad").first).to_be_visible()
        expect(page.locator("main").get_by_role("button", name="Try again").first).to_be_visible()
        name = path.replace(new[1], "one").replace("/", "-").strip("-") or "integrations"
        looks_right(visitor, f"broken-{name}-{size}")
    page.unroute("**/api/**")
    page.locator("main").get_by_role("button", name="Try again").first.click()
    expect(page.get_by_text("Nothing to review")).to_be_visible()


def test_a_screen_that_loads_shows_where_text_will_be(
    signed_in: tuple[Visitor, str], new: tuple[Firm, str]
) -> None:
    visitor, size = signed_in
    page = visitor.page
    waiting = hold(page, "**/api/**")
    for path, heading in (
        ("/groups", "Groups"),
        (f"/connections/{new[1]}", "Details"),
        (f"/connections/{new[1]}/history", "History"),
        ("/runs/some", "Run"),
    ):
        page.evaluate("path => { location.hash = path; }", path)
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        expect(page.locator("main .skeleton").first).to_be_visible()
        name = path.replace(new[1], "one").replace("/", "-").strip("-")
        looks_right(visitor, f"loading-{name}-{size}")
    for route in waiting:
        route.abort()


def test_nothing_moves_for_whoever_wants_it_so(visit: Visit, new: tuple[Firm, str]) -> None:
    moving = {}
    for motion in ("reduce", "no-preference"):
        visitor = visit(reduced_motion=motion)
        visitor.sign_in(new[0].advisor)
        visitor.settle()
        waiting = hold(visitor.page, "**/api/groups*")
        visitor.page.evaluate("() => { location.hash = '/groups'; }")
        expect(visitor.page.locator("main .skeleton").first).to_be_visible()
        moving[motion] = visitor.page.evaluate(
            """() => document.getAnimations()
              .filter((each) => each.effect.getComputedTiming().duration > 1).length"""
        )
        for route in waiting:
            route.abort()
    assert moving["reduce"] == 0
    assert moving["no-preference"] > 0


def test_somebody_signed_out_is_told_what_this_is(window: tuple[Visitor, str]) -> None:
    visitor, size = window
    visitor.page.goto(visitor.stack["page_url"])
    expect(visitor.page.get_by_role("button", name="Sign in")).to_be_visible()
    looks_right(visitor, f"signed-out-{size}")


def test_a_session_that_ended_offers_the_way_back(signed_in: tuple[Visitor, str]) -> None:
    visitor, size = signed_in
    visitor.page.route("**/api/**", lambda route: route.fulfill(status=401, body="{}"))
    visitor.page.route("**/oauth2/token", lambda route: route.fulfill(status=400, body="{}"))
    visitor.page.evaluate("() => { location.hash = '/groups'; }")
    expect(visitor.page.get_by_text("Your session has ended")).to_be_visible()
    looks_right(visitor, f"session-ended-{size}")
    assert visitor.page.url.endswith("#/groups")
