"""A firm, a CRM user and a fresh connection for each test of the deployed stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from local.advisor import Advisor
from local.crm_user import CrmUser
from tests.browser.firms import Firm, new_firm


@pytest.fixture
def firm(stack: Mapping[str, Any]) -> Firm:
    return new_firm(stack)


@pytest.fixture
def advisor(stack: Mapping[str, Any], firm: Firm) -> Advisor:
    return Advisor(stack, firm.advisor)


@pytest.fixture
def marketing_admin(stack: Mapping[str, Any], firm: Firm) -> Advisor:
    return Advisor(stack, firm.marketing_admin)


@pytest.fixture
def org(stack: Mapping[str, Any]) -> Mapping[str, Any]:
    """The plain Salesforce org."""
    found: Mapping[str, Any] = next(o for o in stack["orgs"] if o["name"] == "salesforce")
    return found


@pytest.fixture
def crm(org: Mapping[str, Any]) -> CrmUser:
    return CrmUser(org)


@pytest.fixture
def connection(advisor: Advisor, org: Mapping[str, Any]) -> dict[str, Any]:
    return advisor.connect(org)
