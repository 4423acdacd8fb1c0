"""An opt-out gets where it has to, also past groups, merges and parts that are held."""

from __future__ import annotations

import pytest
from crmsync.domain.base import Link
from crmsync.domain.change import Outcome
from crmsync.domain.mapping import Direction
from crmsync.domain.mapping_run import MappingState
from crmsync.domain.terms import TERMS_VERSION

from tests.unit.docs.stage import ADA, ME, Stage


def test_the_next_run_tells_a_member_whose_contact_left_before_the_first_sync() -> None:
    stage = Stage(Direction.EXPORT)
    stage.tenant.user_adds("k2", stage.group.id, first_name="Bo", email="bo@x.example")
    contact = stage.tenant.user_adds("k1", **ADA)
    ada = stage.org.add_person(ME, **ADA)
    stage.org.join(stage.campaign.id, ada.id)
    stage.world.state_of(stage.connection).put_links([Link(contact.id, ada.id)])
    stage.sync()

    stage.tenant.user_opts_out(contact.id)
    run = stage.sync()

    assert not stage.row(run).full
    assert stage.org.people[ada.id].opted_out


def test_one_that_is_behind_a_held_part_already_keeps_mail_away() -> None:
    stage = Stage()
    ada = stage.with_members()
    crowd = [
        stage.org.add_person(ME, last_name=f"L{n}", email=f"p{n}@x.example") for n in range(20)
    ]
    for person in crowd:
        stage.org.join(stage.campaign.id, person.id)
    stage.sync()

    for person in crowd[:12]:
        stage.org.leave(stage.campaign.id, person.id)
    stage.org.opt_out(ada.id)
    row = stage.row(stage.sync())

    assert row.state is MappingState.HELD
    assert set(stage.tenant.suppressions([ADA["email"]])) == {ADA["email"]}


def test_one_of_a_record_merged_into_a_linked_one_is_one_of_both_people() -> None:
    stage = Stage()
    ada = stage.with_members(opted_out=True)
    heir = stage.org.add_person(
        ME, first_name="Adeline", last_name="Byron", email="adeline@y.example"
    )
    stage.org.join(stage.campaign.id, heir.id)
    stage.sync()

    stage.org.merge(heir.id, ada.id)
    stage.sync()

    contact = stage.contact_of(heir.id)
    assert contact is not None
    assert contact.email_opt_out
    assert stage.org.people[heir.id].opted_out
    assert set(stage.tenant.suppressions(["adeline@y.example"])) == {"adeline@y.example"}


def test_one_of_a_record_merged_away_twice_follows_it_to_whoever_holds_its_place() -> None:
    """The record in between, which nobody here ever knew, opted out; the last one did not."""
    stage = Stage()
    ada = stage.with_members()
    between = stage.org.add_person(ME, **ADA, opted_out=True)
    last = stage.org.add_person(ME, last_name="Byron", email="adeline@y.example")
    stage.org.merge(between.id, ada.id)
    stage.org.merge(last.id, between.id, opted_out=False)

    stage.sync()

    contact = stage.contact_of(last.id)
    assert contact is not None
    assert contact.email_opt_out
    assert stage.org.people[last.id].opted_out


@pytest.mark.parametrize("full", [True, False])
def test_one_of_two_records_merged_into_a_third_covers_the_address_of_the_third(
    *, full: bool
) -> None:
    """The third one takes over the link of the first; the second opted out here."""
    stage = Stage()
    ada = stage.with_members()
    bob = next(p for p in stage.org.people.values() if p.value("email") == "bob@x.example")
    contact = stage.contact_of(bob.id)
    assert contact is not None
    stage.tenant.user_opts_out(contact.id)
    third = stage.org.add_person(ME, last_name="Third", email="third@x.example")
    stage.org.merge(third.id, ada.id)
    stage.org.merge(third.id, bob.id)

    run = stage.sync(full=full)

    unit = stage.result_of(run, contact.id)
    assert unit is not None
    assert (unit.outcome, unit.reason) == (Outcome.SKIPPED, "merged_into_linked")
    assert stage.tenant.suppressions(["third@x.example"])


def test_one_made_here_reaches_the_crm_beside_a_value_that_it_does_not_take() -> None:
    stage = Stage()
    ada = stage.with_members()
    contact = stage.contact_of(ada.id)
    assert contact is not None
    stage.tenant.user_edits(contact.id, title="T" * 200)
    stage.tenant.user_opts_out(contact.id)

    run = stage.sync()

    result = stage.result_of(run, ada.id)
    assert result is not None
    assert (result.outcome, result.reason) == (Outcome.FAILED, "value_too_long")
    assert stage.org.people[ada.id].opted_out
    assert stage.org.people[ada.id].value("title") == ""


def test_one_made_there_reaches_the_contact_beside_a_value_that_the_crm_does_not_take() -> None:
    stage = Stage()
    ada = stage.with_members()
    contact = stage.contact_of(ada.id)
    assert contact is not None
    stage.tenant.user_edits(contact.id, last_name="")
    stage.org.opt_out(ada.id)
    stage.org.edit(ada.id, city="Rome")

    run = stage.sync()

    result = stage.result_of(run, ada.id)
    assert result is not None
    assert (result.outcome, result.reason) == (Outcome.FAILED, "required_field_missing")
    assert stage.tenant.by_id[contact.id].email_opt_out
    assert stage.tenant.by_id[contact.id].value("city") == ""


def test_one_that_was_planned_keeps_mail_away_though_its_unit_moved_since() -> None:
    """Ada opts out in the CRM; an export writes nothing for it. Then her name changes here."""
    stage = Stage(Direction.EXPORT)
    ada = stage.org.add_person(ME, **ADA)
    stage.org.join(stage.campaign.id, ada.id)
    stage.tenant.user_adds("k1", stage.group.id, **ADA)
    stage.sync()
    stage.org.opt_out(ada.id)
    preview = stage._start.preview(stage.connection, [stage.mapping], "advisor-u1")
    stage.world.drain(stage._slices.handle)
    stage.tenant.user_edits("k1", city="Rome")

    stage._start.from_preview(stage.connection, preview.id, "advisor-u1", TERMS_VERSION)
    stage.world.drain(stage._slices.handle)

    assert set(stage.tenant.suppressions([ADA["email"]])) == {ADA["email"]}
    assert stage.org.people[ada.id].value("city") == ""
