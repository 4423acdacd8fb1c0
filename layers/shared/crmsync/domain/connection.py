"""A connection: one user's login to one CRM org, and what its owner chose for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crmsync.domain.fields import FieldRule
from crmsync.domain.person import OrgUser


class ConnectionStatus(StrEnum):
    """Whether the connection can be used, or what its owner has to do first."""

    CONNECTED = "connected"
    NEEDS_REAUTH = "needs_reauth"
    DISCONNECTED = "disconnected"


class NewPeople(StrEnum):
    """What happens to people who are new to the CRM: created at once, or held for a review."""

    CREATE = "create"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Capability:
    """Something a connection can or cannot do, and in one sentence why not and what helps."""

    name: str
    available: bool
    reason: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """The owner's choices beyond mappings."""

    field_rules: Mapping[str, FieldRule] = field(default_factory=dict)
    new_people: NewPeople = NewPeople.CREATE
    remove_members_in_crm: bool = False


@dataclass(frozen=True, slots=True)
class ApiBudget:
    """How many of the org's daily calls are used, and how many we may use at most."""

    used: int = 0
    max: int = 0
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people the mapped campaigns hold, this login sees, and its user owns."""

    in_campaign: int
    visible: int
    owned: int


@dataclass(frozen=True, slots=True)
class PausedField:
    """A field that is not synced because the CRM does not give it to this login, since when."""

    name: str
    code: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Connection:
    """One login, stored once it is finished. `org` is the org, which never changes, and the user.

    `login_url` is the host the user chose, checked against the platform's hosts. `crm_notes` is
    what the CRM's adapter wants to be told again next time. `version` guards concurrent edits.
    """

    id: str
    tenant_id: str
    user_id: str
    platform: str
    login_url: str
    status: ConnectionStatus
    created_at: datetime
    org: OrgUser
    sync_by_visibility: bool = False
    inactive_campaign_id: str | None = None
    settings: ConnectionSettings = field(default_factory=ConnectionSettings)
    capabilities: tuple[Capability, ...] = ()
    last_good_run_at: datetime | None = None
    api_budget: ApiBudget = field(default_factory=ApiBudget)
    stopped_reason: str | None = None
    reach: Reach | None = None
    paused_fields: tuple[PausedField, ...] = ()
    crm_notes: str = ""
    version: int = 0

    def capability(self, name: str) -> Capability:
        """The named capability; one that was never probed counts as available."""
        for capability in self.capabilities:
            if capability.name == name:
                return capability
        return Capability(name, available=True)
