"""Settings per function, read once from the environment. Nothing else reads `os.environ`.

A function's class names exactly the variables it needs; `template.yaml` sets them and a test
compares the two. `SALESFORCE_SETTINGS` is JSON that the Salesforce adapter
reads. `POWERTOOLS_SERVICE_NAME` and `LOG_LEVEL` are read by Powertools itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TypeVar

S = TypeVar("S")


class SettingError(Exception):
    """A setting is missing; the text names it and where it is set."""


@dataclass(frozen=True, slots=True)
class OauthCallbackSettings:
    """What `functions/oauth_callback` needs."""

    control_table: str
    tokens_table: str
    event_bus_name: str
    token_key_id: str
    oauth_clients_secret: str
    salesforce_settings: str
    rate_limit_scale: str


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What `functions/api` needs."""

    marketing_table: str
    control_table: str
    sync_table: str
    idempotency_table: str
    artifact_bucket: str
    sync_queue_url: str
    oauth_function_name: str
    salesforce_settings: str
    rate_limit_scale: str


@dataclass(frozen=True, slots=True)
class ScheduleSyncSettings:
    """What `functions/schedule_sync` needs."""

    control_table: str
    sync_queue_url: str
    event_bus_name: str
    oauth_function_name: str


@dataclass(frozen=True, slots=True)
class RunSyncSettings:
    """What `functions/run_sync` needs."""

    marketing_table: str
    control_table: str
    sync_table: str
    artifact_bucket: str
    sync_queue_url: str
    sync_dlq_url: str
    event_bus_name: str
    oauth_function_name: str
    salesforce_settings: str
    slice_seconds: str


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """What `functions/notify` needs."""

    control_table: str


def read(kind: type[S], environ: Mapping[str, str] = os.environ) -> S:
    """The settings of one function; `SettingError` names every variable that is missing."""
    names = [each.name for each in fields(kind)]  # type: ignore[arg-type]  # S is a dataclass
    missing = [name.upper() for name in names if not environ.get(name.upper())]
    if missing:
        text = f"{', '.join(missing)} is not set in the environment; template.yaml sets it."
        raise SettingError(text)
    return kind(**{name: environ[name.upper()] for name in names})
