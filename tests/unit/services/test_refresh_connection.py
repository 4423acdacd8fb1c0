"""services/refresh_connection: what a run leaves on its connection, told by one run."""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.fields import FieldRule
from crmsync.domain.paused_fields import CONSENT

from tests.fakes.numbered import Kind
from tests.unit.docs.stage import ME, Stage


def hide(stage: Stage, *names: str, consent: bool = True) -> None:
    login = replace(stage.org.logins[ME], hidden_fields=frozenset(names), consent_readable=consent)
    stage.org.logins[ME] = login


def paused(stage: Stage) -> list[str]:
    stored = stage.world.connections.get("t1", stage.connection.id)
    assert stored is not None
    return [field.name for field in stored.paused_fields]


def test_each_field_is_told_of_by_the_run_that_first_found_it_paused() -> None:
    stage = Stage()
    stage.with_members()

    hide(stage, "title")
    first, second = stage.sync(), stage.sync()
    hide(stage, "title", "city", consent=False)
    third = stage.sync()

    told = [run.paused_fields for run in (first, second, third)]
    assert told == [("title",), (), ("city", CONSENT)]
    assert paused(stage) == ["city", CONSENT, "title"]


def test_a_field_that_is_back_and_goes_again_is_told_of_again() -> None:
    stage = Stage()
    stage.with_members()

    told = []
    for names in (["title"], [], ["title"]):
        hide(stage, *names)
        told.append(stage.sync().paused_fields)

    assert told == [("title",), (), ("title",)]


def test_a_field_nobody_wants_synced_does_not_pause() -> None:
    stage = Stage()
    stage.with_members()
    settings = replace(stage.connection.settings, field_rules={"title": FieldRule.OFF})
    stage.change_connection(settings=settings)

    hide(stage, "title")

    assert stage.sync().paused_fields == ()
    assert paused(stage) == []


def test_wherever_a_worker_dies_exactly_one_run_tells() -> None:
    calm = Stage()
    calm.with_members()
    hide(calm, "title")
    start = calm.world.io.count
    calm.sync()
    names = calm.world.io.names()[start:]

    for index, name in enumerate(names):
        if name not in ("connections.put", "runs.save"):
            continue
        for kind in (Kind.CRASH_BEFORE, Kind.CRASH_AFTER):
            stage = Stage()
            stage.with_members()
            hide(stage, "title")
            stage.world.io.plan({index: kind}, ahead=True)
            told = [stage.sync().paused_fields for _ in range(3)]
            assert sorted(told) == [(), (), ("title",)], (index, name, kind)
            assert paused(stage) == ["title"]
