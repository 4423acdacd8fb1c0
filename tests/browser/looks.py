"""What every screen has to look like: kept as a picture, accessible, nothing cut off."""

from __future__ import annotations

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

from local.visitor import Visitor

PICTURES = Path(".local/e2e/screens")
SIZES = (("light", 1440), ("dark", 1440), ("light", 360), ("dark", 360))


def looks_right(visitor: Visitor, name: str) -> None:
    """A picture is kept; axe finds nothing; nothing sticks out; the console is quiet."""
    keep_picture(visitor, name)
    found = [*violations(visitor), *visitor.complaints]
    assert not found, f"{name}: {found}"
    assert not sideways(visitor), f"{name} is {sideways(visitor)} px wider than the window"


def keep_picture(visitor: Visitor, name: str) -> None:
    """As it looks when everything in view is there."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    visitor.page.wait_for_function(
        """() => [...document.querySelectorAll(".list-viewport")].every(
          (list) => list.querySelector(".list-row") && !list.querySelector(".list-row.blank"))"""
    )
    visitor.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def violations(visitor: Visitor) -> list[str]:
    found = Axe().run(visitor.page).response["violations"]
    return [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found]


def sideways(visitor: Visitor) -> int:
    """By how many pixels the page is wider than the window."""
    width: int = visitor.page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width
