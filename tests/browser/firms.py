"""A firm of its own for each test, so that no test sees what another did."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from local.stack.aws import LocalAws
from local.stack.people import id_token

_SECONDS = 60


@dataclass(frozen=True)
class Firm:
    """One tenant with an advisor and a marketing admin, and a short cut past the page for both."""

    stack: Mapping[str, Any]
    advisor: Mapping[str, str]
    marketing_admin: Mapping[str, str]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the API as the advisor; for what a test needs to be there, not for what it tests."""
        answer = requests.request(
            method,
            f"{self.stack['api_url']}/api/{path}",
            headers={"Authorization": f"Bearer {id_token(self.stack, self.advisor)}"},
            json=body,
            timeout=_SECONDS,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def new_group(self, name: str, people: int) -> str:
        """A marketing group with that many new contacts; its id."""
        group = self.call("POST", "groups", {"name": name})["id"]
        for number in range(people):
            contact = self.call("POST", "contacts", _somebody(number))
            self.call("PUT", f"groups/{group}/members/{contact['id']}")
        return str(group)


def new_firm(stack: Mapping[str, Any]) -> Firm:
    """A firm nobody has used before."""
    tenant = f"firm-{uuid.uuid4().hex[:8]}"
    return Firm(stack, _user(stack, tenant, "advisor"), _user(stack, tenant, "marketing-admin"))


def _user(stack: Mapping[str, Any], tenant: str, role: str) -> dict[str, str]:
    user = {"email": f"{role}@{tenant}.example", "password": "Browser-test-1"}
    pool = {"UserPoolId": stack["user_pool_id"], "Username": user["email"]}
    attributes = {
        "email": user["email"],
        "email_verified": "true",
        "custom:tenant_id": tenant,
    }
    cognito = LocalAws(stack["aws_endpoint_url"]).client("cognito-idp")
    cognito.admin_create_user(
        **pool,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )
    cognito.admin_set_user_password(**pool, Password=user["password"], Permanent=True)
    cognito.admin_add_user_to_group(**pool, GroupName=role)
    return user


def _somebody(number: int) -> dict[str, str]:
    tag = uuid.uuid4().hex[:6]
    return {
        "first_name": "Robin",
        "last_name": f"Marketing {number} {tag}",
        "email": f"robin.{number}.{tag}@example.org",
    }
