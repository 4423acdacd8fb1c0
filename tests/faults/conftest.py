"""The three places faults happen in: an emulated AWS, a stand-in org, and the login between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from crmsync.adapters.aws.clients import Clients
from crmsync.adapters.dynamodb.database import Database

from tests.conformance.office import Office, new_office
from tests.contract.salesforce.providers import org
from tests.contract.salesforce.standin_org import StandinOrg
from tests.faults.cloud import TABLES, Cloud
from tests.faults.front_door import FrontDoor
from tests.integration import providers
from tests.template import template
from tests.template.template import Template


@pytest.fixture
def database() -> Iterator[Database]:
    """The template's tables, empty."""
    with providers.emulated_database(*TABLES, "TokensTable") as opened:
        yield opened


@pytest.fixture
def clients(database: Database) -> Clients:
    """The other services of the same emulated AWS."""
    assert database
    return providers.clients()


@pytest.fixture
def dynamodb(database: Database) -> Any:
    """The client that all tables share, to disturb its calls."""
    return database.connection.client


@pytest.fixture
def cloud(database: Database, clients: Clients) -> Cloud:
    """The engine on the real AWS adapters."""
    return Cloud(database, clients)


@pytest.fixture
def site() -> Iterator[StandinOrg]:
    """Plain Salesforce. A fault that was seeded and never met would prove nothing."""
    opened = org("salesforce")
    yield opened
    unmet = [fault for fault in opened.running.org.faults.all() if not fault.fired]
    assert not unmet, f"these faults met no call: {unmet}"


@pytest.fixture
def office(site: StandinOrg) -> Iterator[Office]:
    """An advisor connected to it."""
    opened = new_office(site)
    yield opened
    assert not opened.firm.io.unmet, "what was to happen before some call did not happen"


@pytest.fixture
def door(site: StandinOrg) -> FrontDoor:
    """An advisor connected to it through a real login, tokens from the product's own service."""
    return FrontDoor(site)


@pytest.fixture(scope="session")
def deployed() -> Template:
    """template.yaml as CloudFormation gets it."""
    return template.translated()
