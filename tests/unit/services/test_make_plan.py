"""services/make_plan: what is held back, and how a finished plan looks."""

from __future__ import annotations

import pytest
from crmsync.domain.mapping import Mapping
from crmsync.domain.mapping_run import MappingState
from crmsync.domain.run import Run, RunState
from crmsync.domain.terms import TERMS_VERSION
from crmsync.services.run_slice import RunSlice
from crmsync.services.start_run import StartRun

from tests.fakes.builders import a_mapping
from tests.fakes.world import World


class Firm:
    """One connection with a campaign of three and the group mapped to it."""

    def __init__(self) -> None:
        self.world = World(seed=1)
        self.connection = self.world.connect()
        self.org, self.tenant = self.world.org(), self.world.tenant()
        self.campaign = self.org.add_campaign("Spring")
        for name in ("Ada", "Ben", "Cy"):
            person = self.org.add_person("u1", last_name=name, email=f"{name}@example.com")
            self.org.join(self.campaign.id, person.id)
        self.tenant.create_group("g1", "Spring")
        self.mapping: Mapping = a_mapping(self.campaign.id, "g1")
        ports = self.world.ports
        self.start = StartRun(runs=ports.runs, queue=ports.queue, ids=ports.ids, clock=ports.clock)

    def sync(self) -> Run:
        return self._ended(self.start.sync(self.connection, [self.mapping], "u1", TERMS_VERSION).id)

    def preview(self) -> Run:
        return self._ended(self.start.preview(self.connection, [self.mapping], "u1").id)

    def approve(self, run: Run) -> Run:
        return self._ended(self.start.approve(self.connection, run.id, "u1").id)

    def _ended(self, run_id: str) -> Run:
        self.world.drain(RunSlice(self.world.ports).handle)
        return self.world.control.runs["t1", run_id]

    def later(self) -> None:
        self.world.clock.advance(1800)


@pytest.fixture
def firm() -> Firm:
    return Firm()


def test_a_group_that_was_emptied_is_asked_about_even_if_nothing_would_be_removed(
    firm: Firm,
) -> None:
    firm.sync()
    firm.later()
    firm.tenant.remove_members("g1", sorted(firm.tenant.by_id))

    run = firm.sync()

    assert run.state is RunState.PARTIAL
    assert run.mappings[0].state is MappingState.HELD
    assert run.mappings[0].reason == "group_reads_empty"
    assert run.mappings[0].detail == "The group had 3 members and now reads as empty."


def test_a_campaign_that_was_emptied_is_held_until_somebody_approves(firm: Firm) -> None:
    firm.sync()
    firm.later()
    for person_id in sorted(firm.org.members_of(firm.campaign.id)):
        firm.org.leave(firm.campaign.id, person_id)

    held = firm.sync()
    kept = len(firm.tenant.memberships("g1", sorted(firm.tenant.by_id)))
    approved = firm.approve(held)

    assert held.mappings[0].state is MappingState.HELD
    assert kept == 3
    assert approved.state is RunState.SUCCEEDED
    assert firm.tenant.memberships("g1", sorted(firm.tenant.by_id)) == frozenset()


def test_a_finished_preview_does_not_look_as_if_it_were_running(firm: Firm) -> None:
    preview = firm.preview()

    assert preview.state is RunState.PLANNED
    assert [row.state for row in preview.mappings] == [MappingState.DONE]
    assert firm.tenant.by_id == {}


def test_a_run_none_of_whose_mappings_could_be_worked_on_says_why(firm: Firm) -> None:
    firm.mapping = a_mapping(firm.campaign.id, "no-such-group")

    run = firm.sync()

    assert run.state is RunState.FAILED
    assert run.error_code == "group_gone"
    assert run.error
