"""Our own time, and identifiers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from crmsync.adapters.aws.clock import SystemClock
from crmsync.adapters.aws.ids import RandomIds


@dataclass
class Lambda:
    """What Lambda tells of its time."""

    milliseconds: int

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def test_now_is_aware_and_utc() -> None:
    now = SystemClock().now()

    assert now.utcoffset() is not None
    assert now.tzname() == "UTC"


def test_a_reserve_is_kept_back_from_the_deadline() -> None:
    assert SystemClock(Lambda(90_000), reserve_seconds=30).remaining() == 60


def test_a_worker_that_is_late_has_no_time_left() -> None:
    assert SystemClock(Lambda(10_000), reserve_seconds=30).remaining() < 0


def test_a_slice_may_be_shorter_than_the_deadline_allows() -> None:
    remaining = SystemClock(Lambda(300_000), reserve_seconds=30, at_most=120).remaining()

    assert 0 < remaining <= 120


def test_without_a_deadline_there_is_no_end() -> None:
    assert SystemClock().remaining() == math.inf


def test_ids_have_their_prefix_and_are_never_alike() -> None:
    ids = [RandomIds().new("run") for _ in range(1000)]

    assert len(set(ids)) == 1000
    assert all(id_.startswith("run_") and len(id_) == 36 for id_ in ids)


def test_ids_sort_by_the_time_they_were_made() -> None:
    ids = RandomIds()
    earlier = ids.new("run")
    while (later := ids.new("run"))[:16] == earlier[:16]:
        continue

    assert earlier < later


def test_a_secret_has_256_bits_and_fits_into_an_address() -> None:
    secret = RandomIds().secret()

    assert len(secret) == 43
    assert secret.replace("-", "").replace("_", "").isalnum()
    assert secret != RandomIds().secret()
