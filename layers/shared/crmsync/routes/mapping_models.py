"""Mappings and cadences as requests and answers hold them: what is read can be sent back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import time
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from crmsync.domain.automation import Cadence, Every
from crmsync.domain.fields import FieldRule
from crmsync.domain.ids import full_crm_id
from crmsync.domain.mapping import Direction, Mapping, Target
from crmsync.routes.registry import ID_PATTERN

ROWS_BYTES = 100_000
"""Of all rows together: an automation, which holds them twice, is one item; so is a run."""

FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,79}$")]
IdText = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
_Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]


class TargetModel(BaseModel):
    """One end: `{id}`, or `{create: true}` with a name or with the name of the other end."""

    model_config = ConfigDict(extra="forbid")

    id: IdText | None = None
    create: StrictBool = False
    name: _Name | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> TargetModel:
        if (self.id is None) is not self.create:
            raise PydanticCustomError("id_or_create", "Give either an id or create: true.")
        return self

    def target(self) -> Target:
        """The same for the service. The name of an existing thing is its own business."""
        return Target(self.id, self.create, self.name if self.create else None)


class CampaignModel(TargetModel):
    """The end in the CRM. An `id` of 15 characters is taken, and kept with its 18."""

    id: Annotated[IdText, AfterValidator(full_crm_id)] | None = None


class MappingModel(BaseModel):
    """One row. `id` is given by us and stays while campaign and group stay."""

    model_config = ConfigDict(extra="forbid")

    id: IdText | None = None
    campaign: CampaignModel
    group: TargetModel
    direction: Direction
    rules: Annotated[dict[FieldName, FieldRule], Field(default_factory=dict, max_length=200)]

    def mapping(self) -> Mapping:
        """The same for the service, which gives it its id."""
        return Mapping("", self.campaign.target(), self.group.target(), self.direction, self.rules)


def _fitting(rows: list[MappingModel]) -> list[MappingModel]:
    size = sum(len(row.model_dump_json().encode()) for row in rows)
    if size > ROWS_BYTES:
        text = "These hold {size} bytes; {most} fit. Shorten names or remove rules."
        raise PydanticCustomError("too_large", text, {"size": size, "most": ROWS_BYTES})
    return rows


Rows = Annotated[list[MappingModel], Field(max_length=200), AfterValidator(_fitting)]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        text = "Give an IANA time zone, such as America/New_York."
        raise PydanticCustomError("unknown_time_zone", text) from error
    return name


def _to_the_minute(at: time) -> time:
    if at.tzinfo is not None or at.second or at.microsecond:
        text = "Give hours and minutes on the wall clock, such as 06:00."
        raise PydanticCustomError("not_to_the_minute", text)
    return at


def _hours_and_minutes(at: time) -> str:
    return at.strftime("%H:%M")


class CadenceModel(BaseModel):
    """How often; `at` (a wall clock time) and `time_zone` count for daily runs."""

    model_config = ConfigDict(extra="forbid")

    every: Every = Every.HOUR
    at: Annotated[
        time, AfterValidator(_to_the_minute), PlainSerializer(_hours_and_minutes, return_type=str)
    ] = time(6, 0)
    time_zone: Annotated[
        str, StringConstraints(min_length=1, max_length=64), AfterValidator(_known_zone)
    ] = "UTC"

    @model_validator(mode="before")
    @classmethod
    def _null_is_left_out(cls, sent: object) -> object:
        if not isinstance(sent, dict):
            return sent
        return {name: value for name, value in sent.items() if value is not None}

    def cadence(self) -> Cadence:
        """The same for the service."""
        return Cadence(self.every, self.at, self.time_zone)


def rows_of(models: list[MappingModel]) -> list[Mapping]:
    """The rows for a service."""
    return [model.mapping() for model in models]


def mapping_model(row: Mapping) -> MappingModel:
    """A stored row in the shape of the API."""
    return MappingModel(
        id=row.id,
        campaign=CampaignModel(**asdict(row.campaign)),
        group=TargetModel(**asdict(row.group)),
        direction=row.direction,
        rules=dict(row.rules),
    )


def cadence_model(cadence: Cadence) -> CadenceModel:
    """A stored cadence in the shape of the API."""
    return CadenceModel(every=cadence.every, at=cadence.at, time_zone=cadence.time_zone)
