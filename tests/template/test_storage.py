"""What is stored is encrypted, recoverable and not lost with the stack."""

from __future__ import annotations

import pytest

from tests.template.template import Template

INDEXES = {
    "MarketingTable": {
        "by_email": ["email_key"],
        "by_change": ["change_shard", "changed_at"],
        "by_contact": ["contact_key", "pk"],
    },
    "ControlTable": {"by_due": ["due_shard", "due_at"]},
    "TokensTable": {},
    "SyncTable": {},
    "IdempotencyTable": {},
}
EXPIRING = {
    "ControlTable": "expires_at",
    "TokensTable": "expires_at",
    "SyncTable": "expires_at",
    "IdempotencyTable": "expiration",
}
KEPT = {
    "ArtifactBucket",
    "ControlTable",
    "DataKey",
    "MarketingTable",
    "OAuthClientsSecret",
    "SyncTable",
    "TokenKey",
    "TokensTable",
    "UserPool",
}


def _keys(schema: list[dict[str, str]]) -> list[str]:
    return [part["AttributeName"] for part in schema]


@pytest.mark.parametrize("table", sorted(INDEXES))
def test_a_table_is_encrypted_with_our_key_and_can_be_restored(
    translated: Template, table: str
) -> None:
    properties = translated.of_type("AWS::DynamoDB::Table")[table]

    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}


@pytest.mark.parametrize("table", sorted(INDEXES))
def test_a_table_has_the_keys_that_the_adapters_use(translated: Template, table: str) -> None:
    properties = translated.of_type("AWS::DynamoDB::Table")[table]
    indexes = {
        index["IndexName"]: _keys(index["KeySchema"])
        for index in properties.get("GlobalSecondaryIndexes", [])
    }

    assert _keys(properties["KeySchema"]) == (
        ["id"] if table == "IdempotencyTable" else ["pk", "sk"]
    )
    assert indexes == INDEXES[table]
    assert properties.get("TimeToLiveSpecification", {}).get("AttributeName") == EXPIRING.get(table)


def test_nothing_that_changes_every_run_is_copied_into_an_index(translated: Template) -> None:
    for table in translated.of_type("AWS::DynamoDB::Table").values():
        for index in table.get("GlobalSecondaryIndexes", []):
            assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_what_people_entrusted_to_us_outlives_the_stack(translated: Template) -> None:
    kept = {
        name
        for name, resource in translated.resources.items()
        if resource.get("DeletionPolicy") == "Retain"
        and resource.get("UpdateReplacePolicy") == "Retain"
        and not resource["Type"].startswith("AWS::Lambda::Layer")
    }

    assert kept == KEPT


def test_files_are_private_encrypted_and_forgotten_in_time(translated: Template) -> None:
    bucket = translated.one("AWS::S3::Bucket")

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    (lifecycle,) = bucket["LifecycleConfiguration"]["Rules"]
    assert lifecycle["ExpirationInDays"] == {"Ref": "ArtifactRetentionDays"}


def test_keys_rotate(translated: Template) -> None:
    for name, key in translated.of_type("AWS::KMS::Key").items():
        assert key["EnableKeyRotation"] is True, name


def test_logs_are_kept_for_a_while_and_not_for_ever(written: Template) -> None:
    logs = written.one("AWS::Logs::LogGroup")
    choices = written.content["Parameters"]["LogRetentionDays"]["AllowedValues"]

    assert logs["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert min(choices) >= 30
    assert max(choices) <= 365
