"""POSTs that start work, repeated against the template's own table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from aws_lambda_powertools.utilities.idempotency import BasePersistenceLayer
from crmsync.bootstrap.api import _repeats
from crmsync.domain.errors import Conflict, Invalid
from crmsync.domain.run import Run, RunKind, RunState, Trigger
from crmsync.routes.once import Once
from crmsync.routes.runs import PreviewBody
from moto import mock_aws

from tests.fakes.clock import START
from tests.fakes.numbered import Crash
from tests.integration.tables import make_tables

BODY = PreviewBody(mappings=[])


@pytest.fixture
def store() -> Iterator[BasePersistenceLayer]:
    with mock_aws():
        make_tables("IdempotencyTable")
        yield _repeats("IdempotencyTable")


def once(store: BasePersistenceLayer, scope: str = "t1|u1|POST /p", left_ms: int = 29_000) -> Once:
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: left_ms)
    return Once(store, scope, context)


def counting() -> tuple[Callable[[], Run], list[str]]:
    started: list[str] = []

    def work() -> Run:
        started.append(f"run_{len(started)}")
        return Run(
            started[-1], "t1", "con", RunKind.PREVIEW, Trigger.MANUAL, RunState.QUEUED, "u1", START
        )

    return work, started


def test_the_same_key_gives_the_same_run(store: BasePersistenceLayer) -> None:
    work, started = counting()

    answers = [once(store).start("k", BODY, work).run_id for _ in range(3)]

    assert answers == ["run_0"] * 3
    assert started == ["run_0"]


def test_a_key_means_one_body_and_one_scope(store: BasePersistenceLayer) -> None:
    work, started = counting()
    once(store).start("k", BODY, work)

    with pytest.raises(Invalid, match="idempotency_key_reused"):
        once(store).start("k", None, work)
    once(store, "t2|u1|POST /p").start("k", BODY, work)

    assert started == ["run_0", "run_1"]


def test_what_was_refused_may_be_sent_again(store: BasePersistenceLayer) -> None:
    work, _ = counting()

    def refuse() -> Run:
        raise Conflict("needs_reauth", "Sign in again first.")

    with pytest.raises(Conflict, match="needs_reauth"):
        once(store).start("k", BODY, refuse)

    assert once(store).start("k", BODY, work).run_id == "run_0"


def die() -> Run:
    raise Crash


def test_a_key_is_blocked_while_its_request_may_still_be_at_work(
    store: BasePersistenceLayer,
) -> None:
    work, started = counting()
    with pytest.raises(Crash):
        once(store, left_ms=29_000).start("k", BODY, die)

    with pytest.raises(Conflict, match="in_progress"):
        once(store).start("k", BODY, work)

    assert started == []


def test_a_key_is_free_again_when_its_request_can_no_longer_be_at_work(
    store: BasePersistenceLayer,
) -> None:
    work, _ = counting()
    with pytest.raises(Crash):
        once(store, left_ms=0).start("k", BODY, die)

    assert once(store).start("k", BODY, work).run_id == "run_0"
