"""A run that ends in the middle of a page accounts for every unit of that page."""

from __future__ import annotations

import pytest
from crmsync.domain.change import Outcome
from crmsync.domain.connection import ConnectionStatus
from crmsync.domain.errors import ConnectionStopped, CrmSyncError
from crmsync.domain.run import Run, RunState

from tests.fakes.numbered import Error, Kind
from tests.unit.services.two_mappings import TwoMappings

REVOKED = ConnectionStopped("grant_refused", "Sign in again.")
REFUSED = CrmSyncError("aws_refused", "PutObject was refused: AccessDenied")


class Broken(TwoMappings):
    """Ada is edited on both sides; the run ends between the two writes."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = self.rows[:1]
        self.edit(self.ada, title="Partner")
        self.org.edit(self.ada.id, city="Oslo")

    def told(self, run: Run) -> list[tuple[Outcome, str]]:
        """What every record of the run came to, those first that came to something."""
        parts = [self.read(ref) for ref in self.stored(run).checkpoint.results]
        return sorted((c.outcome, c.reason) for part in parts for c in part if c.steps)

    def considered(self, run: Run) -> int:
        return sum(row.considered for row in self.stored(run).mappings)


@pytest.fixture
def firm() -> Broken:
    return Broken()


def test_what_was_perhaps_written_when_the_login_ended_is_told(firm: Broken) -> None:
    firm.world.io.strike("marketing.edit_contacts", Error(REVOKED))

    run = firm.start()
    firm.worked(run)

    assert firm.org.people[firm.ada.id].value("title") == "Partner"
    assert firm.stored(run).state is RunState.FAILED
    assert firm.told(run) == [(Outcome.FAILED, "broken_off")]
    assert firm.considered(run) == 3


def test_what_was_perhaps_written_is_told_when_the_owner_cancels_after_a_crash(
    firm: Broken,
) -> None:
    run = firm.start()
    firm.world.io.strike("marketing.edit_contacts", Kind.CRASH_BEFORE)
    firm.world.io.once(
        "marketing.edit_contacts", lambda: firm.world.runs.request_cancel("t1", run.id)
    )

    firm.worked(run)

    assert firm.stored(run).state is RunState.CANCELLED
    assert firm.told(run) == [(Outcome.FAILED, "broken_off")]
    assert firm.considered(run) == 3


def test_the_next_sync_ends_what_was_broken_off(firm: Broken) -> None:
    firm.world.io.strike("marketing.edit_contacts", Error(REVOKED))
    firm.worked(firm.start())

    firm.change_connection(status=ConnectionStatus.CONNECTED)
    firm.worked(firm.start())

    contact = firm.contact_of(firm.ada.id)
    assert contact is not None
    assert contact.value("city") == "Oslo"


def test_a_page_nobody_began_is_not_told_as_done_or_failed(firm: Broken) -> None:
    firm.world.io.strike("crm.look", Error(REVOKED))

    run = firm.start()
    firm.worked(run)

    assert firm.stored(run).checkpoint.results == ()


def test_a_run_whose_last_page_cannot_be_told_ends_and_says_so(firm: Broken) -> None:
    firm.world.io.strike("marketing.edit_contacts", Error(REVOKED))
    run = firm.start()
    firm.world.io.strike(
        "artifacts.write_part", Error(REFUSED), when=lambda at: "result" in at.args[1]
    )

    firm.worked(run)

    ended = firm.stored(run)
    assert (ended.state, ended.error_code) == (RunState.FAILED, "grant_refused")
    assert ended.error is not None
    assert ended.error.startswith(REVOKED.detail)
    assert "last page" in ended.error
