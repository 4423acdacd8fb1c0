"""A browser, a firm and an org for each test; a page that complained in its console fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser

from local.visitor import Visitor, chromium
from tests.browser.crm_side import Org, salesforce
from tests.browser.firms import Firm, new_firm

Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def firm(stack: Mapping[str, Any]) -> Firm:
    return new_firm(stack)


@pytest.fixture
def org(stack: Mapping[str, Any]) -> Org:
    return salesforce(stack)


@pytest.fixture
def visit(browser: Browser, stack: Mapping[str, Any]) -> Iterator[Visit]:
    """Open a window with any browser context options; it must not complain until the test ends."""
    visitors: list[Visitor] = []

    def opened(**options: Any) -> Visitor:
        context = browser.new_context(
            ignore_https_errors=True,  # the stand-in orgs sign their own certificates
            viewport=options.pop("viewport", {"width": 1440, "height": 900}),
            **options,
        )
        visitor = Visitor(context.new_page(), stack)
        visitors.append(visitor)
        return visitor

    yield opened
    for visitor in visitors:
        visitor.page.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


@pytest.fixture
def advisor(visit: Visit, firm: Firm) -> Visitor:
    """The firm's advisor, signed in at Integrations."""
    visitor = visit()
    visitor.sign_in(firm.advisor)
    return visitor


@pytest.fixture
def connected(advisor: Visitor, org: Org) -> Visitor:
    """The advisor on the Details screen of a new Salesforce connection."""
    connect(advisor, org)
    advisor.settle()
    return advisor


def connect(visitor: Visitor, org: Org) -> str:
    """Connect Salesforce as a person does; the connection's id, whose Details are open."""
    visitor.connect("Salesforce", org.facts)
    visitor.page.get_by_text("Salesforce is connected").wait_for()
    return visitor.connection_id()
