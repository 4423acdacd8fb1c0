from __future__ import annotations

from dataclasses import replace

import pytest
from crmsync.domain.change import Outcome
from crmsync.domain.errors import RequestError
from crmsync.domain.run import Run, RunKind, RunState
from crmsync.services.show_changes import PARTS_AT_ONCE, ShowChanges, Wanted

from tests.fakes.platform import FakeArtifacts
from tests.unit.services.stored_plans import change, run_of


def walked(show: ShowChanges, run: Run, wanted: Wanted, limit: int) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        page = show.page(run, wanted, cursor, limit)
        pages.append([each.id for each in page.items])
        if page.cursor is None:
            return pages
        cursor = page.cursor


def outcomes(show: ShowChanges, run: Run) -> list[Outcome]:
    return [each.outcome for each in show.page(run, Wanted(), None, 100).items]


def test_pages_go_over_the_borders_of_parts() -> None:
    artifacts = FakeArtifacts()
    run = run_of(artifacts, [change(n) for n in range(3)], [change(n) for n in range(3, 7)])

    pages = walked(ShowChanges(artifacts), run, Wanted(), 2)

    assert [len(page) for page in pages] == [2, 2, 2, 1]
    assert [each for page in pages for each in page] == [change(n).id for n in range(7)]


def test_a_search_in_a_huge_run_stops_in_time_and_goes_on_with_the_next_page() -> None:
    artifacts = FakeArtifacts()
    parts = [[change(n)] for n in range(PARTS_AT_ONCE + 2)]
    parts[-1] = [change(999, Outcome.FAILED)]
    run = run_of(artifacts, *parts)

    pages = walked(ShowChanges(artifacts), run, Wanted(Outcome.FAILED), 50)

    assert pages == [[], ["ch_999"]]


def test_an_ended_sync_shows_what_became_of_it_and_not_the_plan() -> None:
    artifacts = FakeArtifacts()
    planned = run_of(artifacts, [change(1, Outcome.CREATED)], kind=RunKind.SYNC)
    results = (artifacts.write_part("t1", "result-0", [change(1, Outcome.FAILED)]),)
    checkpoint = replace(planned.checkpoint, results=results)
    ended = replace(planned, state=RunState.PARTIAL, checkpoint=checkpoint)
    show = ShowChanges(artifacts)

    assert outcomes(show, planned) == [Outcome.CREATED]
    assert outcomes(show, ended) == [Outcome.FAILED]


def test_a_sync_cancelled_before_it_wrote_shows_nothing_as_done() -> None:
    artifacts = FakeArtifacts()
    planned = run_of(artifacts, [change(1, Outcome.CREATED)], kind=RunKind.SYNC)

    assert outcomes(ShowChanges(artifacts), replace(planned, state=RunState.CANCELLED)) == []


@pytest.mark.parametrize("cursor", ["", "x", "1", "1:", ":1", "-1:0", "1:2:3"])
def test_a_position_that_was_never_given_out_is_a_bad_request(cursor: str) -> None:
    artifacts = FakeArtifacts()
    run = run_of(artifacts, [change(1)])

    with pytest.raises(RequestError) as caught:
        ShowChanges(artifacts).page(run, Wanted(), cursor, 10)

    assert caught.value.code == "bad_cursor"


def test_a_position_beyond_the_end_is_an_empty_last_page() -> None:
    artifacts = FakeArtifacts()
    run = run_of(artifacts, [change(1)])

    page = ShowChanges(artifacts).page(run, Wanted(), "7:9", 10)

    assert (page.items, page.cursor) == ((), None)
