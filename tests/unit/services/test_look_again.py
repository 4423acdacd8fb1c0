"""When a page is looked at again before it is written, and what is then made of its plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from crmsync.domain.change import Change, Outcome
from crmsync.domain.run import Run, RunState

from tests.fakes.numbered import Boundary, Kind
from tests.unit.docs.stage import ME, saved_as
from tests.unit.services.two_mappings import TwoMappings


class Looking(TwoMappings):
    """Something happens right before the plan is carried out; CRM calls after that are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = self.rows[:1]
        self.calls: list[str] = []

    def before_applying(self, happens: Callable[[], object]) -> None:
        def watch() -> None:
            self.world.io.every = lambda later: self.calls.append(later.name)
            happens()

        self.world.io.once("runs.save", watch, when=saved_as(RunState.APPLYING))

    def other_connection_wrote(self) -> None:
        """The link has another version now."""
        links = self.world.memory_of(self.connection).links
        (key,) = (k for k, link in links.items() if link.person_id == self.ada.id)
        links[key] = replace(links[key], version=links[key].version + 1)

    def city_here(self) -> str:
        contact = self.contact_of(self.ada.id)
        assert contact is not None
        return contact.value("city")

    def ada_of(self, run: Run) -> Change:
        change = self.result_of(run, self.ada.id)
        assert change is not None
        return change


@pytest.fixture
def firm() -> Looking:
    return Looking()


def test_a_page_that_writes_here_only_is_written_as_seen_and_costs_no_look(firm: Looking) -> None:
    firm.org.edit(firm.ada.id, city="Oslo")
    firm.before_applying(lambda: firm.org.edit(firm.ada.id, city="Bonn"))

    run = firm.worked(firm.start())

    assert "crm.look" not in firm.calls
    assert firm.city_here() == "Oslo"
    assert not firm.ada_of(run).replanned


def test_it_is_looked_at_again_if_somebody_else_wrote_to_one_of_its_pairs(firm: Looking) -> None:
    def meanwhile() -> None:
        firm.other_connection_wrote()
        firm.org.edit(firm.ada.id, city="Bonn")

    firm.org.edit(firm.ada.id, city="Oslo")
    firm.before_applying(meanwhile)

    run = firm.worked(firm.start())

    assert firm.calls.count("crm.look") == 1
    assert firm.city_here() == "Bonn"
    assert firm.ada_of(run).replanned


def test_a_page_that_writes_there_is_always_looked_at_again(firm: Looking) -> None:
    firm.edit(firm.ada, city="Rome")
    firm.before_applying(lambda: firm.org.edit(firm.ada.id, title="Partner"))

    run = firm.worked(firm.start())

    assert firm.calls.count("crm.look") == 1
    change = firm.ada_of(run)
    assert change.replanned
    assert [(f.name, f.after) for f in change.fields] == [("title", "Partner"), ("city", "Rome")]


def test_a_page_of_a_preview_is_always_looked_at_again(firm: Looking) -> None:
    firm.org.edit(firm.ada.id, city="Oslo")
    preview = firm.preview()
    firm.org.edit(firm.ada.id, city="Bonn")

    run = firm.worked(firm.execute(preview))

    assert firm.city_here() == "Bonn"
    assert firm.ada_of(run).replanned


def test_what_is_found_done_after_a_crash_is_told_as_planned(firm: Looking) -> None:
    firm.edit(firm.ada, city="Rome")

    def written(_: Boundary) -> bool:
        return firm.value(firm.ada, "city") == "Rome"

    firm.world.io.strike("state.put_links", Kind.CRASH_BEFORE, when=written)
    run = firm.worked(firm.start())

    change = firm.ada_of(run)
    assert (change.outcome, change.replanned) == (Outcome.UPDATED, False)
    assert [(f.name, f.before, f.after) for f in change.fields] == [("city", "", "Rome")]
    assert run.mappings[0].counts[Outcome.UPDATED] == 1


def test_facts_and_id_of_a_unit_are_those_of_the_plan(firm: Looking) -> None:
    firm.edit(firm.ada, city="Rome")
    preview = firm.preview()
    planned = next(
        c for ref in preview.checkpoint.plan for c in firm.read(ref) if c.person_id == firm.ada.id
    )
    contact = firm.contact_of(firm.ada.id)
    assert contact is not None
    firm.tenant.user_opts_out(contact.id)

    run = firm.worked(firm.execute(preview))

    change = firm.ada_of(run)
    assert (change.id, change.facts) == (planned.id, planned.facts)
    assert change.contact is not None
    assert change.contact.email_opt_out


def test_somebody_who_joined_the_inactive_campaign_since_is_not_added_to_it_again(
    firm: Looking,
) -> None:
    inactive = firm.org.add_campaign("Inactive")
    firm.change_connection(inactive_campaign_id=inactive.id)
    firm.worked(firm.start())
    firm.tenant.user_adds("c9", "g1", last_name="Nine", email="nine@x.example")
    preview = firm.preview()
    person = firm.org.add_person(ME, last_name="Nine", email="nine@x.example")
    firm.org.join(inactive.id, person.id)

    run = firm.worked(firm.execute(preview))

    change = firm.result_of(run, "c9")
    assert change is not None
    assert change.outcome is not Outcome.CREATED
    assert person.id not in firm.org.members_of(firm.campaign.id)


def test_what_was_planned_for_a_record_merged_away_inherits_its_opt_out(firm: Looking) -> None:
    heir = firm.org.add_person(ME, last_name="Heir", email="heir@x.example")
    firm.org.join(firm.campaign.id, heir.id)
    firm.org.opt_out(firm.ada.id)
    firm.org.merge(heir.id, firm.ada.id, opted_out=False)
    contact = firm.contact_of(firm.ada.id)
    assert contact is not None
    firm.before_applying(firm.org.empty_bin)

    firm.worked(firm.start())

    assert firm.tenant.by_id[contact.id].email_opt_out
