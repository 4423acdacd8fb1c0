"""The stand-in answers as Salesforce does, and would be found out if it did not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.standin import RunningOrg, serve
from local.standin.admin_actions import ACTIONS
from local.standin.serving import Wsgi
from tests.standin.conftest import ORGS, Client
from tests.standin.lies import LIES, Liar, Lie
from tests.standin.shapes import CHECKS


class Suspect:
    """An org behind somebody who may lie for it, and a client of both."""

    def __init__(self) -> None:
        self._liar: Liar | None = None

    def between(self, app: Wsgi) -> Liar:
        self._liar = Liar(app)
        return self._liar

    def ready(self, running: RunningOrg) -> None:
        self.running = running
        self.client = Client(running, running.described()["username"])
        with running.org.lock:
            ACTIONS["seed"](running.org, {"count": 300})

    def asked(self, check: str, lie: Lie | None = None) -> None:
        """Put the check's question; the answers are true unless there is a lie."""
        assert self._liar is not None
        self._liar.lie = lie
        try:
            CHECKS[check](self.client)
        finally:
            self._liar.lie = None
            self.running.org.meter.set_used(0)


@pytest.fixture(scope="module")
def suspect(ca_dir: Path) -> Iterator[Suspect]:
    suspect = Suspect()
    with serve(ORGS / "salesforce", ca_dir=ca_dir, through=suspect.between) as running:
        suspect.ready(running)
        yield suspect


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_the_stand_in_passes(suspect: Suspect, check: str) -> None:
    suspect.asked(check)


@pytest.mark.parametrize("name", sorted(LIES))
def test_a_lie_is_found_out_by_its_check(suspect: Suspect, name: str) -> None:
    check, lie = LIES[name]

    with pytest.raises((AssertionError, KeyError, TypeError, ValueError)):
        suspect.asked(check, lie)


def test_every_check_finds_out_some_lie() -> None:
    assert {check for check, _ in LIES.values()} == set(CHECKS)
