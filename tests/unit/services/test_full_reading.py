"""When a mapping is read whole, and what is said about what every delta had missed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from crmsync.domain.fields import FieldRule
from crmsync.domain.mapping import Direction
from crmsync.domain.mapping_run import MappingRun
from crmsync.services.gathering import PAGE_SIZE

from tests.fakes.numbered import Boundary
from tests.unit.docs.stage import ME, OTHER, Stage

MISSED = timedelta(minutes=30)
"""Much longer ago than a delta looks back."""


def synced(stage: Stage) -> Stage:
    """The stage once its members are synced and out of sight of a delta."""
    stage.with_members()
    stage.sync()
    return stage


def reading(stage: Stage, **after: float) -> MappingRun:
    """How the next run reads the mapping."""
    stage.world.clock.advance(by=timedelta(**after))
    return stage.row(stage.sync())


def slip_in(stage: Stage) -> str:
    """An edit that no delta shows: committed long after it was stamped. The contact's id."""
    ada = min(stage.org.members_of(stage.campaign.id))
    contact = stage.contact_of(ada)
    assert contact is not None
    with stage.org.committed_late(stage.org.now() - MISSED):
        stage.org.edit(ada, title="Partner")
    return contact.id


def test_the_first_run_of_a_mapping_reads_it_whole() -> None:
    stage = Stage()
    stage.with_members()

    assert [run.mappings[0].full for run in stage.world.control.runs.values()] == [True]


def test_a_mapping_is_read_whole_every_week_and_not_before() -> None:
    stage = synced(Stage())

    assert not reading(stage, days=6, hours=20).full
    assert reading(stage, hours=8).full
    assert not reading(stage, hours=1).full


def test_a_mapping_that_was_not_synced_for_fifteen_days_is_read_whole() -> None:
    assert reading(synced(Stage()), days=15, minutes=1).full


CHANGES: dict[str, Callable[[Stage], object]] = {
    "direction": lambda s: setattr(s, "mapping", replace(s.mapping, direction=Direction.IMPORT)),
    "rules": lambda s: setattr(
        s, "mapping", replace(s.mapping, rules={"title": FieldRule.MARKETING_WINS})
    ),
    "scope": lambda s: s.change_connection(sync_by_visibility=True),
    "crm_user": lambda s: s.change_connection(
        org=(s.org.logins.get(OTHER) or s.org.login(OTHER)).user
    ),
    "inactive_campaign": lambda s: s.change_connection(
        inactive_campaign_id=s.org.add_campaign("Left").id
    ),
}


@pytest.mark.parametrize("changed", CHANGES)
def test_a_mapping_that_changed_is_read_whole_once(changed: str) -> None:
    stage = synced(Stage())
    CHANGES[changed](stage)

    assert reading(stage).full
    assert not reading(stage).full


def test_a_mapping_is_read_whole_on_demand() -> None:
    stage = synced(Stage())

    assert stage.row(stage.sync(full=True)).full
    assert not reading(stage).full


def test_a_full_run_after_good_ones_finds_nothing_and_says_so() -> None:
    stage = synced(Stage())

    assert reading(stage, days=8).drift == 0


def test_a_full_run_mends_what_every_delta_missed_and_counts_it() -> None:
    stage = synced(Stage())
    contact_id = slip_in(stage)
    missed = stage.row(stage.sync())
    before = stage.tenant.by_id[contact_id].value("title")

    row = stage.row(stage.sync(full=True))

    assert (missed.full, missed.drift, before) == (False, None, "")
    assert stage.tenant.by_id[contact_id].value("title") == "Partner"
    assert row.drift == 1


def test_what_a_delta_would_have_shown_is_no_drift() -> None:
    stage = synced(Stage())
    ada, bob, _ = sorted(stage.org.members_of(stage.campaign.id))
    stage.org.edit(ada, title="Partner")
    contact = stage.contact_of(bob)
    assert contact is not None
    stage.tenant.user_edits(contact.id, title="Owner")
    new = stage.org.add_person(ME, last_name="New", email="new@x.example")
    stage.org.join(stage.campaign.id, new.id)

    row = stage.row(stage.sync(full=True))

    assert row.drift == 0
    assert stage.contact_of(new.id) is not None


def test_a_full_run_costs_no_call_more_for_being_compared() -> None:
    first, again = Stage(), synced(Stage())
    first.with_members()
    [run] = first.world.control.runs.values()

    assert again.sync(full=True).crm_calls <= run.crm_calls


def test_there_is_nothing_to_compare_a_first_run_with() -> None:
    stage = Stage()
    stage.with_members()
    [run] = stage.world.control.runs.values()

    assert run.mappings[0].drift is None


@pytest.mark.parametrize("changed", ["scope", "inactive_campaign"])
def test_what_is_changed_while_a_run_is_at_work_is_read_whole_by_the_next_one(changed: str) -> None:
    stage = synced(Stage())
    stage.org.edit(min(stage.org.members_of(stage.campaign.id)), title="Partner")

    stage.world.io.once("artifacts.write_part", lambda: CHANGES[changed](stage))

    assert not reading(stage).full
    assert reading(stage).full
    assert not reading(stage).full


def test_a_delta_that_is_cut_off_in_a_later_slice_is_given_up_for_a_whole_reading() -> None:
    stage = Stage()
    people = stage.with_crowd(PAGE_SIZE + 5)
    for person_id in people:
        stage.org.edit(person_id, title="Partner")

    def cut_off(at: Boundary) -> None:
        if at.name == "runs.acquire":
            stage.world.clock.seconds_left = 900.0
        elif at.name == "artifacts.write_part" and stage.org.delta_limit != len(people) // 2:
            stage.world.clock.seconds_left = 0.0
            stage.org.delta_limit = len(people) // 2

    stage.world.io.every = cut_off
    row = stage.row(stage.sync())

    assert row.full
    assert row.considered == len(people)
    assert {c.value("title") for c in stage.tenant.by_id.values()} == {"Partner"}
