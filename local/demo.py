"""The whole story in a terminal: connect, map, preview, finalize, sync, edit, sync again.

Prints what happened and, at the end, a table per run and mapping. Stays up in a terminal so that
the page can be looked at; without one it ends at once. A stack that was up before stays up; one
that it started is gone at the end, whatever the end was.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from textwrap import shorten
from typing import Any

from local.advisor import Advisor
from local.crm_user import CrmUser
from local.stack.__main__ import main as stack_main

STACK_FILE = Path(".local/stack.json")
PLATFORMS = ("salesforce", "practifi", "salentica")
Json = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Start the stack if need be, play the story, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--platform", default=PLATFORMS[0], choices=PLATFORMS)
    platform = parser.parse_args(arguments).platform
    was_up = STACK_FILE.exists()
    try:
        stack_main(["up"])
        tell(json.loads(STACK_FILE.read_text("utf-8")), platform, stays=was_up)
    finally:
        if not was_up:
            stack_main(["down"])
    return 0


def tell(stack: Mapping[str, Any], platform: str, *, stays: bool) -> None:
    """Play the story, print the table; in a terminal, wait for Enter before the stack ends."""
    runs = play(stack, platform)
    print_page(stack)
    print_table(runs)
    if sys.stdin.isatty() and not stays:
        with suppress(EOFError, KeyboardInterrupt):  # other ways of saying: enough
            input("\nPress Enter to stop the stack. ")


def play(stack: Mapping[str, Any], platform: str) -> list[tuple[str, Json]]:
    """The story; the runs it made, each with a name for people."""
    org = next(o for o in stack["orgs"] if o["platform"] == platform)
    advisor, crm = Advisor(stack, stack["users"][0]), CrmUser(org)
    say(f"signed in as {advisor.user['email']}")
    connection = advisor.connect(org)
    crm_user, org_name = connection["crm_user"]["name"], connection["org"]["name"]
    say(f"connected {org_name} as {crm_user} through its own login page")
    mapping, contact = prepare(advisor, crm, connection["id"])

    preview = advisor.preview(connection["id"], [mapping])
    say(f"previewed, nothing written: {counts(preview)}")
    for change in advisor.get(f"/api/runs/{preview['id']}/changes")["items"][:5]:
        say(f"   {change['outcome']:9} {change['side']}: {describe(change)}")
    finalize(advisor, connection["id"], mapping)
    first = advisor.execute(connection["id"], preview["id"])
    say(f"synced for the first time: {counts(first)}")

    decide_reviews(advisor, connection["id"])
    edit_both_sides(advisor, crm, first, contact)
    again = [{**mapping, "campaign": {"id": first["mappings"][0]["campaign"]["id"]}}]
    second = advisor.sync(connection["id"], again)
    say(f"synced after an edit on each side: {counts(second)}")
    third = advisor.sync(connection["id"], again)
    say(f"synced once more with no edits: {counts(third)}")
    return [("preview", preview), ("first sync", first), ("edits", second), ("quiet", third)]


def prepare(advisor: Advisor, crm: CrmUser, connection_id: str) -> tuple[Json, Json]:
    """A campaign with people in the CRM, a group with somebody new, and the mapping of both."""
    name = f"Newsletter {uuid.uuid4().hex[:6]}"
    campaign = crm.create("Campaign", Name=name, IsActive=True)
    for person_id in own_people(crm)[:4]:
        crm.create("CampaignMember", CampaignId=campaign, ContactId=person_id)
    group = advisor.post("/api/groups", {"name": name})
    new = {"first_name": "Nadia", "last_name": f"Novak {name[-6:]}", "title": "Engineer"}
    contact = advisor.post("/api/contacts", {**new, "email": f"nadia.{name[-6:]}@example.com"})
    advisor.call("PUT", f"/api/groups/{group['id']}/members/{contact['id']}")
    say(f"mapped group and campaign '{name}' both ways: 4 people there, 1 new contact here")
    ends = {"campaign": {"id": campaign}, "group": {"id": group["id"]}}
    listed = advisor.get(f"/api/connections/{connection_id}/campaigns?search={name[-6:]}")
    say(f"the campaign is offered: {[c['name'] for c in listed['items']]}")
    return {**ends, "direction": "both"}, contact


def own_people(crm: CrmUser) -> list[str]:
    """People with an address that the advisor owns."""
    soql = f"SELECT Id FROM Contact WHERE OwnerId = '{crm.user_id}' AND Email != null ORDER BY Id"  # noqa: S608 - ids the org itself gave
    return [row["Id"] for row in crm.query(soql)]


def finalize(advisor: Advisor, connection_id: str, mapping: Json) -> None:
    """Save the automation and put it into force."""
    path = f"/api/connections/{connection_id}/automation"
    draft = {"mappings": [mapping], "cadence": {"every": "hour"}, "enabled": True}
    advisor.put(path, draft)
    terms = advisor.get("/api/platforms")["terms_version"]
    advisor.post(f"{path}/finalize", {"terms_version": terms})
    say(f"agreed to the terms ({terms}) and finalized: it runs every hour from now on")


def decide_reviews(advisor: Advisor, connection_id: str) -> None:
    """Say yes to the new people that this platform asks about before it creates them."""
    for review in advisor.everything(f"/api/connections/{connection_id}/reviews"):
        if review["kind"] != "new_person":
            continue
        advisor.post(f"/api/reviews/{review['id']}", {"decision": "create"})
        name = f"{review['subject'].get('first_name', '')} {review['subject'].get('last_name', '')}"
        say(f"{name.strip()} is new to the CRM and was held for a review: decided to create")


def edit_both_sides(advisor: Advisor, crm: CrmUser, run: Json, contact: Json) -> None:
    """One edit here, one edit there, on different people."""
    advisor.patch(f"/api/contacts/{contact['id']}", {"title": "Chief Engineer"})
    changes = advisor.everything(f"/api/runs/{run['id']}/changes")
    other = next(c for c in changes if c["contact_id"] != contact["id"] and c["person_id"])
    account = crm.query(f"SELECT AccountId FROM Contact WHERE Id = '{other['person_id']}'")  # noqa: S608 - ids the org itself gave
    edit_person(crm, other["person_id"], account[0]["AccountId"])
    say("edited a title on the marketing side and a city in the CRM")


def edit_person(crm: CrmUser, person_id: str, account_id: str | None) -> None:
    """Change the city where this kind of person keeps it."""
    if has_person_accounts(crm) and is_person(crm, account_id):
        crm.update("Account", str(account_id), PersonMailingCity="Lisbon")
    else:
        crm.update("Contact", person_id, MailingCity="Lisbon")


def is_person(crm: CrmUser, account_id: str | None) -> bool:
    """Whether this account is a person."""
    soql = f"SELECT Id FROM Account WHERE Id = '{account_id}' AND IsPersonAccount = true"  # noqa: S608 - ids the org itself gave
    return bool(crm.query(soql))


def has_person_accounts(crm: CrmUser) -> bool:
    """Whether people of this org may be accounts."""
    try:
        crm.query("SELECT Id FROM Account WHERE IsPersonAccount = true LIMIT 1")
    except OSError:
        return False
    return True


def counts(run: Json) -> str:
    """The run in one line."""
    told = [f"{n} {k}" for k, n in run["mappings"][0]["counts"].items() if n]
    return f"{run['state']}: {', '.join(told)}"


def describe(change: Json) -> str:
    """A change in one line; where nothing is done, why."""
    fields = ", ".join(f"{f['name']} {f['before']!r} -> {f['after']!r}" for f in change["fields"])
    told = f"{change['action']} {fields or change['reason'] or ''}"
    return shorten(told, width=100, placeholder=" ...")


def print_table(runs: list[tuple[str, Json]]) -> None:
    """Per run and mapping: what was considered and what became of it, calls and seconds."""
    names = ("considered", "created", "updated", "unchanged", "skipped", "failed")
    head = ["run", "mapping", *names, "CRM calls", "seconds"]
    rows = [head]
    for title, run in runs:
        seconds = f"{elapsed(run):.1f}"
        for row in run["mappings"]:
            told = [str(row["counts"].get(n, 0)) for n in names]
            rows.append([title, row["campaign"]["name"], *told, str(run["crm_calls"]), seconds])
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    print()
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


def elapsed(run: Json) -> float:
    """Seconds from start to end, by the run's own times."""
    begin, end = (_moment(run[name]) for name in ("started_at", "finished_at"))
    return max(0.0, end - begin)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def print_page(stack: Mapping[str, Any]) -> None:
    """Where to look, and as whom."""
    user = stack["users"][0]
    print(f"\npage   {stack['page_url']}\nlogin  {user['email']}  {user['password']}")


def say(text: str) -> None:
    """One line of the story, with the time."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
