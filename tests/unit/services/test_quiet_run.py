"""What a run costs when nothing happened, whoever is in the campaign."""

from __future__ import annotations

import pytest
from crmsync.domain.change import Outcome
from crmsync.domain.identity import Decisions
from crmsync.domain.person import Person

from tests.unit.docs.stage import ME, OTHER, Stage


def synced(stage: Stage, *members: Person) -> Stage:
    """The stage once these joined and nothing of it is in sight of a delta any more."""
    for person in members:
        stage.org.join(stage.campaign.id, person.id)
    stage.with_members()
    stage.sync()
    return stage


def test_a_quiet_run_is_one_call() -> None:
    stage = synced(Stage())

    assert stage.sync().crm_calls == 1


def test_members_out_of_scope_cost_a_quiet_run_nothing() -> None:
    stage = Stage()
    others = [
        stage.org.add_person(OTHER, last_name=f"L{n}", email=f"p{n}@x.example") for n in range(30)
    ]
    synced(stage, *others)

    quiet = stage.sync()

    assert quiet.crm_calls == 1
    assert stage.results(quiet) == []


@pytest.mark.parametrize("hidden", [True, False])
def test_a_member_who_comes_into_scope_is_noticed_without_being_watched(*, hidden: bool) -> None:
    stage = Stage()
    other = stage.org.add_person(OTHER, last_name="Late", email="late@x.example")
    if hidden:
        stage.org.hide(other.id, ME)
    synced(stage, other)
    assert stage.contact_of(other.id) is None

    stage.org.unhide(other.id, ME)
    stage.org.give_to(other.id, ME)
    run = stage.sync()

    assert not stage.row(run).full
    assert stage.contact_of(other.id) is not None


def test_somebody_who_was_synced_and_went_out_of_scope_is_watched() -> None:
    """Their row may go meanwhile, which the delta does not tell once they are back."""
    stage = Stage()
    synced(stage)
    ada = next(iter(sorted(stage.org.members_of(stage.campaign.id))))
    contact = stage.contact_of(ada)
    assert contact is not None
    stage.org.give_to(ada, OTHER)
    stage.sync()
    stage.org.leave(stage.campaign.id, ada)
    stage.sync()

    stage.org.give_to(ada, ME)
    stage.sync()

    assert not stage.is_in_group(contact.id)


def test_a_decided_skip_is_reported_as_decided_and_not_asked_or_watched_again() -> None:
    stage = Stage()
    stage.tenant.user_adds("c1", stage.group.id, first_name="Dora", email="home@x.example")
    person = stage.org.add_person(ME, first_name="Bob", last_name="Byron", email="home@x.example")
    stage.org.join(stage.campaign.id, person.id)
    asked = stage.sync()
    before = {change.reason for change in stage.results(asked)}
    state = stage.world.state_of(stage.connection)
    for record_id in ("c1", person.id):
        state.put_decision(record_id, Decisions(skip=True))

    decided = stage.sync()
    stage.sync()
    quiet = stage.sync()

    assert before == {"needs_review"}
    found = [stage.result_of(decided, i) for i in ("c1", person.id)]
    assert {(c.outcome, c.reason) for c in found if c} == {(Outcome.SKIPPED, "decided_to_skip")}
    assert None not in found
    assert quiet.crm_calls == 1
    assert stage.results(quiet) == []


def test_a_decided_skip_ends_when_it_becomes_certain_who_it_is() -> None:
    stage = Stage()
    stage.tenant.user_adds(
        "c1", stage.group.id, first_name="Dora", last_name="Byron", email="home@x.example"
    )
    person = stage.org.add_person(ME, first_name="Bob", last_name="Byron", email="home@x.example")
    stage.org.join(stage.campaign.id, person.id)
    stage.sync()
    stage.world.state_of(stage.connection).put_decision(person.id, Decisions(skip=True))

    stage.org.edit(person.id, first_name="Dora")
    stage.sync()

    linked = stage.contact_of(person.id)
    assert linked is not None
    assert linked.id == "c1"
