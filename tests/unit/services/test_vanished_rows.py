"""Members who leave where no delta shows it are noticed by the count, whatever else happened."""

from __future__ import annotations

from datetime import timedelta

from crmsync.domain.contact import Contact
from crmsync.domain.run import Run, RunState
from crmsync.services.plan_pages import PAGE_SIZE

from tests.unit.docs.stage import ME, Stage

LATE = timedelta(minutes=5)


def silent() -> Stage:
    """Three members are synced in an org whose deltas show no row that was deleted."""
    stage = Stage()
    stage.org.deleted_rows_in_delta = False
    stage.with_members()
    stage.sync()
    return stage


def leaves(stage: Stage) -> Contact:
    """One of the members leaves without a trace; the contact is told."""
    ada = min(stage.org.members_of(stage.campaign.id))
    contact = stage.contact_of(ada)
    assert contact is not None
    stage.org.leave(stage.campaign.id, ada)
    return contact


def joins(stage: Stage, minutes_ago: timedelta = timedelta()) -> None:
    """Somebody new becomes a member, in a transaction that was open for so long."""
    with stage.org.committed_late(stage.org.now() - minutes_ago):
        new = stage.org.add_person(ME, last_name="New", email="new@x.example")
        stage.org.join(stage.campaign.id, new.id)


def names_read(stage: Stage, run: Run) -> list[str]:
    """The CRM calls since the run began."""
    began = next(b.index for b in stage.world.io.trace if run.id in b.args)
    return [b.name for b in stage.world.io.trace[began:] if b.port == "crm"]


def test_somebody_who_left_is_noticed_although_another_joined() -> None:
    stage = silent()
    contact = leaves(stage)
    joins(stage)

    stage.sync()

    assert not stage.is_in_group(contact.id)


def test_a_row_committed_after_it_was_counted_hides_nobody_who_left() -> None:
    stage = silent()
    contact = leaves(stage)
    joins(stage, minutes_ago=LATE)

    stage.sync()

    assert not stage.is_in_group(contact.id)


def test_nor_does_it_where_the_last_run_read_no_delta() -> None:
    stage = silent()
    stage.change_connection(inactive_campaign_id=stage.org.add_campaign("Left").id)
    assert stage.row(stage.sync()).full
    contact = leaves(stage)
    joins(stage, minutes_ago=LATE)

    stage.sync()

    assert not stage.is_in_group(contact.id)


def test_a_row_that_was_counted_minutes_after_it_was_made_costs_no_second_look() -> None:
    stage = silent()
    joins(stage)
    stage.sync(after=120.0)

    again = stage.sync(after=120.0)

    assert "crm.member_ids" not in names_read(stage, again)


def test_a_row_that_a_cancelled_run_made_hides_nobody_who_left() -> None:
    stage = Stage()
    stage.org.deleted_rows_in_delta = False
    first, *others = stage.with_crowd(PAGE_SIZE + 5)
    contact = leaves(stage)
    stage.sync()
    stage.tenant.add_members(stage.group.id, [contact.id])
    for person_id in (first, *others):
        stage.org.touch(person_id)

    def cancels() -> None:
        (run,) = stage.world.runs.unfinished("t1", stage.connection.id)
        stage.world.runs.request_cancel("t1", run.id)

    stage.world.io.once("crm.add_members", cancels)
    cancelled = stage.sync()
    other = stage.contact_of(others[-1])
    stage.org.leave(stage.campaign.id, others[-1])

    stage.sync()

    assert cancelled.state is RunState.CANCELLED
    assert first in stage.org.members_of(stage.campaign.id)
    assert other is not None
    assert not stage.is_in_group(other.id)
