"""What requests and answers about connections hold."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from crmsync.domain.automation import Automation
from crmsync.domain.caller import Caller
from crmsync.domain.connection import Capability, Connection, NewPeople, PausedField
from crmsync.domain.fields import FieldRule
from crmsync.domain.ids import full_crm_id
from crmsync.domain.paused_fields import REASONS
from crmsync.domain.stops import why_stopped
from crmsync.routes.mapping_models import FieldName
from crmsync.services.edit_connection import ConnectionEdit


class OrgAnswer(BaseModel):
    """The CRM org of a connection."""

    id: str
    name: str
    url: str


class CrmUserAnswer(BaseModel):
    """The CRM user who signed in."""

    id: str
    name: str


class ReachAnswer(BaseModel):
    """People in the mapped campaigns, those this login sees, those its user owns."""

    in_campaign: int
    visible: int
    owned: int


class VisibilityAnswer(BaseModel):
    """Sync by Visibility, whether the caller may switch it, and why not."""

    value: bool
    can_edit: bool
    reason: str | None
    counts: ReachAnswer | None


class CapabilityAnswer(BaseModel):
    """What this connection can or cannot do, and why not."""

    name: str
    available: bool
    reason: str | None
    code: str | None


class PausedFieldAnswer(BaseModel):
    """A field that is not synced because the CRM does not give it, and what helps."""

    name: str
    code: str
    reason: str
    since: datetime


class SettingsAnswer(BaseModel):
    """The owner's choices."""

    field_rules: dict[str, FieldRule]
    new_people: NewPeople
    remove_members_in_crm: bool


class BudgetAnswer(BaseModel):
    """The org's API calls of the last 24 hours, as the CRM last told them."""

    used: int
    share: float
    max: int


class HealthAnswer(BaseModel):
    """How fresh both sides are. `lag_seconds` counts from the last good run."""

    last_good_run_at: datetime | None
    next_run_at: datetime | None
    lag_seconds: int | None
    api_budget: BudgetAnswer


class ConnectionAnswer(BaseModel):
    """A connection. `stopped_reason` says why it needs somebody, if it does.

    `stopped_detail` says it in words, with what helps.
    """

    id: str
    platform: str
    status: str
    user_id: str
    org: OrgAnswer
    crm_user: CrmUserAnswer
    sync_by_visibility: VisibilityAnswer
    inactive_campaign_id: str | None
    settings: SettingsAnswer
    capabilities: list[CapabilityAnswer]
    paused_fields: list[PausedFieldAnswer]
    health: HealthAnswer
    stopped_reason: str | None
    stopped_detail: str | None
    created_at: datetime


class ConnectionList(BaseModel):
    """Connections, oldest first."""

    items: list[ConnectionAnswer]
    cursor: str | None = None


class SettingsBody(BaseModel):
    """The choices to change; those left out stay."""

    model_config = ConfigDict(extra="forbid")

    field_rules: Annotated[dict[FieldName, FieldRule], Field(max_length=200)] | None = None
    new_people: NewPeople | None = None
    remove_members_in_crm: StrictBool | None = None


class ConnectionBody(BaseModel):
    """What to change; what is left out stays. `inactive_campaign_id` null clears it."""

    model_config = ConfigDict(extra="forbid")

    sync_by_visibility: StrictBool | None = None
    inactive_campaign_id: (
        Annotated[
            str,
            StringConstraints(pattern=r"^[A-Za-z0-9_.:~-]{0,128}$"),
            AfterValidator(full_crm_id),
        ]
        | None
    ) = None
    settings: SettingsBody | None = None

    def edit(self) -> ConnectionEdit:
        """The same for the service."""
        settings = self.settings or SettingsBody()
        cleared = "inactive_campaign_id" in self.model_fields_set
        return ConnectionEdit(
            sync_by_visibility=self.sync_by_visibility,
            inactive_campaign_id=(self.inactive_campaign_id or "") if cleared else None,
            field_rules=settings.field_rules,
            new_people=settings.new_people,
            remove_members_in_crm=settings.remove_members_in_crm,
        )


def connection_answer(
    connection: Connection, automation: Automation, now: datetime, caller: Caller
) -> ConnectionAnswer:
    """The connection in the shape of the API, for this caller at this moment."""
    org, stopped = connection.org, connection.stopped_reason
    return ConnectionAnswer(
        id=connection.id,
        platform=connection.platform,
        status=connection.status.value,
        user_id=connection.user_id,
        org=OrgAnswer(id=org.org_id, name=org.org_name, url=org.org_url),
        crm_user=CrmUserAnswer(id=org.user_id, name=org.user_name),
        sync_by_visibility=_visibility(connection, caller),
        inactive_campaign_id=connection.inactive_campaign_id,
        settings=_settings(connection),
        capabilities=[capability_answer(each) for each in connection.capabilities],
        paused_fields=[_paused(each) for each in connection.paused_fields],
        health=_health(connection, automation, now),
        stopped_reason=stopped,
        stopped_detail=why_stopped(stopped) if stopped else None,
        created_at=connection.created_at,
    )


def capability_answer(capability: Capability) -> CapabilityAnswer:
    """A capability in the shape of the API."""
    return CapabilityAnswer(
        name=capability.name,
        available=capability.available,
        reason=capability.reason,
        code=capability.code,
    )


def _paused(field: PausedField) -> PausedFieldAnswer:
    return PausedFieldAnswer(
        name=field.name, code=field.code, reason=REASONS[field.code], since=field.since
    )


def _settings(connection: Connection) -> SettingsAnswer:
    settings = connection.settings
    return SettingsAnswer(
        field_rules=dict(settings.field_rules),
        new_people=settings.new_people,
        remove_members_in_crm=settings.remove_members_in_crm,
    )


def _visibility(connection: Connection, caller: Caller) -> VisibilityAnswer:
    capability = connection.capability("sync_by_visibility")
    reason = capability.reason or "This CRM has no Sync by Visibility."
    if not caller.owns(connection):
        reason = "Only the advisor who owns this connection can change it."
    can_edit = capability.available and caller.owns(connection)
    reach = connection.reach
    counts = (
        ReachAnswer(in_campaign=reach.in_campaign, visible=reach.visible, owned=reach.owned)
        if reach
        else None
    )
    return VisibilityAnswer(
        value=connection.sync_by_visibility,
        can_edit=can_edit,
        reason=None if can_edit else reason,
        counts=counts,
    )


def _health(connection: Connection, automation: Automation, now: datetime) -> HealthAnswer:
    last, budget = connection.last_good_run_at, connection.api_budget
    return HealthAnswer(
        last_good_run_at=last,
        next_run_at=automation.next_run_at if automation.scheduled else None,
        lag_seconds=max(0, int((now - last).total_seconds())) if last else None,
        api_budget=BudgetAnswer(used=budget.used, share=budget.share, max=budget.max),
    )
