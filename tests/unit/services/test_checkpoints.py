"""Where a run stands after each save: what it would go on with if its worker died there."""

from __future__ import annotations

import pytest
from crmsync.domain.change import Outcome
from crmsync.domain.run import RunState
from crmsync.services.plan_pages import PAGE_SIZE

from tests.fakes.numbered import Boundary, Crash
from tests.unit.docs.stage import ME
from tests.unit.services.two_mappings import TwoMappings

LEASE = 1030.0
"""Seconds: what is left of the function's time, its time-out and the margin."""


@pytest.fixture
def firm() -> TwoMappings:
    firm = TwoMappings()
    firm.edit(firm.ada, city="Rome")
    return firm


def test_a_sync_moves_its_checkpoint_past_a_page_only_with_what_became_of_it(
    firm: TwoMappings,
) -> None:
    run = firm.worked(firm.start())

    assert firm.progress == [
        ("gathering", 0, 0, "", "", "", 0.0),
        ("gathering", 1, 0, "", "", "", 0.0),
        ("gathering", 2, 0, "delta:contact", "0:3", "", 0.0),
        ("gathering", 3, 1, "", "0:3", "", 0.15),
        ("gathering", 4, 1, "contacts:", "0:3 1:1", "", 0.15),
        ("gathering", 5, 1, "bases:", "0:3 1:1", "", 0.15),
        ("gathering", 6, 2, "", "0:3 1:1", "", 0.3),
        ("planned", 7, 0, "", "0:3 1:1", "", 0.3),
        ("applying", 8, 0, "", "0:3 1:1", "", 0.3),
        ("applying", 9, 0, "", "0:3 1:1", "", 0.3),
        ("applying", 10, 0, "1:0", "0:3 1:1", "0:3", 0.788),
        ("applying", 11, 0, "1:0", "0:3 1:1", "0:3", 0.788),
        ("applying", 12, 0, "2:0", "0:3 1:1", "0:3 1:1", 0.95),
        ("settling", 13, 0, "2:0", "0:3 1:1", "0:3 1:1", 0.95),
        ("succeeded", 14, 0, "2:0", "0:3 1:1", "0:3 1:1", 1.0),
        ("succeeded", 14, 0, "2:0", "0:3 1:1", "0:3 1:1", 1.0),
    ]
    assert firm.due == [*[LEASE] * 14, 60.0, None]
    prefix = f"{firm.connection.id}/{run.id}/2"
    assert [ref.key for ref in run.checkpoint.plan] == [
        f"{prefix}/plan-00000",
        f"{prefix}/plan-00001",
    ]
    assert [ref.key for ref in run.checkpoint.results] == [
        f"{prefix}/result-00000",
        f"{prefix}/result-00001",
    ]
    assert run.checkpoint.page is None
    assert run.crm_calls == firm.saved[-1][0].crm_calls > 0
    assert [row.counts for row in run.mappings] == [
        {Outcome.UPDATED: 1, Outcome.UNCHANGED: 2},
        {Outcome.CREATED: 1},
    ]


def test_a_preview_ends_planned_and_a_run_of_it_takes_over_its_plan_and_its_watermark(
    firm: TwoMappings,
) -> None:
    firm.saved.clear()
    preview = firm.preview()

    assert firm.progress[-2:] == [
        ("planned", 9, 0, "", "0:3 1:1", "", 1.0),
        ("planned", 9, 0, "", "0:3 1:1", "", 1.0),
    ]
    assert preview.finished_at == firm.world.clock.now()
    assert preview.event_sent
    assert preview.checkpoint.watermark is not None

    firm.world.clock.advance(60)
    run = firm.worked(firm.execute(preview))

    assert firm.progress == [
        ("gathering", 0, 0, "", "", "", 0.0),
        ("planned", 1, 0, "", "0:3 1:1", "", 0.0),
        ("applying", 2, 0, "", "0:3 1:1", "", 0.0),
        ("applying", 3, 0, "", "0:3 1:1", "", 0.0),
        ("applying", 4, 0, "1:0", "0:3 1:1", "0:3", 0.788),
        ("applying", 5, 0, "1:0", "0:3 1:1", "0:3", 0.788),
        ("applying", 6, 0, "2:0", "0:3 1:1", "0:3 1:1", 0.95),
        ("settling", 7, 0, "2:0", "0:3 1:1", "0:3 1:1", 0.95),
        ("succeeded", 8, 0, "2:0", "0:3 1:1", "0:3 1:1", 1.0),
        ("succeeded", 8, 0, "2:0", "0:3 1:1", "0:3 1:1", 1.0),
    ]
    assert run.checkpoint.plan == preview.checkpoint.plan
    assert run.checkpoint.watermark == preview.checkpoint.watermark
    assert run.checkpoint.local_watermark == preview.checkpoint.local_watermark


def test_an_undo_is_planned_a_part_of_results_at_a_time(firm: TwoMappings) -> None:
    done = firm.worked(firm.start())

    undo = firm.worked(firm.undo(done))

    assert firm.progress == [
        ("gathering", 0, 0, "", "", "", 0.0),
        ("gathering", 1, 0, "1", "0:1", "", 0.0),
        ("gathering", 2, 0, "2", "0:1 1:1", "", 0.0),
        ("planned", 3, 0, "", "0:1 1:1", "", 0.0),
        ("planned", 4, 0, "", "0:1 1:1", "", 1.0),
        ("planned", 4, 0, "", "0:1 1:1", "", 1.0),
    ]
    assert [ref.key.rpartition("/")[2] for ref in undo.checkpoint.plan] == [
        "plan-00000",
        "plan-00001",
    ]


def test_a_page_is_stored_as_it_was_decided_again_before_it_is_written_and_then_let_go(
    firm: TwoMappings,
) -> None:
    run = firm.start()
    while firm.stored(run).state is not RunState.PLANNED:
        firm.world.io.every = Planned(firm)
        firm.slice()
    firm.world.io.every = firm._keep
    firm.edit(firm.ada, city="Lima")
    firm.saved.clear()

    firm.worked(run)

    pages = [saved.checkpoint.page for saved, _ in firm.saved]
    (page,) = {ref for ref in pages if ref is not None}
    assert page.key.endswith("/page-00000")
    assert [c.fields[0].after for c in firm.read(page) if c.fields] == ["Lima"]
    assert firm.stored(run).checkpoint.page is None
    assert firm.value(firm.ada, "city") == "Lima"


class Planned:
    """Kills the worker right after the plan is stored."""

    def __init__(self, firm: TwoMappings) -> None:
        self._firm = firm

    def __call__(self, at: Boundary) -> None:
        if at.name == "runs.save" and at.args[0].state is RunState.APPLYING:
            raise Crash


def test_a_part_of_several_pages_is_applied_a_page_at_a_time() -> None:
    firm = TwoMappings()
    for number in range(PAGE_SIZE):
        person = firm.org.add_person(ME, last_name=f"L{number}", email=f"p{number}@x.example")
        firm.org.join(firm.autumn.id, person.id)

    firm.worked(firm.start())

    members = PAGE_SIZE + 1
    cursors = [(save[3], save[5]) for save in firm.progress if save[0] == "applying"]
    assert list(dict.fromkeys(cursors)) == [
        ("", ""),
        ("1:0", "0:3"),
        (f"1:{PAGE_SIZE}", f"0:3 1:{PAGE_SIZE}"),
        ("2:0", f"0:3 1:{PAGE_SIZE} 1:1"),
    ]
    done = [round(0.3 + 0.65 * n / (3 + members), 3) for n in (0, 3, 3 + PAGE_SIZE, 3 + members)]
    shown = [save[6] for save in firm.progress if save[0] == "applying"]
    assert list(dict.fromkeys(shown)) == done
    assert len(firm.tenant.by_id) == 3 + members


@pytest.mark.parametrize("kind", ["sync", "undo"])
def test_a_slice_without_time_left_stops_before_the_next_page_and_goes_on_there(
    firm: TwoMappings, kind: str
) -> None:
    run = firm.start()
    if kind == "undo":
        firm.worked(run)
        run = firm.undo(run)
    outcomes = []
    while not firm.stored(run).finished:
        firm.world.clock.start_slice(1.0)
        firm.world.io.every = OnePage(firm)
        outcomes.append(firm.slice())

    assert (
        outcomes
        == {
            "sync": ["continue", "continue", "continue", "done"],
            "undo": ["continue", "planned"],
        }[kind]
    )
    ended = firm.stored(run)
    planned = [c.person_id for ref in ended.checkpoint.plan for c in firm.read(ref)]
    assert len(planned) == len(set(planned)) == {"sync": 4, "undo": 2}[kind]
    assert [ref.mapping for ref in ended.checkpoint.plan] == [0, 1]


class OnePage:
    """Lets a slice run out of time once it stored a part."""

    def __init__(self, firm: TwoMappings) -> None:
        self._firm = firm

    def __call__(self, at: Boundary) -> None:
        self._firm._keep(at)
        if at.name == "artifacts.write_part":
            self._firm.world.clock.advance(2.0)


def test_nobody_is_planned_twice_by_a_reading_that_goes_on_in_another_slice(
    firm: TwoMappings,
) -> None:
    """Who is in the campaign is mostly in the group, too, and that is read in a later slice."""
    firm.worked(firm.start())
    preview = firm._start.preview(firm.connection, firm.rows, "advisor-u1")
    slices = 0
    while not firm.stored(preview).finished:
        firm.world.clock.start_slice(1.0)
        firm.world.io.every = OnePage(firm)
        firm.slice()
        slices += 1

    planned = [c.person_id for ref in firm.stored(preview).checkpoint.plan for c in firm.read(ref)]
    assert slices > 2
    assert sorted(map(str, planned)) == sorted(
        p.id for p in firm.org.people.values() if p.id in {*planned}
    )
    assert len(planned) == 4
