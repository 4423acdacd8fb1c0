"""Runs as large as they come: nobody is lost among many, nobody is listed twice, all is found."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import pytest
from crmsync.adapters.salesforce.errors import record_refused
from crmsync.domain.terms import TERMS_VERSION
from crmsync.services.run_slice import RunSlice

from tests.fakes.builders import a_draft
from tests.fakes.world import World
from tests.unit.functions.api.people import Api, User

MANY = 10_000
CLUMP = range(4_010, 4_060)
"""Fifty refused records next to each other; the other fifty lie apart."""
POISON = {f"c{number:05}" for number in (*CLUMP, *range(7, MANY, MANY // 50))}
REFUSED = record_refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Clients need an adviser code.")
SENTENCE = (
    "A validation rule of your CRM refused the record. (Clients need an adviser code.) "
    "Correct the value it names, or ask your Salesforce administrator to change the rule."
)


@dataclass
class Ended:
    """A run that has ended, as its owner looks at it over HTTP."""

    world: World
    user: User
    connection_id: str
    row: dict[str, Any]
    id: str = ""

    @property
    def members(self) -> int:
        """How many the campaign holds."""
        return len(self.world.org().members_of(self.row["campaign"]["id"]))

    def sync(self) -> None:
        """Sync again; from now on it is this run that is looked at."""
        self.world.clock.advance(3600)
        body = {"mappings": [self.row], "terms_version": TERMS_VERSION}
        started = self.user.post(f"connections/{self.connection_id}/runs", body)
        self.id = started.body["run_id"]
        self.world.drain(RunSlice(self.world.ports).handle)

    def run(self) -> dict[str, Any]:
        return dict(self.user.get(f"runs/{self.id}").body)

    def changes(self, **filters: str) -> list[dict[str, Any]]:
        """Every change there is, page by page."""
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            sent = {"limit": "200", **filters, **({"cursor": cursor} if cursor else {})}
            page = self.user.get(f"runs/{self.id}/changes?{urlencode(sent)}").body
            items += page["items"]
            cursor = page["cursor"]
            if cursor is None:
                return items

    def report(self, **filters: str) -> list[dict[str, str]]:
        """Every line of the report, part by part."""
        texts, path = [], f"report.csv?{urlencode(filters)}"
        while path:
            answer = self.user.get(f"runs/{self.id}/{path}")
            texts.append(answer.body)
            path = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
        return list(csv.DictReader(io.StringIO("".join(texts))))


def synced(many: int, poison: set[str]) -> Ended:
    """So many contacts of one group, synced once; the CRM refuses the poisoned ones."""
    world = World()
    user = Api(world).user()
    connection = world.connect()
    campaign = world.org().add_campaign("Newsletter")
    group = world.tenant().create_group("g1", "Clients")
    ids = [f"c{number:05}" for number in range(many)]
    world.tenant().create_contacts(
        [a_draft(i, first_name=f"F{i[1:]}", last_name="O'Neil") for i in ids]
    )
    world.tenant().add_members(group.id, ids)
    world.org().poisoned.update(dict.fromkeys(poison, (REFUSED.code, REFUSED.detail)))
    row = {"campaign": {"id": campaign.id}, "group": {"id": group.id}, "direction": "both"}
    ended = Ended(world, user, connection.id, row)
    ended.sync()
    return ended


@pytest.fixture(scope="module")
def ended() -> Ended:
    """Ten thousand, a hundred of them refused. The tests only look at it."""
    return synced(MANY, POISON)


def test_a_hundred_refused_records_stop_none_of_the_others(ended: Ended) -> None:
    run = ended.run()

    counts = run["mappings"][0]["counts"]
    assert len(POISON) == 100
    assert run["state"] == "partial"
    assert (counts["considered"], counts["created"], counts["failed"]) == (MANY, 9_900, 100)
    assert ended.members == 9_900
    assert len(ended.world.org().people) == 9_900


def test_each_refused_record_is_listed_once_with_the_reason_and_what_to_do(ended: Ended) -> None:
    failed = ended.changes(outcome="failed")

    assert Counter(each["contact_id"] for each in failed) == Counter(POISON)
    assert {(each["reason"], each["detail"]) for each in failed} == {("refused_by_rule", SENTENCE)}


def test_the_report_says_of_each_refused_record_why_and_what_to_do(ended: Ended) -> None:
    lines = ended.report(outcome="failed")

    assert {line["contact_id"] for line in lines} == POISON
    assert {(line["outcome"], line["detail"]) for line in lines} == {("failed", SENTENCE)}
    places = Counter((line["contact_id"], line["field"]) for line in lines)
    assert set(places.values()) == {1}


def test_every_record_of_a_large_run_has_one_outcome(ended: Ended) -> None:
    changes, lines = ended.changes(), ended.report()

    outcomes = {each["contact_id"]: each["outcome"] for each in changes}
    assert len(changes) == len(outcomes) == MANY
    assert Counter(outcomes.values()) == {"created": 9_900, "failed": 100}
    assert {line["contact_id"]: line["outcome"] for line in lines} == outcomes


def test_the_report_lists_the_records_of_a_run_in_one_order_whatever_the_filter(
    ended: Ended,
) -> None:
    order = [line["contact_id"] for line in ended.report(outcome="failed")]

    assert all(a <= b for a, b in pairwise(order))
    assert order == [i for i in (line["contact_id"] for line in ended.report()) if i in POISON]


@pytest.mark.parametrize("text", ["F04049 O'NEIL", "f04049 o'neil", "C04049@EXAMPLE.com"])
def test_a_search_finds_one_among_ten_thousand_however_it_is_written(
    ended: Ended, text: str
) -> None:
    assert [each["contact_id"] for each in ended.changes(search=text)] == ["c04049"]
    assert {line["contact_id"] for line in ended.report(search=text)} == {"c04049"}
    assert ended.changes(search=text, outcome="created") == []


def test_a_cursor_of_one_filter_does_not_fit_another(ended: Ended) -> None:
    page = ended.user.get(f"runs/{ended.id}/changes?outcome=created").body

    refused = ended.user.get(f"runs/{ended.id}/changes?outcome=failed&cursor={page['cursor']}")

    assert refused.code == "bad_cursor"


def test_what_was_refused_is_tried_again_by_itself_and_then_done() -> None:
    ended = synced(300, {"c00007", "c00107", "c00207"})
    ended.world.org().poisoned.clear()

    before, _ = ended.members, ended.sync()

    assert (before, ended.members) == (297, 300)
    assert ended.run()["state"] == "succeeded"
    assert len(ended.changes(outcome="created")) == 3
