"""Every test of this folder starts at the seed of its org, connected as Avery."""

from __future__ import annotations

import pytest

from tests.conformance.office import Office, new_office
from tests.conformance.platforms import PROFILES, Profile
from tests.contract.salesforce.providers import org
from tests.contract.salesforce.standin_org import StandinOrg


@pytest.fixture(params=PROFILES, ids=lambda profile: profile.name)
def profile(request: pytest.FixtureRequest) -> Profile:
    """Each platform in turn."""
    found = request.param
    assert isinstance(found, Profile)
    return found


@pytest.fixture
def site(profile: Profile) -> StandinOrg:
    """The platform's org."""
    return org(profile.name)


@pytest.fixture
def office(site: StandinOrg) -> Office:
    """An advisor connected to it."""
    return new_office(site)


@pytest.fixture
def campaign(site: StandinOrg, profile: Profile) -> str:
    """The seeded campaign; its id."""
    return site.find("Campaign", Name=profile.campaign)


@pytest.fixture
def salesforce() -> Office:
    """An advisor on plain Salesforce."""
    return new_office(org("salesforce"))


@pytest.fixture
def practifi() -> Office:
    """An advisor on Practifi."""
    return new_office(org("practifi"))


@pytest.fixture
def salentica() -> Office:
    """An advisor on Salentica."""
    return new_office(org("salentica"))
