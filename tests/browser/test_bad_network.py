"""A screen never lies while the network is bad, and nothing is started twice."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Request, Route, expect

from local.visitor import Visitor
from tests.browser.crm_side import Campaign, Org


@pytest.fixture
def campaign(org: Org) -> Campaign:
    return org.seed(3)


@pytest.fixture
def form(connected: Visitor, campaign: Campaign) -> Visitor:
    """A one-time sync, filled in."""
    connected.go(f"/connections/{connected.connection_id()}/manual")
    connected.choose(1, "Campaign in the CRM", campaign.name)
    connected.create_other_side(1)
    return connected


def sent(visitor: Visitor, ending: str) -> list[Request]:
    """Every POST to an address that ends so, from now on."""
    requests: list[Request] = []
    visitor.page.on(
        "request",
        lambda request: (
            requests.append(request)
            if request.method == "POST" and request.url.endswith(ending)
            else None
        ),
    )
    return requests


def test_a_list_that_cannot_be_loaded_says_so_and_can_be_tried_again(advisor: Visitor) -> None:
    page = advisor.page
    page.route("**/api/contacts*", lambda route: route.abort())
    advisor.go("/contacts")
    expect(page.get_by_text("The list could not be loaded")).to_be_visible()
    page.unroute("**/api/contacts*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("No contacts yet")).to_be_visible()


def test_the_servers_own_words_are_shown(advisor: Visitor) -> None:
    page = advisor.page
    problem = {"code": "unavailable", "detail": "The store is being moved. Come back at noon."}
    page.route("**/api/groups*", lambda route: route.fulfill(status=503, body=json.dumps(problem)))
    advisor.go("/groups")
    expect(page.get_by_text("Come back at noon.")).to_be_visible()


def test_a_lost_answer_is_asked_for_again_under_the_same_key(form: Visitor) -> None:
    page = form.page
    posts = sent(form, "/previews")

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/previews", lose_the_answer, times=1)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("The server gave no answer.")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    form.wait_for_preview()
    keys = [post.headers["idempotency-key"] for post in posts]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    page.get_by_role("link", name="History").click()
    form.settle()
    expect(page.locator(".timeline-entry")).to_have_count(1)


def test_a_second_press_does_nothing(form: Visitor) -> None:
    posts = sent(form, "/previews")
    form.page.get_by_role("button", name="Continue").dblclick()
    form.wait_for_preview()
    assert len(posts) == 1


def test_a_run_watched_through_a_bad_network_says_that_it_may_be_old(form: Visitor) -> None:
    page = form.page
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Preview")).to_be_visible()
    page.route("**/api/runs/*", lambda route: route.abort())
    page.reload()
    expect(page.get_by_text("This run could not be loaded")).to_be_visible()
    page.unroute("**/api/runs/*")
    page.get_by_role("button", name="Try again").click()
    form.wait_for_preview()
