"""When a page is looked at again before it is written, and what is then made of its plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

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


def test_a_new_contact_agrees_on_what_it_was_made_with_after_a_crash(firm: Looking) -> None:
    eve = firm.org.add_person(ME, last_name="Eve", email="eve@x.example")
    firm.org.join(firm.campaign.id, eve.id)
    firm.world.io.strike("marketing.create_contacts", Kind.CRASH_BEFORE)
    firm.world.io.once("marketing.create_contacts", lambda: firm.org.edit(eve.id, city="Rome"))
    firm.worked(firm.start())
    contact = firm.contact_of(eve.id)
    assert contact is not None
    assert contact.value("city") == "Rome"

    firm.org.edit(eve.id, city="")
    firm.worked(firm.start())

    assert firm.value(eve, "city") == ""
    assert firm.tenant.by_id[contact.id].value("city") == ""


class Merged(Looking):
    """Ada, who had opted out, is merged into somebody who had not."""

    def __init__(self) -> None:
        super().__init__()
        self.heir = self.org.add_person(ME, last_name="Heir", email="heir@x.example")
        self.org.join(self.campaign.id, self.heir.id)
        self.org.opt_out(self.ada.id)
        self.org.merge(self.heir.id, self.ada.id, opted_out=False)
        found = self.contact_of(self.ada.id)
        assert found is not None
        self.contact_id = found.id

    def empties_bin(self) -> None:
        """Nobody can tell any more who was merged into whom."""
        self.org.deleted_at[self.ada.id] -= timedelta(days=16)
        self.org.empty_bin()


def test_the_opt_out_that_came_with_a_link_outlives_the_worker_that_moved_the_link() -> None:
    merged = Merged()
    merged.world.io.strike("state.move_link", Kind.CRASH_AFTER)

    merged.worked(merged.start())

    assert not merged.world.io.unmet
    assert merged.tenant.by_id[merged.contact_id].email_opt_out


@pytest.mark.parametrize("previewed", [True, False])
def test_a_contact_the_plan_knew_is_not_created_again_and_gets_no_mail(*, previewed: bool) -> None:
    merged = Merged()
    before = set(merged.tenant.by_id)
    preview = merged.preview() if previewed else None
    merged.before_applying(merged.empties_bin)

    run = merged.worked(merged.execute(preview) if preview else merged.start())

    change = merged.result_of(run, merged.heir.id)
    assert change is not None
    assert (change.outcome, change.reason) == (Outcome.SKIPPED, "changed_meanwhile")
    assert set(merged.tenant.by_id) == before
    assert set(merged.tenant.suppressions(["ada@x.example", "heir@x.example"])) == {
        "ada@x.example",
        "heir@x.example",
    }
