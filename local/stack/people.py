"""Who can sign in locally: two people of one firm, one of another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from local.stack.aws import LocalAws


@dataclass(frozen=True)
class Person:
    """A user of the local stack, with the password they sign in with."""

    email: str
    password: str
    role: str
    tenant_id: str


PEOPLE = (
    Person("advisor@firm-one.example", "Local-advisor-1", "advisor", "firm-one"),
    Person("marketing@firm-one.example", "Local-marketing-1", "marketing-admin", "firm-one"),
    Person("advisor@firm-two.example", "Local-advisor-2", "advisor", "firm-two"),
)


def seed_people(aws: LocalAws, user_pool_id: str) -> Sequence[dict[str, str]]:
    """Everyone exists with their password, role and firm, whatever was there before."""
    cognito = aws.client("cognito-idp")
    for person in PEOPLE:
        _seed_person(cognito, user_pool_id, person)
    return [asdict(person) for person in PEOPLE]


def seed_oauth_clients(aws: LocalAws, secret_arn: str, clients: Mapping[str, Any]) -> None:
    """The secret holds these OAuth clients, by platform."""
    aws.client("secretsmanager").put_secret_value(
        SecretId=secret_arn, SecretString=json.dumps(clients)
    )


def id_token(stack: Mapping[str, Any], user: Mapping[str, str]) -> str:
    """Sign one of the `users` of stack.json in; what the API wants as bearer token."""
    signed_in = (
        LocalAws(stack["aws_endpoint_url"])
        .client("cognito-idp")
        .initiate_auth(
            ClientId=stack["client_id"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user["email"], "PASSWORD": user["password"]},
        )
    )
    token: str = signed_in["AuthenticationResult"]["IdToken"]
    return token


def _seed_person(cognito: Any, pool: str, person: Person) -> None:
    attributes = {
        "email": person.email,
        "email_verified": "true",
        "custom:tenant_id": person.tenant_id,
    }
    with suppress(cognito.exceptions.UsernameExistsException):  # an earlier `up` made them
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=person.email,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=person.email, Password=person.password, Permanent=True
    )
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=person.email, GroupName=person.role)
