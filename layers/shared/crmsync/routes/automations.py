"""The saved automation of a connection: the draft, the switch, and finalize."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from crmsync.domain.automation import Automation
from crmsync.routes.mapping_models import (
    CadenceModel,
    IdText,
    MappingModel,
    Rows,
    cadence_model,
    mapping_model,
    rows_of,
)
from crmsync.routes.registry import AtDesk, Id, Routes
from crmsync.services.automations import DraftInput

routes = Routes("automation")


class FinalizeBody(BaseModel):
    """The terms agreed to, and the preview they were agreed to for, if one was shown."""

    model_config = ConfigDict(extra="forbid")

    terms_version: str | None = None
    preview_id: IdText | None = None


class LiveAnswer(BaseModel):
    """What the schedule runs, and who agreed to it when."""

    mappings: list[MappingModel]
    cadence: CadenceModel
    terms_version: str
    agreed_by: str
    agreed_at: datetime


class AutomationBody(BaseModel):
    """The draft. Cadence and switch stay as they are when they are left out."""

    model_config = ConfigDict(extra="forbid")

    mappings: Rows
    cadence: CadenceModel | None = None
    enabled: StrictBool | None = None
    live: LiveAnswer | None = Field(
        None, description="Ignored: what was read can be sent back. Only finalize changes it."
    )


class AutomationAnswer(BaseModel):
    """The draft, the switch, and what is in force; `live` is null until the first finalize."""

    mappings: list[MappingModel]
    cadence: CadenceModel
    enabled: bool
    live: LiveAnswer | None


@routes.answer("GET", "/api/connections/<connection_id>/automation", AutomationAnswer)
def get_automation(desk: AtDesk, connection_id: Id) -> AutomationAnswer:
    """Read the automation; an empty one when none was saved."""
    return _answer(desk.automation.one(connection_id))


@routes.answer("PUT", "/api/connections/<connection_id>/automation", AutomationAnswer)
def save_automation(desk: AtDesk, connection_id: Id, body: AutomationBody) -> AutomationAnswer:
    """Save the draft. What the schedule runs stays; `enabled: false` pauses it at once."""
    cadence = body.cadence.cadence() if body.cadence else None
    draft = DraftInput(rows_of(body.mappings), cadence, body.enabled)
    return _answer(desk.automation.save(connection_id, draft))


@routes.answer("POST", "/api/connections/<connection_id>/automation/finalize", AutomationAnswer)
def finalize_automation(
    desk: AtDesk, connection_id: Id, body: Annotated[FinalizeBody | None, Body()] = None
) -> AutomationAnswer:
    """Put the draft into force. Without the current terms this is a 409."""
    agreed = body or FinalizeBody()
    finalized = desk.finalize.finalize(connection_id, agreed.terms_version, agreed.preview_id)
    return _answer(finalized)


def _answer(automation: Automation) -> AutomationAnswer:
    return AutomationAnswer(
        mappings=[mapping_model(row) for row in automation.draft],
        cadence=cadence_model(automation.draft_cadence),
        enabled=automation.enabled,
        live=_live(automation),
    )


def _live(automation: Automation) -> LiveAnswer | None:
    if automation.terms is None:
        return None
    return LiveAnswer(
        mappings=[mapping_model(row) for row in automation.live],
        cadence=cadence_model(automation.live_cadence),
        terms_version=automation.terms.version,
        agreed_by=automation.terms.user_id,
        agreed_at=automation.terms.agreed_at,
    )
