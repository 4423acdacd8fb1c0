"""What is stored of a run when it ends, however it ends."""

from __future__ import annotations

import pytest
from crmsync.domain.connection import ConnectionStatus
from crmsync.domain.errors import ConnectionStopped
from crmsync.domain.mapping_run import MappingState
from crmsync.domain.run import Run, RunState

from tests.fakes.numbered import Error
from tests.unit.docs.stage import saved_as
from tests.unit.services.two_mappings import TwoMappings


@pytest.fixture
def firm() -> TwoMappings:
    return TwoMappings()


def states(run: Run) -> list[MappingState]:
    return [row.state for row in run.mappings]


def calls(firm: TwoMappings, since: int) -> int:
    """How often the CRM was asked, by the count that the org keeps."""
    return firm.org.daily_used - since


def test_a_run_that_is_cancelled_says_so_of_each_mapping(firm: TwoMappings) -> None:
    run = firm.start()
    firm.world.io.once(
        "runs.save",
        lambda: firm.world.runs.request_cancel("t1", run.id),
        when=saved_as(RunState.APPLYING),
    )

    ended = firm.worked(run)

    assert ended.state is RunState.CANCELLED
    assert states(ended) == [MappingState.CANCELLED] * 2


def test_a_run_that_succeeds_leaves_its_mappings_done(firm: TwoMappings) -> None:
    ended = firm.worked(firm.start())

    assert ended.state is RunState.SUCCEEDED
    assert states(ended) == [MappingState.DONE] * 2


def test_a_run_counts_the_calls_it_made_up_to_its_last(firm: TwoMappings) -> None:
    refused = Error(ConnectionStopped("grant_refused", "Sign in."))
    firm.world.io.strike("marketing.contacts_by_email", refused)
    before = firm.org.daily_used

    ended = firm.worked(firm.start())

    assert ended.state is RunState.FAILED
    assert ended.crm_calls == calls(firm, before) > 0


def test_a_run_of_a_connection_that_asks_for_a_login_fails_before_it_asks_the_crm(
    firm: TwoMappings,
) -> None:
    run = firm.start()
    firm.change_connection(status=ConnectionStatus.NEEDS_REAUTH)
    before = firm.org.daily_used

    ended = firm.worked(run)

    assert (ended.state, ended.error_code) == (RunState.FAILED, "not_connected")
    assert ended.error == "The connection has to be connected again."
    assert calls(firm, before) == 0
