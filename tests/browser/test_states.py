"""Screens with nothing in them, still loading, out of reach, or without anybody signed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from local.visitor import Visitor
from tests.browser.conftest import Visit
from tests.browser.crm_side import Org
from tests.browser.firms import Firm, new_firm
from tests.browser.looks import SIZES, looks_right

Theme = Literal["light", "dark"]
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
OF_THE_CONNECTION = ["", "/automation", "/manual", "/history", "/reviews"]

themes = pytest.mark.parametrize(
    ("theme", "width"), SIZES, ids=[f"{theme}-{width}" for theme, width in SIZES]
)


@pytest.fixture(scope="module")
def new(browser: Browser, stack: Mapping[str, Any]) -> tuple[Firm, str]:
    """A firm that has connected a CRM and done nothing else; the connection's id."""
    firm = new_firm(stack)
    org = Org(next(org for org in stack["orgs"] if org["name"] == "salesforce"))
    context = browser.new_context(ignore_https_errors=True)
    visitor = Visitor(context.new_page(), stack)
    visitor.sign_in(firm.advisor)
    visitor.connect("Salesforce", org.facts)
    visitor.page.get_by_text("Salesforce is connected").wait_for()
    connection = visitor.connection_id()
    context.close()
    return firm, connection


def hold(page: Page, addresses: str) -> list[Route]:
    """Leave requests to these addresses without an answer; they are in the list."""
    waiting: list[Route] = []

    def wait(route: Route) -> None:
        waiting.append(route)

    page.route(addresses, wait)
    return waiting


@themes
def test_a_screen_with_nothing_in_it_says_what_to_do(
    visit: Visit, new: tuple[Firm, str], theme: Theme, width: int
) -> None:
    visitor = visit(color_scheme=theme, viewport={"width": width, "height": 800})
    visitor.sign_in(new[0].advisor)
    for name, (path, words) in EMPTY.items():
        visitor.go(path.format(connection=new[1]))
        expect(visitor.page.get_by_text(words).first).to_be_visible()
        looks_right(visitor, f"empty-{name}-{theme}-{width}")


@themes
def test_a_screen_out_of_reach_says_so_and_can_be_tried_again(
    visit: Visit, new: tuple[Firm, str], theme: Theme, width: int
) -> None:
    visitor = visit(color_scheme=theme, viewport={"width": width, "height": 800})
    visitor.sign_in(new[0].advisor)
    visitor.settle()
    page = visitor.page
    page.route("**/api/**", lambda route: route.abort())
    for path in [*LOADED, *(f"/connections/{new[1]}{each}" for each in OF_THE_CONNECTION)]:
        visitor.go(path)
        expect(page.locator("main .banner.bad").first).to_be_visible()
        expect(page.locator("main").get_by_role("button", name="Try again").first).to_be_visible()
        name = path.replace(new[1], "one").replace("/", "-").strip("-") or "integrations"
        looks_right(visitor, f"broken-{name}-{theme}-{width}")
    page.unroute("**/api/**")
    page.locator("main").get_by_role("button", name="Try again").first.click()
    expect(page.get_by_text("Nothing to review")).to_be_visible()


@themes
def test_a_screen_that_loads_shows_where_text_will_be(
    visit: Visit, new: tuple[Firm, str], theme: Theme, width: int
) -> None:
    visitor = visit(color_scheme=theme, viewport={"width": width, "height": 800})
    visitor.sign_in(new[0].advisor)
    visitor.settle()
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
        looks_right(visitor, f"loading-{name}-{theme}-{width}")
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


@themes
def test_somebody_signed_out_is_told_what_this_is(visit: Visit, theme: Theme, width: int) -> None:
    visitor = visit(color_scheme=theme, viewport={"width": width, "height": 800})
    visitor.page.goto(visitor.stack["page_url"])
    expect(visitor.page.get_by_role("button", name="Sign in")).to_be_visible()
    looks_right(visitor, f"signed-out-{theme}-{width}")


@themes
def test_a_session_that_ended_offers_the_way_back(
    visit: Visit, new: tuple[Firm, str], theme: Theme, width: int
) -> None:
    visitor = visit(color_scheme=theme, viewport={"width": width, "height": 800})
    visitor.sign_in(new[0].advisor)
    visitor.settle()
    visitor.page.route("**/api/**", lambda route: route.fulfill(status=401, body="{}"))
    visitor.page.route("**/oauth2/token", lambda route: route.fulfill(status=400, body="{}"))
    visitor.page.evaluate("() => { location.hash = '/groups'; }")
    expect(visitor.page.get_by_text("Your session has ended")).to_be_visible()
    looks_right(visitor, f"session-ended-{theme}-{width}")
    assert visitor.page.url.endswith("#/groups")
