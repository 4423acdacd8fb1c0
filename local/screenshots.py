"""Pictures of the page: `make screenshots`, or `python -m local.screenshots STACK_DIRECTORY`.

Drives an advisor through the real page of a running stack, by the user pool's own sign-in and the
org's own login page. Every screen is kept in both themes beside the stack, and those that the
README shows are kept in docs/images.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

import requests
from playwright.sync_api import Browser, expect

from local.advisor import Advisor
from local.crm_user import CrmUser
from local.visitor import Visitor, chromium

IMAGES = Path("docs/images")
SHOWN = ("change", "run", "details")
"""What the README shows."""
SIZE = {"width": 1280, "height": 860}
CAMPAIGN = "Quarterly newsletter"
KINDS: tuple[dict[str, Any], ...] = (
    {"count": 64},
    {"count": 9, "start": 101, "owner": 1},
    {"count": 5, "start": 201, "values": {"Email": None}},
    {"count": 7, "start": 301, "values": {"HasOptedOutOfEmail": 1}},
)
"""Our own people, a colleague's, some without an address, some who opted out."""
TITLES = ("Partner", "Trustee", "Founder", "Head of finance", "Managing director", "Treasurer")
_SECONDS = 60

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("dark", "light")


def main(arguments: list[str]) -> int:
    """Take every picture; the exit status says whether the stack was there."""
    directory = Path(arguments[0] if arguments else ".local")
    described = directory / "stack.json"
    if not described.exists():
        print(f"There is no {described}. Run `make up` first.", file=sys.stderr)
        return 1
    stack = json.loads(described.read_text("utf-8"))
    with chromium() as browser:
        album = Album(open_page(browser, stack), directory / "screenshots")
        album.fill(next(org for org in stack["orgs"] if org["name"] == "salesforce"))
    return 0


@dataclass(frozen=True)
class Album:
    """The story of a first week, and a picture of each of its screens."""

    visitor: Visitor
    folder: Path

    def fill(self, org: Mapping[str, Any]) -> None:
        """Connect, sync, edit, sync again; screen by screen."""
        name, people = seed_campaign(org)
        self.keep("integrations")
        connection = f"/connections/{connect(self.visitor, org)}"
        self.of_the_automated_sync(connection, name)
        self.of_a_one_time_sync(connection, name)
        self.of_what_is_kept(connection)
        edit_both_sides(self.visitor.stack, org, people)
        self.of_changes(connection, name)

    def of_the_automated_sync(self, connection: str, campaign: str) -> None:
        """How it is set up, and what the connection looks like then."""
        visitor = self.visitor
        visitor.go(f"{connection}/automation")
        visitor.choose(1, "Campaign in the CRM", campaign)
        visitor.create_other_side(1)
        self.keep("automated-sync")
        visitor.page.get_by_role("button", name="Continue").click()
        visitor.wait_for_preview()
        self.keep("preview")
        visitor.finalize()
        expect(visitor.page.get_by_role("heading", name="Details")).to_be_visible()

    def of_a_one_time_sync(self, connection: str, campaign: str) -> None:
        """The first sync, carried out at once, and its result."""
        self.preview(connection, campaign)
        self.visitor.finalize()
        self.visitor.wait_for_result()
        self.keep("run")

    def of_what_is_kept(self, connection: str) -> None:
        """What the page knows afterwards."""
        places = {
            "details": connection,
            "history": f"{connection}/history",
            "reviews": f"{connection}/reviews",
            "audit": f"{connection}/audit",
            "groups": "/groups",
            "contacts": "/contacts",
            "notifications": "/notifications",
            "settings": "/notifications/settings",
        }
        for name, path in places.items():
            self.visitor.go(path)
            self.keep(name)

    def of_changes(self, connection: str, campaign: str) -> None:
        """What edits on both sides would lead to, and one of them opened."""
        self.preview(connection, campaign)
        self.keep("changes")
        conflict = self.visitor.page.get_by_role("row").filter(has_text="Conflict")
        conflict.first.click()
        self.keep("change")

    def preview(self, connection: str, campaign: str) -> None:
        """Of a one-time sync of the campaign and its group."""
        visitor = self.visitor
        visitor.go("/groups")
        visitor.go(f"{connection}/manual")
        visitor.choose(1, "Campaign in the CRM", campaign)
        fields = visitor.page.get_by_role("group", name="Mapping 1")
        fields.get_by_role("button", name="Use it").or_(
            fields.get_by_role("button", name="Create it with the first run")
        ).click()
        visitor.page.get_by_role("button", name="Continue").click()
        visitor.wait_for_preview()

    def keep(self, name: str) -> None:
        """Save what the window shows, dark and light."""
        visitor, page = self.visitor, self.visitor.page
        visitor.settle()
        while page.get_by_role("button", name="Dismiss").count():
            page.get_by_role("button", name="Dismiss").first.click()
        self.folder.mkdir(parents=True, exist_ok=True)
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            path = self.folder / f"{name}-{theme}.png"
            page.screenshot(path=path)
            print(path)
        if name in SHOWN:
            IMAGES.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=IMAGES / f"{name}.png")
            print(IMAGES / f"{name}.png")


def open_page(browser: Browser, stack: Mapping[str, Any]) -> Visitor:
    """A window with the advisor signed in."""
    context = browser.new_context(
        device_scale_factor=1.5,
        ignore_https_errors=True,  # the stand-in orgs sign their own certificates
        reduced_motion="reduce",
        viewport={"width": SIZE["width"], "height": SIZE["height"]},
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


def edit_both_sides(
    stack: Mapping[str, Any], org: Mapping[str, Any], people: Iterable[str]
) -> None:
    """New titles in the CRM; for every other person another one in marketing, and a new city."""
    crm, advisor = CrmUser(org), Advisor(stack, stack["users"][0])
    for number, (person, title) in enumerate(zip(people, TITLES, strict=False)):
        crm.update("Contact", person, Title=title, MobilePhone=f"(555) 010-{number:04d}")
        found = crm.query(f"SELECT Email FROM Contact WHERE Id = '{person}'")  # noqa: S608 - ids the org itself gave
        email = found[0]["Email"]
        contact = advisor.get(f"/api/contacts?search={email}")["items"][0]
        change = {"city": "Portland"} | ({"title": "Advisor"} if number % 2 else {})
        advisor.patch(f"/api/contacts/{contact['id']}", change)


def seed_campaign(org: Mapping[str, Any]) -> tuple[str, list[str]]:
    """A campaign of people with the usual gaps, numbered when its name is taken; some of them."""
    taken = {row["Name"] for row in CrmUser(org).query("SELECT Name FROM Campaign")}
    name = next(name for name in _names() if name not in taken)
    first = seed(org, campaign=name, **KINDS[0])
    for kind in KINDS[1:]:
        people = seed(org, campaign_id=first["campaign_id"], **kind)["contact_ids"]
        if "owner" in kind:
            share(org, people)
    return name, first["contact_ids"]


def share(org: Mapping[str, Any], people: Iterable[str]) -> None:
    """Let the advisor see a colleague's people."""
    for person in people:
        wanted = {"id": person, "username": org["username"], "level": "read"}
        requests.post(f"{org['admin_url']}/grant", json=wanted, timeout=_SECONDS).raise_for_status()


def _names() -> Iterator[str]:
    yield CAMPAIGN
    yield from (f"{CAMPAIGN} {number}" for number in count(2))


def seed(org: Mapping[str, Any], **body: Any) -> dict[str, Any]:
    """Put people into a campaign of the org; the campaign's id, and the first ten people's."""
    owner = org["users"][body.pop("owner", 0)]["username"]
    wanted = {"owner": owner, "domain": f"clients{uuid.uuid4().hex[:4]}.example", **body}
    answer = requests.post(f"{org['admin_url']}/seed", json=wanted, timeout=_SECONDS)
    answer.raise_for_status()
    made: dict[str, Any] = answer.json()
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
