"""docs/architecture.md says what the code does: contracts, states, order of writes, numbers."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from itertools import pairwise

import pytest
from crmsync.domain.change import Outcome
from crmsync.domain.errors import Retry
from crmsync.domain.run import FINAL, Run, RunState

from tests.fakes.numbered import Boundary
from tests.template.template import written
from tests.unit.docs.stage import ADA, ME, Stage
from tests.unit.docs.tables import PROJECT, Row, code, table

PAGE = PROJECT / "docs" / "architecture.md"
TEXT = PAGE.read_text("utf-8")


def test_the_import_contracts_are_named_as_in_pyproject() -> None:
    tools = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]
    names = [contract["name"] for contract in tools["importlinter"]["contracts"]]

    section = TEXT.partition("## Rooms of the code")[2].partition("\n| room")[0]
    listed = [line[4:-2] for line in section.splitlines() if line.startswith("- **")]

    assert listed == names


def test_every_room_of_the_code_is_in_the_table() -> None:
    package = PROJECT / "layers" / "shared" / "crmsync"
    rooms = {path.stem for path in package.iterdir() if not path.name.startswith(("_", "py."))}

    assert {code(row["room"]) for row in table(PAGE, "Rooms of the code").rows} == rooms


def test_every_table_of_the_template_is_in_the_table() -> None:
    names = set(written().of_type("AWS::DynamoDB::Table"))

    assert {code(row["table"]) for row in table(PAGE, "Data").rows} == names


# --- numbers ----------------------------------------------------------------------------------

_UNITS = {"seconds": 1, "minutes": 60, "day": 86_400, "days": 86_400}


@pytest.mark.parametrize("row", table(PAGE, "Numbers").rows, ids=lambda row: row["constant"])
def test_a_number_is_the_constant_it_names(row: Row) -> None:
    module, _, name = code(row["constant"]).rpartition(".")
    number, _, unit = row["value"].partition(" ")

    value = getattr(import_module(f"crmsync.{module}"), name)

    expected = timedelta(seconds=int(number) * _UNITS[unit]) if unit else int(number)
    assert value == expected


# --- states -----------------------------------------------------------------------------------


def _transitions() -> set[tuple[RunState, RunState]]:
    states = {state.value: state for state in RunState}
    before_the_end = [state for state in RunState if state not in FINAL]
    return {
        (left, RunState(row["to"]))
        for row in table(PAGE, "States of a run").rows
        for left in (
            before_the_end if row["from"] == "any before the end" else [states[row["from"]]]
        )
    }


def test_every_state_is_in_the_table_and_the_final_ones_are_never_left() -> None:
    moves = _transitions()

    assert {state for move in moves for state in move} == set(RunState)
    assert not {left for left, _ in moves} & FINAL


class Watched(Stage):
    """A stage that remembers which states each run went through."""

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[str, list[RunState]] = {}
        self.world.io.every = self._look

    def _look(self, at: Boundary) -> None:
        if at.name in {"runs.create", "runs.save"}:
            run: Run = at.args[0]
            self.states.setdefault(run.id, []).append(run.state)

    def moves(self) -> Iterator[tuple[RunState, RunState]]:
        """Each change of state that was stored."""
        for states in self.states.values():
            yield from (pair for pair in pairwise(states) if pair[0] is not pair[1])


def _succeeds(stage: Watched) -> None:
    stage.with_members()


def _is_partial(stage: Watched) -> None:
    ada = stage.with_members()
    stage.org.poison(ada.id)
    contact = stage.contact_of(ada.id)
    assert contact is not None
    stage.tenant.user_edits(contact.id, title="Partner")
    stage.sync()


def _fails(stage: Watched) -> None:
    stage.tenant.groups_by_id.clear()
    stage.sync()


def _cannot_read(stage: Watched) -> None:
    look = stage.world.io.every
    assert look is not None

    def unreachable(at: Boundary) -> None:
        look(at)
        if at.name.startswith("crm.campaigns"):
            raise Retry("crm_unreachable", "The CRM could not be reached.")

    stage.world.io.every = unreachable
    stage.sync()


def _is_cancelled(stage: Watched) -> None:
    look = stage.world.io.every
    assert look is not None

    def cancelling(at: Boundary) -> None:
        look(at)
        if at.name == "artifacts.write_part":
            stage.world.control.cancels.update(dict.fromkeys(stage.world.control.runs, True))

    stage.world.io.every = cancelling
    stage.with_members()


ENDS: dict[RunState, list[Callable[[Watched], None]]] = {
    RunState.SUCCEEDED: [_succeeds],
    RunState.PARTIAL: [_is_partial],
    RunState.FAILED: [_fails, _cannot_read],
    RunState.CANCELLED: [_is_cancelled],
}


@pytest.mark.parametrize(("end", "happens"), [(end, h) for end, all_ in ENDS.items() for h in all_])
def test_a_run_moves_only_as_the_table_says(
    end: RunState, happens: Callable[[Watched], None]
) -> None:
    stage = Watched()

    happens(stage)

    moves = set(stage.moves())
    assert moves <= _transitions()
    assert end in {to for _, to in moves}


# --- the run that the page follows -----------------------------------------------------------


def test_adas_run_goes_as_the_page_tells_it() -> None:
    stage = Stage()
    ada = stage.with_members()
    contact = stage.contact_of(ada.id)
    assert contact is not None
    stage.sync()
    stage.tenant.user_edits(contact.id, title="Partner")
    stage.org.edit(ada.id, city="Lisbon")
    bob = stage.org.add_person(ME, **{**ADA, "first_name": "Bob"})
    stage.org.join(stage.campaign.id, bob.id)

    run = stage.sync()
    following = [stage.sync() for _ in range(3)]

    counts = stage.row(run).counts
    assert (counts[Outcome.CREATED], counts[Outcome.UPDATED]) == (1, 1)
    assert stage.org.people[ada.id].value("title") == "Partner"
    assert stage.tenant.by_id[contact.id].value("city") == "Lisbon"
    assert stage.contact_of(bob.id) not in (None, contact)
    assert [each.crm_calls for each in following[1:]] == [1, 1]
    assert "At 11:14 the run meets its own writes once more" in TEXT
    assert "from 12:14 on, a quiet run costs one CRM call" in TEXT


# --- the order of writes ------------------------------------------------------------------------


def test_a_page_is_written_in_the_order_of_the_table() -> None:
    stage = Stage()
    stage.with_members()
    _everything_at_once(stage)
    before = len(stage.world.io.trace)
    stage.sync()

    calls = iter(_of_applying(stage.world.io.trace[before:]))
    for row in table(PAGE, "The order of writes").rows:
        wanted = code(row["call"])
        assert wanted in calls, f"{row['what']}: {wanted} does not come after the line before"


def _everything_at_once(stage: Stage) -> None:
    """A page with a bit of everything: new here, new there, edited here and there, opted out."""
    both = {"last_name": "New", "title": "Partner"}
    stage.tenant.user_adds("c9", "g1", first_name="Dora", email="dora@x.example", **both)
    new = stage.org.add_person(ME, first_name="Ed", email="ed@x.example", opted_out=True, **both)
    stage.org.join(stage.campaign.id, new.id)
    first, second, *_ = sorted(stage.tenant.by_id)
    stage.tenant.user_edits(first, title="Owner")
    links = stage.world.state_of(stage.connection).links_by_contact([second])
    stage.org.edit(links[second].person_id, city="Lisbon")


def _of_applying(trace: list[Boundary]) -> list[str]:
    """The calls after the plan was stored."""
    names = [at.name for at in trace]
    planned = next(
        i for i, at in enumerate(trace) if at.name == "runs.save" and _state(at) is RunState.PLANNED
    )
    return names[planned:]


def _state(at: Boundary) -> RunState:
    run: Run = at.args[0]
    return run.state
