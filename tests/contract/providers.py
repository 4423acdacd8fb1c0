"""Every implementation of every port, by name, and where its provider is.

A provider opens one implementation, empty, for one test. A new implementation is done when it
stands here and the suites pass on it. Providers are imported when a test needs them, so that the
suites of one port do not load the vendors of another.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pkgutil import resolve_name
from typing import Any

_AWS = "tests.integration.providers"
_MEMORY = "tests.contract.memory"
_SALESFORCE = "tests.contract.salesforce.providers"

PROVIDERS = {
    "access_tokens": {
        "memory": f"{_MEMORY}:memory_tokens",
        "invoked": "tests.contract.aws:invoked_tokens",
    },
    "artifacts": {"memory": f"{_MEMORY}:memory_artifacts", "s3": f"{_AWS}:s3_artifacts"},
    "control": {"memory": f"{_MEMORY}:memory_control", "dynamodb": f"{_AWS}:dynamodb_control"},
    "clock": {
        "memory": f"{_MEMORY}:memory_clock",
        "system": "tests.contract.aws:system_clock",
    },
    "crm": {
        "memory": "tests.contract.memory_crm:memory_crm",
        "practifi": "tests.contract.salesforce.standin_crm:practifi_crm",
        "salesforce": "tests.contract.salesforce.standin_crm:salesforce_crm",
    },
    "crm_with_our_id": {
        "memory": "tests.contract.memory_crm:memory_crm",
        "salesforce": "tests.contract.salesforce.standin_crm:salesforce_crm",
    },
    "dead_letters": {
        "memory": f"{_MEMORY}:memory_dead_letters",
        "sqs": "tests.contract.aws:sqs_dead_letters",
    },
    "events": {
        "memory": f"{_MEMORY}:memory_events",
        "eventbridge": "tests.contract.aws:eventbridge_events",
    },
    "grants": {"memory": f"{_MEMORY}:memory_grants", "dynamodb": f"{_AWS}:dynamodb_grants"},
    "ids": {"memory": f"{_MEMORY}:memory_ids", "random": "tests.contract.aws:random_ids"},
    "keep_alive": {
        "memory": f"{_MEMORY}:memory_keep_alive",
        "invoked": "tests.contract.aws:invoked_keep_alive",
    },
    "marketing": {
        "memory": f"{_MEMORY}:memory_marketing",
        "dynamodb": f"{_AWS}:dynamodb_marketing",
    },
    "oauth": {
        "memory": f"{_MEMORY}:memory_oauth",
        "practifi": f"{_SALESFORCE}:practifi_oauth",
        "salesforce": f"{_SALESFORCE}:salesforce_oauth",
    },
    "queue": {"memory": f"{_MEMORY}:memory_queue", "sqs": f"{_AWS}:sqs_queue"},
    "state": {"memory": f"{_MEMORY}:memory_state", "dynamodb": f"{_AWS}:dynamodb_state"},
    "vault": {"memory": f"{_MEMORY}:memory_vault", "kms": f"{_AWS}:kms_vault"},
    "webhooks": {
        "memory": f"{_MEMORY}:memory_webhooks",
        "https": "tests.contract.aws:https_webhooks",
    },
}


def opened(port: str, name: str) -> AbstractContextManager[Any]:
    """The implementation of this name, for the length of one test."""
    provider: Callable[[], AbstractContextManager[Any]] = resolve_name(PROVIDERS[port][name])
    return provider()
