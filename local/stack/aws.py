"""Clients of the emulated AWS."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

REGION = "us-east-1"
_CLIENT: Callable[..., Any] = boto3.client
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@dataclass(frozen=True)
class LocalAws:
    """One emulated account in one region. Its operator may do anything; the functions may not."""

    endpoint: str

    def client(self, service: str) -> Any:
        """A client that talks to this account and to no other."""
        return _CLIENT(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 3}),
        )

    def environment(self) -> dict[str, str]:
        """For commands that pick their account from the environment, as the AWS tools do."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return (
            kept | CREDENTIALS | {"AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": self.endpoint}
        )

    def outputs(self, stack: str) -> dict[str, str]:
        """The outputs of a deployed stack, by name."""
        described = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return {item["OutputKey"]: item["OutputValue"] for item in described["Outputs"]}

    def functions(self, stack: str) -> dict[str, str]:
        """The functions of a deployed stack: their names in the template, and in the account."""
        return {
            name: physical
            for name, kind, physical in self.resources(stack)
            if kind == "AWS::Lambda::Function"
        }

    def resources(self, stack: str) -> list[tuple[str, str, str]]:
        """Every resource of a deployed stack: name, type, and what it is called in the account."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        return [
            (item["LogicalResourceId"], item["ResourceType"], item["PhysicalResourceId"])
            for page in pages.paginate(StackName=stack)
            for item in page["StackResourceSummaries"]
        ]
