"""Short cuts past the page for what has to have happened before a test begins."""

from __future__ import annotations

import time
from typing import Any

from tests.browser.crm_side import Campaign
from tests.browser.firms import Firm

PATIENCE_S = 120
FINAL = {"succeeded", "partial", "failed", "cancelled"}


def mapping(firm: Firm, campaign: Campaign) -> dict[str, Any]:
    """The campaign and a group of its name, which is made if need be."""
    groups = {group["name"]: group["id"] for group in firm.call("GET", "groups")["items"]}
    known = groups.get(campaign.name)
    group = {"id": known} if known else {"create": True, "name": campaign.name}
    return {"campaign": {"id": campaign.id}, "group": group, "direction": "both"}


def sync(firm: Firm, connection: str, *campaigns: Campaign) -> dict[str, Any]:
    """A one-time sync without a preview, as a schedule would run it, to its end."""
    body = {"mappings": [mapping(firm, each) for each in campaigns], "terms_version": terms(firm)}
    run = firm.call("POST", f"connections/{connection}/runs", body)["run_id"]
    return ended(firm, run)


def preview(firm: Firm, connection: str, campaign: Campaign) -> dict[str, Any]:
    """What a one-time sync would do, ready to be looked at."""
    body = {"mappings": [mapping(firm, campaign)]}
    return planned(firm, firm.call("POST", f"connections/{connection}/previews", body)["run_id"])


def terms(firm: Firm) -> str:
    """The terms that are current."""
    version: str = firm.call("GET", "platforms")["terms_version"]
    return version


def ended(firm: Firm, run_id: str) -> dict[str, Any]:
    """The run, once it is over."""
    return _reached(firm, run_id, FINAL)


def planned(firm: Firm, run_id: str) -> dict[str, Any]:
    """The preview, once it is ready."""
    return _reached(firm, run_id, {"planned"})


def _reached(firm: Firm, run_id: str, states: set[str]) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        run: dict[str, Any] = firm.call("GET", f"runs/{run_id}")
        if run["state"] in states and (run["kind"] != "sync" or run["state"] in FINAL):
            return run
        time.sleep(0.5)
    raise AssertionError(f"run {run_id} was not {' or '.join(sorted(states))} in {PATIENCE_S} s")
