"""Least privilege, judged on the policies as the transform writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from tests.template.template import Template, as_list, names_in

ROLES = {
    "api": "ApiFunctionRole",
    "notify": "NotifyFunctionRole",
    "oauth_callback": "OauthCallbackRole",
    "run_sync": "RunSyncFunctionRole",
    "schedule_sync": "ScheduleSyncFunctionRole",
    "web": "WebFunctionRole",
}
EVERYONES_POLICIES = {"AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess"}


class Grant(NamedTuple):
    action: str
    resource: Any


def _grants(template: Template, function: str) -> Iterator[Grant]:
    role = template.of_type("AWS::IAM::Role")[ROLES[function]]
    for policy in role.get("Policies", []):
        for statement in as_list(policy["PolicyDocument"]["Statement"]):
            assert statement["Effect"] == "Allow"
            for action in as_list(statement["Action"]):
                for resource in as_list(statement["Resource"]):
                    yield Grant(action, resource)


def _may(template: Template, function: str) -> set[tuple[str, str]]:
    return {
        (action, name)
        for action, resource in _grants(template, function)
        for name in names_in(resource)
        if name in template.resources
    }


def _who_may(template: Template, action: str, resource: str) -> set[str]:
    return {name for name in ROLES if (action, resource) in _may(template, name)}


def _managed(template: Template, function: str) -> set[str]:
    role = template.of_type("AWS::IAM::Role")[ROLES[function]]
    arns = [arn for arn in as_list(role.get("ManagedPolicyArns", [])) if "Fn::If" not in arn]
    return {str(arn).rstrip("'}").rsplit("/", 1)[-1] for arn in arns}


def test_every_function_has_a_role_of_its_own(translated: Template) -> None:
    functions = translated.of_type("AWS::Lambda::Function")

    roles = [role for properties in functions.values() for role in names_in(properties["Role"])]

    assert sorted(roles) == sorted(ROLES.values())


@pytest.mark.parametrize("function", sorted(ROLES))
def test_no_policy_has_a_wildcard_action(translated: Template, function: str) -> None:
    assert [grant for grant in _grants(translated, function) if "*" in grant.action] == []


@pytest.mark.parametrize("function", sorted(ROLES))
def test_a_resource_is_a_wildcard_only_inside_one_table_or_bucket(
    translated: Template, function: str
) -> None:
    wildcards = {
        str(grant.resource["Fn::Sub"]) if isinstance(grant.resource, Mapping) else grant.resource
        for grant in _grants(translated, function)
        if "*" in str(grant.resource)
    }

    assert wildcards <= {
        "${MarketingTable.Arn}/index/*",  # a GSI is a resource of its own
        "${ArtifactBucket.Arn}/*",  # a file is named when it is written
    }


@pytest.mark.parametrize("function", sorted(ROLES))
def test_managed_policies_let_a_function_log_trace_and_take_from_its_queue(
    translated: Template, function: str
) -> None:
    extra = {"AWSLambdaSQSQueueExecutionRole"} if function == "run_sync" else set()

    assert _managed(translated, function) == EVERYONES_POLICIES | extra


def test_the_page_may_do_nothing(translated: Template) -> None:
    assert list(_grants(translated, "web")) == []


def test_nobody_may_scan_a_table(translated: Template) -> None:
    for function in ROLES:
        assert "dynamodb:Scan" not in {grant.action for grant in _grants(translated, function)}


def test_nobody_may_delete_a_contact_a_group_or_a_connection(translated: Template) -> None:
    assert _who_may(translated, "dynamodb:DeleteItem", "MarketingTable") == set()
    assert _who_may(translated, "dynamodb:DeleteItem", "ControlTable") == set()


def test_only_oauth_callback_touches_refresh_tokens(translated: Template) -> None:
    touching = {
        name for name in ROLES if "TokensTable" in {part for _, part in _may(translated, name)}
    }

    assert touching == {"oauth_callback"}


def test_only_oauth_callback_reads_the_oauth_clients(translated: Template) -> None:
    action = "secretsmanager:GetSecretValue"

    assert _who_may(translated, action, "OAuthClientsSecret") == {"oauth_callback"}


def test_only_the_key_policy_gives_decryption_and_only_to_oauth_callback(
    translated: Template,
) -> None:
    for function in ROLES:
        actions = {grant.action for grant in _grants(translated, function)}
        assert not any(action.startswith("kms:") for action in actions)
    key = translated.of_type("AWS::KMS::Key")["TokenKey"]
    users = [
        statement
        for statement in key["KeyPolicy"]["Statement"]
        if {"kms:Encrypt", "kms:Decrypt"} & set(statement["Action"])
    ]

    (use,) = users

    assert use["Principal"] == {"AWS": {"Fn::GetAtt": ["OauthCallbackRole", "Arn"]}}
    assert use["Action"] == ["kms:Encrypt", "kms:Decrypt"]


def test_a_refresh_token_is_never_encrypted_without_saying_whose_it_is(
    translated: Template,
) -> None:
    key = translated.of_type("AWS::KMS::Key")["TokenKey"]
    (use,) = [item for item in key["KeyPolicy"]["Statement"] if "Condition" in item]

    in_aws = use["Condition"]["Fn::If"]

    assert in_aws[0] == "IsInAws"
    assert in_aws[1] == {
        "Null": {
            f"kms:EncryptionContext:{part}": "false" for part in ("tenant", "connection", "field")
        }
    }


def test_the_data_key_works_only_through_the_services_that_store(translated: Template) -> None:
    key = translated.of_type("AWS::KMS::Key")["DataKey"]
    (use,) = [item for item in key["KeyPolicy"]["Statement"] if "kms:Decrypt" in item["Action"]]

    limits = use["Condition"]["StringEquals"]

    assert limits["kms:CallerAccount"] == {"Ref": "AWS::AccountId"}
    assert {str(service["Fn::Sub"]).split(".")[0] for service in limits["kms:ViaService"]} == {
        "dynamodb",
        "s3",
        "secretsmanager",
    }


@pytest.mark.parametrize(
    ("action", "resource", "functions"),
    [
        ("lambda:InvokeFunction", "OauthCallbackFunction", {"api", "run_sync", "schedule_sync"}),
        ("sqs:SendMessage", "SyncQueue", {"api", "run_sync", "schedule_sync"}),
        ("events:PutEvents", "EventBus", {"oauth_callback", "run_sync", "schedule_sync"}),
        ("s3:PutObject", "ArtifactBucket", {"run_sync"}),
        ("s3:GetObject", "ArtifactBucket", {"api", "run_sync"}),
        ("dynamodb:PutItem", "MarketingTable", {"api", "run_sync"}),
        ("dynamodb:PutItem", "SyncTable", {"api", "run_sync"}),
        ("dynamodb:DeleteItem", "SyncTable", {"run_sync"}),
        ("dynamodb:UpdateItem", "SyncTable", set()),
        ("dynamodb:PutItem", "IdempotencyTable", {"api"}),
        (
            "dynamodb:BatchGetItem",
            "ControlTable",
            {"api", "oauth_callback", "run_sync", "schedule_sync"},
        ),
    ],
)
def test_a_right_belongs_to_these_functions_and_no_others(
    translated: Template, action: str, resource: str, functions: set[str]
) -> None:
    assert _who_may(translated, action, resource) == functions
