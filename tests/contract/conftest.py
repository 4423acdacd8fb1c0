"""One fixture per port; a test that asks for one runs on every implementation of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from crmsync.ports.crm import Crm

from tests.contract.providers import PROVIDERS, opened
from tests.contract.subjects import CrmSubject


def _fixture_for(port: str) -> Callable[[pytest.FixtureRequest], Iterator[Any]]:
    def subject(request: pytest.FixtureRequest) -> Iterator[Any]:
        with opened(port, request.param) as made:
            yield made

    return pytest.fixture(name=port, params=sorted(PROVIDERS[port]))(subject)


access_tokens = _fixture_for("access_tokens")
artifacts = _fixture_for("artifacts")
clock = _fixture_for("clock")
control = _fixture_for("control")
crm = _fixture_for("crm")
crm_with_our_id = _fixture_for("crm_with_our_id")
dead_letters = _fixture_for("dead_letters")
events = _fixture_for("events")
grants = _fixture_for("grants")
ids = _fixture_for("ids")
keep_alive = _fixture_for("keep_alive")
marketing = _fixture_for("marketing")
oauth = _fixture_for("oauth")
queue = _fixture_for("queue")
state = _fixture_for("state")
vault = _fixture_for("vault")
webhooks = _fixture_for("webhooks")


@pytest.fixture
def session(crm: CrmSubject) -> Crm:
    """A session of the connected user."""
    return crm.open()


@pytest.fixture
def campaign(crm: CrmSubject) -> str:
    """An active campaign without members."""
    return crm.org.add_campaign("Spring Dinner")
