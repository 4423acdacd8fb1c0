"""Keys: no two lists of parts give the same key, and text order is time order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from crmsync.adapters.dynamodb.keys import (
    joined,
    shard_of,
    shards,
    sorting,
    split,
    time_of,
    time_text,
)
from hypothesis import given
from hypothesis import strategies as st

texts = st.text(alphabet=st.sampled_from("ab#%25é"), max_size=6)
moments = st.timedeltas(timedelta(0), timedelta(days=300_000)).map(
    lambda since: datetime(1990, 1, 1, tzinfo=UTC) + since
)


@given(st.lists(texts, min_size=1, max_size=4))
def test_the_parts_of_a_key_come_back(parts: list[str]) -> None:
    assert split(joined(*parts)) == parts


@given(st.lists(texts, min_size=1, max_size=4), st.lists(texts, min_size=1, max_size=4))
def test_different_parts_give_different_keys(one: list[str], other: list[str]) -> None:
    assert (joined(*one) == joined(*other)) == (one == other)


@given(texts, texts, st.lists(texts, max_size=3))
def test_a_tenants_keys_start_with_it_and_with_no_other(
    tenant: str, other: str, parts: list[str]
) -> None:
    key = joined(tenant, "contacts", *parts)

    assert key.startswith(joined(tenant, ""))
    assert key.startswith(joined(other, "")) == (tenant == other)


@given(moments)
def test_a_moment_comes_back_to_the_microsecond(moment: datetime) -> None:
    assert time_of(time_text(moment)) == moment


@given(moments, moments)
def test_text_order_is_time_order(one: datetime, other: datetime) -> None:
    assert (time_text(one) < time_text(other)) == (one < other)


def test_a_moment_elsewhere_is_written_as_utc() -> None:
    moment = datetime(2026, 3, 2, 1, 0, tzinfo=timezone(timedelta(hours=-5)))

    assert time_text(moment) == "2026-03-02T06:00:00.000000Z"


@given(st.text(max_size=40))
def test_every_record_has_a_shard(text: str) -> None:
    assert shard_of(text) in shards()


def test_a_shard_never_changes_because_stored_keys_hold_it() -> None:
    assert [shard_of(text) for text in ("c1", "c2", "t1#run#r1", "é")] == ["1", "3", "3", "2"]
    assert shards() == ("0", "1", "2", "3")


def test_records_spread_over_all_shards() -> None:
    assert {shard_of(f"c{number}") for number in range(100)} == set(shards())


def test_a_short_text_sorts_as_itself() -> None:
    assert sorting("spring clients") == "spring clients"


def test_a_text_too_long_for_a_key_still_gives_one_of_its_own() -> None:
    one, other = sorting("é" * 5000), sorting("é" * 5001)

    assert one != other
    assert len(one.encode()) <= 1024
