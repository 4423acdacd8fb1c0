"""boto3 clients with finite time-outs and retries, made on first use, one per service."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

QUICK = Config(
    connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 5}
)
LONG = Config(
    connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 5}
)
"""For whole files: a part of a plan is a few hundred kilobytes."""

INVOKE = Config(
    connect_timeout=3, read_timeout=29, retries={"mode": "standard", "total_max_attempts": 2}
)
"""For the token service, which may have to refresh; it ends within 29 seconds itself."""


class Clients:
    """One container's clients. Region and credentials are what the environment gives."""

    def __init__(self) -> None:
        self._session = boto3.Session()

    @cached_property
    def sqs(self) -> SQSClient:
        """Queues."""
        return self._session.client("sqs", config=QUICK)

    @cached_property
    def events(self) -> EventBridgeClient:
        """The event bus."""
        return self._session.client("events", config=QUICK)

    @cached_property
    def s3(self) -> S3Client:
        """Files."""
        return self._session.client("s3", config=LONG)

    @cached_property
    def kms(self) -> KMSClient:
        """Keys."""
        return self._session.client("kms", config=QUICK)

    @cached_property
    def secrets(self) -> SecretsManagerClient:
        """Secrets."""
        return self._session.client("secretsmanager", config=QUICK)

    @cached_property
    def functions(self) -> LambdaClient:
        """Other functions."""
        return self._session.client("lambda", config=INVOKE)
