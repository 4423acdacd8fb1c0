"""A field goes away in the org of a deployed stack, and comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from local.advisor import Advisor, until
from local.crm_user import CrmUser
from tests.e2e.scenery import mapping, new_campaign, new_group, new_person, totals

Json = dict[str, Any]
Hide = Callable[[list[str]], None]


@pytest.fixture
def hide(crm: CrmUser, org: Mapping[str, Any]) -> Iterator[Hide]:
    """Hides fields from the connected user; all are visible again in the end."""

    def now(fields: list[str]) -> None:
        crm.admin("PATCH", f"users/{org['username']}", {"hidden_fields": fields})

    yield now
    now([])


def _notices(advisor: Advisor, run: Json) -> list[str]:
    """What the run's notice says, once it has come."""
    items = advisor.everything("/api/notifications")
    return [notice["body"] for notice in items if notice["run_id"] == run["id"]]


def test_a_hidden_field_pauses_alone_is_told_once_and_resumes(
    advisor: Advisor, crm: CrmUser, connection: Json, hide: Hide
) -> None:
    person = new_person(crm, Title="Chair")
    group = new_group(advisor)
    row = mapping(new_campaign(crm, [person]), group)
    advisor.sync(connection["id"], [row])
    (contact,) = advisor.everything(f"/api/groups/{group}/members")

    hide(["Contact.Title"])
    crm.update("Contact", person, MailingCity="Lisbon")
    advisor.patch(f"/api/contacts/{contact['id']}", {"title": "Vice"})
    runs = [advisor.sync(connection["id"], [row]) for _ in range(2)]

    assert [run["state"] for run in runs] == ["succeeded", "succeeded"]
    here = advisor.get(f"/api/contacts/{contact['id']}")
    assert (here["city"], here["title"]) == ("Lisbon", "Vice")
    shown = advisor.get(f"/api/connections/{connection['id']}")
    assert [(f["name"], f["code"]) for f in shown["paused_fields"]] == [
        ("title", "field_not_visible")
    ]
    told = [until(lambda run=run: _notices(advisor, run), "a notice")[0] for run in runs]
    assert ["Not synced any more: title." in body for body in told] == [True, False]

    hide([])
    advisor.sync(connection["id"], [row])
    quiet = advisor.sync(connection["id"], [row])

    rows = crm.query(f"SELECT Title FROM Contact WHERE Id = '{person}'")
    assert [each["Title"] for each in rows] == ["Vice"]
    assert advisor.get(f"/api/connections/{connection['id']}")["paused_fields"] == []
    assert set(totals(quiet)) <= {"considered", "unchanged"}
