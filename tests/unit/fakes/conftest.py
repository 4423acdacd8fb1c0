"""An org in memory with two users: one who sees everything, one who does not."""

from __future__ import annotations

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.crm import FakeCrm
from tests.fakes.org import FakeOrg


@pytest.fixture
def org() -> FakeOrg:
    made = FakeOrg(FakeClock())
    made.login("u1", "Avery Advisor")
    made.login("u2", "Blake Broker", view_all=False)
    return made


@pytest.fixture
def crm(org: FakeOrg) -> FakeCrm:
    return FakeCrm(org, "u1")
