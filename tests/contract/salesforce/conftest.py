"""Every test finds the orgs as their folders describe them."""

from __future__ import annotations

import pytest

from tests.contract.salesforce.providers import org
from tests.contract.salesforce.standin_org import StandinOrg


@pytest.fixture
def salesforce() -> StandinOrg:
    """Plain Salesforce: contacts, leads, campaigns."""
    return org("salesforce")


@pytest.fixture
def practifi() -> StandinOrg:
    """Practifi with Promote: mostly person accounts, and an automation that rewrites values."""
    return org("practifi")


@pytest.fixture
def practifi_no_promote() -> StandinOrg:
    """Practifi without the add-on that brings campaigns."""
    return org("practifi_no_promote")


@pytest.fixture
def salentica() -> StandinOrg:
    """Salentica Elements."""
    return org("salentica")
