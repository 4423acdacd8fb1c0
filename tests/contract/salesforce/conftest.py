"""One server per org and worker; every test finds it as its folder describes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.salesforce.standin_org import StandinOrg, standin_org


@pytest.fixture(scope="session")
def _salesforce() -> Iterator[StandinOrg]:
    with standin_org("salesforce") as org:
        yield org


@pytest.fixture(scope="session")
def _practifi() -> Iterator[StandinOrg]:
    with standin_org("practifi") as org:
        yield org


@pytest.fixture
def salesforce(_salesforce: StandinOrg) -> StandinOrg:
    """Plain Salesforce: contacts, leads, campaigns."""
    _salesforce.reset()
    return _salesforce


@pytest.fixture
def practifi(_practifi: StandinOrg) -> StandinOrg:
    """Practifi with Promote: mostly person accounts, and an automation that rewrites values."""
    _practifi.reset()
    return _practifi


@pytest.fixture(scope="session")
def _practifi_no_promote() -> Iterator[StandinOrg]:
    with standin_org("practifi_no_promote") as org:
        yield org


@pytest.fixture(scope="session")
def _salentica() -> Iterator[StandinOrg]:
    with standin_org("salentica") as org:
        yield org


@pytest.fixture
def practifi_no_promote(_practifi_no_promote: StandinOrg) -> StandinOrg:
    """Practifi without the add-on that brings campaigns."""
    _practifi_no_promote.reset()
    return _practifi_no_promote


@pytest.fixture
def salentica(_salentica: StandinOrg) -> StandinOrg:
    """Salentica Elements."""
    _salentica.reset()
    return _salentica
