"""Queries: what is asked for, and that no value can become part of the question."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from crmsync.adapters.salesforce import soql
from crmsync.adapters.salesforce.ids import LIST_CHARACTERS, NOBODY, chunks, ids, is_id
from hypothesis import given
from hypothesis import strategies as st

from local.standin.soql.literals import unescape
from local.standin.soql.parsing import parse
from local.standin.soql.tree import Compared, Members

CAMPAIGN = "7015f0000000001AAA"
ANOTHER = "7015f0000000002AAA"
SINCE = datetime(2026, 3, 2, 9, 0, 0, 999_999, tzinfo=UTC)
LITERAL = re.compile(r"'(?:[^'\\]|\\.)*'")


def without_literals(query: str) -> str:
    return LITERAL.sub("?", query)


@given(st.text(max_size=60))
def test_a_campaign_name_is_one_literal_whatever_it_holds(name: str) -> None:
    expected = without_literals(soql.campaigns_named(soql.CAMPAIGN_COLUMNS, "plain"))

    assert without_literals(soql.campaigns_named(soql.CAMPAIGN_COLUMNS, name)) == expected


@given(st.text(min_size=1, max_size=60))
def test_a_search_is_one_literal_whatever_it_holds(search: str) -> None:
    expected = without_literals(soql.campaign_page(soql.CAMPAIGN_COLUMNS, "plain", None, 200))

    assert (
        without_literals(soql.campaign_page(soql.CAMPAIGN_COLUMNS, search, None, 200)) == expected
    )


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_addresses_are_literals_whatever_they_hold(addresses: list[str]) -> None:
    query = without_literals(soql.by_values(["Id"], "Contact", "Email", addresses))

    marks = ",".join("?" * len(addresses))
    assert query.endswith(f" FROM Contact WHERE Email IN ({marks}) ORDER BY Id")


@given(st.text(max_size=40))
def test_a_page_of_campaigns_continues_after_any_name(name: str) -> None:
    query = without_literals(soql.campaign_page(soql.CAMPAIGN_COLUMNS, "", (name, CAMPAIGN), 200))

    assert query.endswith("AND (Name > ? OR (Name = ? AND Id > ?)) ORDER BY Name, Id LIMIT 200")


def test_wildcards_of_a_search_are_only_characters() -> None:
    assert r"LIKE '%50\% \_%'" in soql.campaign_page(soql.CAMPAIGN_COLUMNS, "50% _", None, 200)


def test_a_moment_is_rounded_down_to_the_second_stamps_are_kept_in() -> None:
    query = soql.members_changed(["Id"], [CAMPAIGN], SINCE)

    assert "SystemModstamp >= 2026-03-02T09:00:00+00:00" in query


def test_changed_people_are_those_of_the_campaigns() -> None:
    query = soql.people_changed(
        ["Id"], "Contact", [CAMPAIGN], SINCE, ["SystemModstamp", "Account.SystemModstamp"]
    )

    assert query.partition(" FROM Contact")[2] == (
        " WHERE (SystemModstamp >= 2026-03-02T09:00:00+00:00"
        " OR Account.SystemModstamp >= 2026-03-02T09:00:00+00:00)"
        " AND Id IN (SELECT ContactId FROM CampaignMember WHERE CampaignId IN"
        " ('7015f0000000001AAA')) ORDER BY SystemModstamp, Id"
    )


def test_a_page_of_members_has_no_limit_and_no_offset() -> None:
    """The first batch is the page; its keys are where the next one starts."""
    first = soql.member_page(["Id"], CAMPAIGN, "ContactId", "")
    later = soql.member_page(["Id"], CAMPAIGN, "ContactId", "0035f0000000001AAA")

    assert first.endswith("AND ContactId != null ORDER BY ContactId")
    assert later.endswith("AND ContactId > '0035f0000000001AAA' ORDER BY ContactId")
    assert "ContactId = null" in soql.member_page(["Id"], CAMPAIGN, "LeadId", "")


def test_two_thousand_ids_fit_one_query() -> None:
    many = [f"0035f{number:010d}" for number in range(2_000)]
    whole = [each + "AAA" for each in many if is_id(each + "AAA")]

    query = soql.rows_of(["Id"], [CAMPAIGN, ANOTHER], "ContactId", whole)

    assert len(whole) == 2_000
    assert len(query) < 100_000


class TestIds:
    def test_ids_are_sorted_and_unique(self) -> None:
        assert ids([ANOTHER, CAMPAIGN, ANOTHER]) == [CAMPAIGN, ANOTHER]

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "x",
            CAMPAIGN[:15],
            CAMPAIGN + "A",
            "7015f00000000ZZAAA",
            "7015f0000000001aaa",
            "' OR '1'='1' OR Id!='",
            "7015f000000000\n1AA",
        ],
    )
    def test_what_is_no_id_is_left_out(self, value: str) -> None:
        assert not is_id(value)
        assert ids([value, CAMPAIGN]) == [CAMPAIGN]
        assert ids([value]) == [NOBODY]

    def test_nobody_is_an_id(self) -> None:
        assert is_id(NOBODY)

    @pytest.mark.parametrize(
        "value", ["00D5f000000SaLeEAK", "0035f0000000001AAA", "00Q5f0000000001EAA"]
    )
    def test_the_last_three_characters_check_the_case_of_the_rest(self, value: str) -> None:
        assert is_id(value)
        assert not is_id(value.lower())


class TestChunks:
    @given(st.lists(st.integers(0, 9_000).map("x".__mul__), max_size=30), st.integers(1, 20))
    def test_everything_is_in_one_chunk_and_no_chunk_is_too_long(
        self, values: list[str], most: int
    ) -> None:
        found = list(chunks(values, most))

        assert [value for chunk in found for value in chunk] == values
        assert all(len(chunk) <= most for chunk in found)
        assert all(
            sum(2 * len(v) + 3 for v in chunk) <= LIST_CHARACTERS or len(chunk) == 1
            for chunk in found
        )


class TestAgainstAParser:
    """A grammar that somebody else wrote reads back what was put in."""

    @given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
    def test_texts_come_back_as_they_went_in(self, texts: list[str]) -> None:
        found = parse(soql.by_values(["Id"], "Contact", "Email", texts)).where

        assert isinstance(found, Members)
        assert [unescape(literal.text) for literal in found.literals] == texts

    @given(st.text(max_size=60))
    def test_a_name_comes_back_as_it_went_in(self, name: str) -> None:
        found = parse(soql.campaigns_named(soql.CAMPAIGN_COLUMNS, name)).where

        assert isinstance(found, Compared)
        assert unescape(found.literal.text) == name

    @pytest.mark.parametrize(
        "query",
        [
            soql.campaign_page(soql.CAMPAIGN_COLUMNS, "x", ("y", CAMPAIGN), 200),
            soql.inactive_campaign_count("x"),
            soql.campaigns_by_id(soql.CAMPAIGN_COLUMNS, []),
            soql.members_changed(["Id"], [CAMPAIGN], SINCE),
            soql.people_changed(["Id"], "Lead", [CAMPAIGN], SINCE, ["SystemModstamp"]),
            soql.member_page(["Id"], CAMPAIGN, "LeadId", "00Q5f0000000001EAA"),
            soql.account_members(["Id"], CAMPAIGN, "00v5f0000000001AAA"),
            soql.all_members(["Id"], CAMPAIGN),
            soql.member_count([CAMPAIGN], "0055f0000000001AAA"),
            soql.rows_of(["Id"], [CAMPAIGN], "LeadId", ["00Q5f0000000001EAA"]),
            soql.by_ids(["Id"], "Contact", "AccountId", ["0015f0000000001AAA"]),
            soql.by_id_or_key(["Id"], "Contact", ["0035f0000000001AAA"], "CrmSync_Id__c", ["c"]),
        ],
    )
    def test_every_query_can_be_parsed(self, query: str) -> None:
        assert parse(query).source
