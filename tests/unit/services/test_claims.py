"""Somebody new whose creation nobody knows the end of: not created twice, nor forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from crmsync.domain.base import Agreed
from crmsync.domain.change import Action, Change, Outcome, Side
from crmsync.domain.contact import Contact
from crmsync.domain.person import Person, PersonKind
from crmsync.domain.run import Run
from crmsync.domain.terms import TERMS_VERSION
from crmsync.ports.state import CLAIM_LASTS

from tests.fakes.numbered import Crash, Kind
from tests.unit.docs.stage import ME, Stage

NINE = {"first_name": "Nina", "last_name": "Nine", "email": "nine@x.example", "city": "Rome"}


class Newcomers(Stage):
    """A stage whose runs are looked at by what became of one contact."""

    def unit_of(self, run_id: str, contact_id: str) -> Change:
        change = self.result_of(self.world.control.runs["t1", run_id], contact_id)
        assert change is not None
        return change


class Lost(Newcomers):
    """A contact joins the group, and the answer to creating the person is lost."""

    def __init__(self, *, external_id: bool, kind: Any) -> None:
        super().__init__()
        self.org.external_id = external_id
        self.with_members()
        self.nine: Contact = self.tenant.user_adds("c9", "g1", **NINE)
        self.world.io.strike("crm.write_people", kind)
        self.first = self.sync()

    def again(self, after: timedelta = timedelta()) -> Run:
        """A sync that long after the first one."""
        self.world.clock.moment += after - timedelta(seconds=3600)
        return self.sync()

    def unit(self, run: Run) -> Change:
        return self.unit_of(run.id, "c9")

    @property
    def people(self) -> list[Person]:
        return [p for p in self.org.people.values() if p.value("email") == NINE["email"]]

    @property
    def claims(self) -> list[str]:
        return sorted(self.world.memory_of(self.connection).claims)


@pytest.mark.parametrize("external_id", [True, False])
def test_while_nobody_knows_the_unit_is_told_so_and_looked_at_again(*, external_id: bool) -> None:
    stage = Lost(external_id=external_id, kind=Kind.UNKNOWN_BEFORE)

    change = stage.unit(stage.first)
    assert (change.outcome, change.reason) == (Outcome.FAILED, "create_unconfirmed")
    assert stage.claims == ["c9"]
    assert stage.people == []


@pytest.mark.parametrize("external_id", [True, False])
def test_another_run_waits_until_the_person_would_have_turned_up(*, external_id: bool) -> None:
    stage = Lost(external_id=external_id, kind=Kind.UNKNOWN_BEFORE)

    waits = stage.again(CLAIM_LASTS - timedelta(seconds=1))

    change = stage.unit(waits)
    assert (change.outcome, change.reason) == (Outcome.SKIPPED, "create_unconfirmed")
    assert change.passing
    assert stage.people == []

    created = stage.again(timedelta(seconds=1))
    assert stage.unit(created).outcome is Outcome.CREATED
    assert len(stage.people) == 1
    assert stage.claims == []


@pytest.mark.parametrize("external_id", [True, False])
def test_a_person_who_turned_up_is_linked_with_what_we_had_sent(*, external_id: bool) -> None:
    stage = Lost(external_id=external_id, kind=Kind.UNKNOWN_AFTER)
    (person,) = stage.people
    stage.org.edit(person.id, city="Oslo")
    stage.tenant.user_edits("c9", title="Owner")

    stage.again()

    assert [p.id for p in stage.people] == [person.id]
    links = stage.world.state_of(stage.connection).links_by_contact(["c9"])
    link = links["c9"]
    assert link.person_id == person.id
    assert link.fields["city"] == Agreed("Oslo", "Oslo")
    assert link.fields["title"] == Agreed("Owner", "Owner")
    assert stage.tenant.by_id["c9"].value("city") == "Oslo"
    assert stage.org.people[person.id].value("title") == "Owner"


def test_what_was_edited_here_meanwhile_is_no_conflict_with_our_own_write() -> None:
    stage = Lost(external_id=False, kind=Kind.UNKNOWN_AFTER)
    stage.tenant.user_edits("c9", city="Bonn")

    run = stage.again()

    (person,) = stage.people
    assert person.value("city") == "Bonn"
    assert [f.loser for f in stage.unit(run).fields if f.name == "city"] == [None]


def test_a_person_who_turned_up_as_a_member_is_linked_the_same() -> None:
    stage = Lost(external_id=False, kind=Kind.UNKNOWN_AFTER)
    (person,) = stage.people
    stage.org.join(stage.campaign.id, person.id)
    stage.tenant.user_edits("c9", city="Bonn")

    stage.again()

    assert [p.id for p in stage.people] == [person.id]
    assert stage.org.people[person.id].value("city") == "Bonn"
    assert [c for c in stage.tenant.by_id.values() if c.value("email") == NINE["email"]] == [
        stage.tenant.by_id["c9"]
    ]


@pytest.mark.parametrize(
    ("external_id", "outcome"), [(True, Outcome.CREATED), (False, Outcome.SKIPPED)]
)
def test_a_run_revived_at_once_tries_again_only_if_the_crm_knows_whom_it_made(
    *, external_id: bool, outcome: Outcome
) -> None:
    stage = Newcomers()
    stage.org.external_id = external_id
    stage.with_members()
    stage.tenant.user_adds("c9", "g1", **NINE)
    world = stage.world
    world.clock.seconds_left = 10.0  # so that the lease of the dead worker ends soon
    world.io.strike("crm.write_people", Kind.CRASH_BEFORE)
    args = (stage.connection, [stage.mapping], "advisor-u1", TERMS_VERSION)
    run = stage._start.sync(*args)
    assert isinstance(world.deliver(stage._slices.handle), Crash)
    world.clock.advance(by=CLAIM_LASTS / 2)
    ((_, message),) = world.queue.waiting
    world.queue.waiting.clear()
    world.queue.send(message)  # as the sweep does, before the queue would deliver again
    world.drain(stage._slices.handle)

    change = stage.unit_of(run.id, "c9")
    assert change.outcome is outcome


# --- matching -----------------------------------------------------------------------------------


def test_a_person_who_took_over_a_linked_record_takes_over_its_contact() -> None:
    stage = Stage()
    ada = stage.with_members()
    contact = stage.contact_of(ada.id)
    assert contact is not None
    heir = stage.org.add_person(ME, last_name="Heir", email="heir@x.example")
    stage.org.join(stage.campaign.id, heir.id)
    stage.org.merge(heir.id, ada.id)

    run = stage.sync()

    change = stage.result_of(run, heir.id)
    assert change is not None
    assert change.contact_id == contact.id
    assert change.moved
    found = stage.contact_of(heir.id)
    assert found is not None
    assert found.id == contact.id
    assert len(stage.tenant.by_id) == 3


def test_a_new_contact_takes_nobody_who_is_somebody_elses_already() -> None:
    stage = Stage()
    ada = stage.with_members()
    stage.tenant.user_adds("c9", "g1", last_name="Byron", email="ada@x.example", first_name="Ada")

    run = stage.sync()

    change = stage.result_of(run, "c9")
    assert change is not None
    assert change.person_id != ada.id


def test_two_new_people_of_one_address_are_told_apart_by_name() -> None:
    stage = Stage()
    stage.with_members()
    for name in ("Eve", "Max"):
        person = stage.org.add_person(ME, first_name=name, last_name="Home", email="h@x.example")
        stage.org.join(stage.campaign.id, person.id)
    stage.tenant.user_adds("c9", "g1", first_name="Max", last_name="Home", email="h@x.example")

    run = stage.sync()

    found = {c.person_id: c.contact_id for c in stage.results(run) if c.person_id}
    names = {stage.org.people[p].value("first_name"): c for p, c in found.items() if p}
    assert names["Max"] == "c9"
    assert names["Eve"] not in (None, "c9")


def test_a_person_who_carries_a_contacts_id_is_that_contact_whatever_the_address() -> None:
    stage = Stage()
    stage.with_members()
    stage.tenant.user_adds("c9", "g1", **NINE)
    values = {"last_name": "Married", "email": "married@x.example"}
    person = stage.org.create(ME, PersonKind.CONTACT, values, opted_out=False, external_id="c9")
    stage.org.join(stage.campaign.id, person.id)

    run = stage.sync()

    change = stage.result_of(run, person.id)
    assert change is not None
    assert change.contact_id == "c9"
    assert not [s for s in change.steps if s.action is Action.CREATE and s.side is Side.CRM]
