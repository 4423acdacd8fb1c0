"""What the page loads: little, from its own origin, under a policy that forbids the rest."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Response, expect

from local.visitor import Visitor
from tests.browser.conftest import Visit
from tests.browser.crm_side import Org
from tests.browser.firms import Firm
from tests.browser.story import preview, sync

LIMIT = 150_000
PARTS = ("", "/automation", "/manual", "/history", "/reviews", "/audit")


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def test_opening_the_page_loads_little_and_only_from_here(visit: Visit, firm: Firm) -> None:
    visitor = visit()
    visitor.sign_in(firm.advisor)
    visitor.settle()
    answers = reloaded(visitor)
    assert {origin(answer.url) for answer in answers} == {origin(visitor.stack["page_url"])}
    assert size(answers) < LIMIT


def test_every_screen_opened_by_its_address_loads_little(
    connected: Visitor, org: Org, firm: Firm
) -> None:
    connection, campaign = connected.connection_id(), org.seed(3)
    run = sync(firm, connection, campaign)["id"]
    planned = preview(firm, connection, campaign)["id"]
    contact = firm.call("GET", "contacts")["items"][0]["id"]
    sizes = {}
    for path in (
        *(f"/connections/{connection}{part}" for part in PARTS),
        f"/runs/{run}",
        f"/runs/{planned}",
        f"/contacts/{contact}",
        "/notifications/settings",
    ):
        connected.go(path)
        sizes[path] = size(reloaded(connected))
    assert {path: size for path, size in sizes.items() if size >= LIMIT} == {}


def reloaded(visitor: Visitor) -> list[Response]:
    """Everything that is answered when the present screen is opened by its address."""
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    visitor.page.on("response", note)
    visitor.page.reload()
    visitor.settle()
    visitor.page.wait_for_load_state("networkidle")
    visitor.page.remove_listener("response", note)
    return answers


def size(answers: list[Response]) -> int:
    """Of the page's own files, uncompressed."""
    files = [answer for answer in answers if "/static/" in answer.url or answer.url.endswith("/")]
    return sum(len(answer.body()) for answer in files)


def test_scripts_that_are_not_ours_do_not_run(advisor: Visitor) -> None:
    page = advisor.page
    ran = page.evaluate(
        """() => new Promise((resolve) => {
          document.addEventListener("securitypolicyviolation", () => resolve(false));
          const script = document.createElement("script");
          script.textContent = "window.intruder = true";
          document.head.append(script);
          setTimeout(() => resolve(Boolean(window.intruder)), 1000);
        })"""
    )
    assert ran is False
    advisor.complaints.clear()


def test_the_page_remembers_the_theme_on_this_device(advisor: Visitor) -> None:
    page = advisor.page
    page.get_by_role("button", name="Account").click()
    page.get_by_text("Dark", exact=True).click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
