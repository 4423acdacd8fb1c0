"""A world, the API over it, and two people who use it."""

from __future__ import annotations

import pytest
from crmsync.domain.connection import Connection

from tests.fakes.world import World
from tests.unit.functions.api.people import Api, User


@pytest.fixture
def world() -> World:
    made = World()
    made.tenant().opt_in_allowed = True
    return made


@pytest.fixture
def api(world: World) -> Api:
    return Api(world)


@pytest.fixture
def advisor(api: Api) -> User:
    return api.user()


@pytest.fixture
def admin(api: Api) -> User:
    return api.admin()


@pytest.fixture
def connection(world: World) -> Connection:
    """The advisor's connection to an org."""
    return world.connect()
