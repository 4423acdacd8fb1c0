"""Pictures of the page for the documentation: `python -m local.screenshots`.

Drives a new firm through the real page of the running stack (`make up`), by its own sign-in and
the org's own login page, and keeps what it sees in docs/images.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Literal

import requests
from playwright.sync_api import Browser, expect

from local.crm_user import CrmUser
from local.visitor import Visitor, chromium

STACK_FILE = Path(".local/stack.json")
IMAGES = Path("docs/images")
WIDE = {"width": 1280, "height": 860}
NARROW = {"width": 390, "height": 800}
CAMPAIGN = "Quarterly newsletter"
KINDS: tuple[dict[str, Any], ...] = (
    {"count": 64},
    {"count": 9, "start": 101, "owner": 1},
    {"count": 5, "start": 201, "values": {"Email": None}},
    {"count": 7, "start": 301, "values": {"HasOptedOutOfEmail": 1}},
)
"""Our own people, a colleague's, some without an address, some who opted out."""
_SECONDS = 60

Theme = Literal["light", "dark"]


def main() -> int:
    """Take every picture; the exit status says whether the stack was there."""
    if not STACK_FILE.exists():
        print("There is no stack. Run `make up` first.", file=sys.stderr)
        return 1
    stack = json.loads(STACK_FILE.read_text("utf-8"))
    IMAGES.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for path in take(browser, stack):
            print(path)
    return 0


def take(browser: Browser, stack: Mapping[str, Any]) -> list[Path]:
    """The pictures, in the order of the story."""
    org = next(org for org in stack["orgs"] if org["name"] == "salesforce")
    campaign = seed_campaign(org)
    visitor = open_page(browser, stack, "light")
    connection = f"/connections/{connect(visitor, org)}"
    return [
        *of_a_one_time_sync(browser, visitor, connection, campaign),
        *of_the_automated_sync(visitor, connection, campaign),
    ]


def of_a_one_time_sync(
    browser: Browser, visitor: Visitor, connection: str, campaign: str
) -> list[Path]:
    """What would happen, what did, and the same at night on a telephone."""
    visitor.go(f"{connection}/manual")
    visitor.choose(1, "Campaign in the CRM", campaign)
    visitor.create_other_side(1)
    visitor.page.get_by_role("button", name="Continue").click()
    visitor.wait_for_preview()
    taken = [keep(visitor, "preview")]
    visitor.page.get_by_role("row").nth(1).click()
    taken.append(keep(visitor, "change"))
    visitor.page.keyboard.press("Escape")
    visitor.finalize()
    visitor.wait_for_result()
    taken.append(keep(visitor, "run"))
    telephone = open_page(browser, visitor.stack, "dark", NARROW)
    telephone.go(visitor.page.url.partition("#")[2])
    return [*taken, keep(telephone, "run-dark-narrow")]


def of_the_automated_sync(visitor: Visitor, connection: str, campaign: str) -> list[Path]:
    """How it is set up, what the connection looks like then, and its history."""
    visitor.go(f"{connection}/automation")
    visitor.choose(1, "Campaign in the CRM", campaign)
    visitor.choose(1, "Group in marketing", campaign)
    taken = [keep(visitor, "automated-sync")]
    visitor.page.get_by_role("button", name="Continue").click()
    visitor.wait_for_preview()
    visitor.finalize()
    expect(visitor.page.get_by_role("heading", name="Details")).to_be_visible()
    taken.append(keep(visitor, "details"))
    visitor.go(f"{connection}/history")
    return [*taken, keep(visitor, "history")]


def open_page(
    browser: Browser,
    stack: Mapping[str, Any],
    theme: Theme,
    viewport: Mapping[str, int] | None = None,
) -> Visitor:
    """A window with the advisor signed in."""
    size = viewport or WIDE
    context = browser.new_context(
        color_scheme=theme,
        device_scale_factor=1.5,
        ignore_https_errors=True,  # the stand-in orgs sign their own certificates
        reduced_motion="reduce",
        viewport={"width": size["width"], "height": size["height"]},
    )
    visitor = Visitor(context.new_page(), stack)
    visitor.sign_in(stack["users"][0])
    visitor.settle()
    return visitor


def connect(visitor: Visitor, org: Mapping[str, Any]) -> str:
    """The advisor's Salesforce connection, made now unless it is there already; its id."""
    page = visitor.page
    if page.get_by_role("link", name="Open Salesforce").count():
        page.get_by_role("link", name="Open Salesforce").click()
        expect(page.get_by_role("heading", name="Details")).to_be_visible()
    else:
        visitor.connect("Salesforce", org)
        page.get_by_text("Salesforce is connected").wait_for()
    visitor.settle()
    return visitor.connection_id()


def seed_campaign(org: Mapping[str, Any]) -> str:
    """A campaign of people with the usual gaps; numbered when its name is taken already."""
    taken = {row["Name"] for row in CrmUser(org).query("SELECT Name FROM Campaign")}
    name = next(name for name in _names() if name not in taken)
    campaign = seed(org, campaign=name, **KINDS[0])
    for kind in KINDS[1:]:
        seed(org, campaign_id=campaign, **kind)
    return name


def _names() -> Iterator[str]:
    yield CAMPAIGN
    yield from (f"{CAMPAIGN} {number}" for number in count(2))


def seed(org: Mapping[str, Any], **body: Any) -> str:
    """Put people into a campaign of the org; the campaign's id."""
    owner = org["users"][body.pop("owner", 0)]["username"]
    wanted = {"owner": owner, "domain": f"clients{uuid.uuid4().hex[:4]}.example", **body}
    answer = requests.post(f"{org['admin_url']}/seed", json=wanted, timeout=_SECONDS)
    answer.raise_for_status()
    return str(answer.json()["campaign_id"])


def keep(visitor: Visitor, name: str) -> Path:
    """Save what the window shows."""
    path = IMAGES / f"{name}.png"
    visitor.settle()
    while visitor.page.get_by_role("button", name="Dismiss").count():
        visitor.page.get_by_role("button", name="Dismiss").first.click()
    visitor.page.screenshot(path=path)
    return path


if __name__ == "__main__":
    sys.exit(main())
