"""A person in front of the page: signs in, walks through it, logs in at a CRM org.

Used by the browser tests and by the pictures of the documentation, so both go the real way:
the user pool's sign-in page, the org's own login page, links and buttons by their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from local.setup.browser import find_chromium

PATIENCE_MS = 60_000
"""How long anything may take on a busy machine before it counts as broken."""

PREVIEW_READY = re.compile("Finalize Sync|Undo now|Try again now|Approve and run")


class NoChromiumError(RuntimeError):
    """There is no Chromium to start; `make browser` installs one."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium for as long as it is needed."""
    program = find_chromium()
    if program is None:
        raise NoChromiumError("No Chromium was found. Run `make browser` first.")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visitor:
    """One browser window on the page of one stack; `complaints` are what its console reported."""

    page: Page
    stack: Mapping[str, Any]
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        """A refused request is the server's affair; anything else is a fault of the page."""
        own = message.location.get("url", "").startswith(self.stack["page_url"])
        if own and message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def sign_in(self, user: Mapping[str, str], at: str = "/") -> None:
        """Through the user pool's own sign-in page to the screen at `at`."""
        self.page.goto(f"{self.stack['page_url']}#{at}")
        self.page.get_by_role("button", name="Sign in").click()
        self.give_password(user)

    def give_password(self, user: Mapping[str, str]) -> None:
        """Fill the user pool's sign-in page, which is in front of us."""
        self.page.fill("input[name=username]", user["email"])
        self.page.fill("input[name=password]", user["password"])
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("button", name="Account")).to_be_visible()

    def go(self, path: str) -> None:
        """To another screen, by its address, once its heading is there."""
        self.page.evaluate(
            """path => {
              if (location.hash === `#${path}`) return;
              document.querySelector("main").firstElementChild.classList.add("left");
              location.hash = path;
            }""",
            path,
        )
        self.settle()

    def settle(self) -> None:
        """Until the screen has a heading and nothing is loading."""
        self.page.wait_for_function(
            """() => document.querySelector("main h1")
              && !document.querySelector("main .skeleton, main > .left")"""
        )

    def connect(self, title: str, org: Mapping[str, Any], *, allow: bool = True) -> None:
        """Press Connect, log in at the org, and come back."""
        self.go("/")
        self.page.get_by_role("button", name=f"Connect {title}").click()
        self.page.get_by_role("button", name=f"Continue to {title}").click()
        self.log_in_at(org, allow=allow)

    def log_in_at(self, org: Mapping[str, Any], *, allow: bool = True) -> None:
        """Fill the org's own login page, which is in front of us."""
        self.page.get_by_label("Username").fill(org["username"])
        self.page.get_by_label("Password").fill(org["password"])
        self.page.get_by_role("button", name="Allow" if allow else "Deny").click()

    def connection_id(self) -> str:
        """Of the connection whose screen is open."""
        found = re.search(r"#/connections/([^/?]+)", self.page.url)
        if found is None:
            raise LookupError(f"No connection is open at {self.page.url}.")
        return found.group(1)

    def choose(self, row: int, label: str, text: str) -> None:
        """Pick the option called `text` in a search box of a mapping row (from 1)."""
        fields = self.page.get_by_role("group", name=f"Mapping {row}")
        fields.get_by_role("combobox", name=label).fill(text)
        called = self.page.get_by_text(text, exact=True)
        self.page.get_by_role("option").filter(has=called).click()

    def create_other_side(self, row: int) -> None:
        """Take the offer to create what is missing on the other side of a mapping row."""
        fields = self.page.get_by_role("group", name=f"Mapping {row}")
        fields.get_by_role("button", name="Create it with the first run").click()

    def wait_for_preview(self, within_ms: float = PATIENCE_MS) -> None:
        """After Continue: until the preview can be finalized."""
        ready = self.page.get_by_role("button", name=PREVIEW_READY)
        expect(ready).to_be_visible(timeout=within_ms)
        self.settle()

    def finalize(self) -> None:
        """Accept the terms below the preview and press the button."""
        self.page.get_by_label(re.compile("I have read the terms")).check()
        self.page.get_by_role("button", name=PREVIEW_READY).click()

    def wait_for_result(self) -> None:
        """On a run's screen: until the run has ended and its records are listed."""
        expect(self.page.get_by_role("heading", name=re.compile("^(Sync|Undo)$"))).to_be_visible()
        expect(self.page.get_by_role("heading", name="Every record")).to_be_visible()
        self.settle()
