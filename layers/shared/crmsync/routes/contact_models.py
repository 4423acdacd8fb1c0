"""What requests and answers about contacts hold."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from crmsync.domain.fields import FIELD_NAMES
from crmsync.services.edit_contacts import ContactInput


def _blank(value: object) -> object:
    return "" if value is None else value


def _date(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat() if value else ""
    except ValueError as error:
        raise PydanticCustomError("not_a_date", "Give a date such as 1961-04-30.") from error


_ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_ADDRESS = r"^([^\s@<>,;\"()\x00-\x1f\x7f]+@[^\s@<>,;\"()\x00-\x1f\x7f]+)?$"

Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=255, pattern=_ONE_LINE),
    BeforeValidator(_blank),
]
Lines = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=255, pattern=_LINES),
    BeforeValidator(_blank),
]
Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254, pattern=_ADDRESS),
    BeforeValidator(_blank),
]
Day = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=10),
    AfterValidator(_date),
    BeforeValidator(_blank),
]
CustomName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,79}$")]
CustomValue = Annotated[
    str, StringConstraints(max_length=1000, pattern=_LINES), BeforeValidator(_blank)
]


class ContactBody(BaseModel):
    """The fields to set; a field that is left out stays, '' or null clears it.

    `email_opt_out` true counts at once. Taking an opt-out back needs `opt_in_evidence`: how and
    when the person asked for it. `version`, when given, must be the one last read.
    """

    model_config = ConfigDict(extra="forbid")

    salutation: Line = ""
    first_name: Line = ""
    last_name: Line = ""
    email: Address = ""
    title: Line = ""
    company: Line = ""
    phone: Line = ""
    mobile_phone: Line = ""
    street: Lines = ""
    city: Line = ""
    state: Line = ""
    postal_code: Line = ""
    country: Line = ""
    birthdate: Day = ""
    custom: Annotated[dict[CustomName, CustomValue], Field(default_factory=dict, max_length=100)]
    email_opt_out: StrictBool | None = None
    opt_in_evidence: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=_LINES)
    ] = ""
    version: Annotated[int, Field(ge=0)] | None = None

    def wanted(self) -> ContactInput:
        """The same for the service: only what the request named."""
        named = self.model_fields_set & set(FIELD_NAMES)
        return ContactInput(
            values={name: getattr(self, name) for name in FIELD_NAMES if name in named},
            custom=self.custom,
            email_opt_out=self.email_opt_out,
            evidence=self.opt_in_evidence,
            version=self.version,
        )


class ContactAnswer(BaseModel):
    """A contact. Blank fields are ''. `mailable_reason` is a code, null when mailable."""

    id: str
    email: str
    salutation: str
    first_name: str
    last_name: str
    title: str
    company: str
    phone: str
    mobile_phone: str
    street: str
    city: str
    state: str
    postal_code: str
    country: str
    birthdate: str
    email_opt_out: bool
    custom: dict[str, str]
    group_ids: list[str]
    mailable: bool
    mailable_reason: str | None
    version: int
    created_at: datetime
    updated_at: datetime


class ContactList(BaseModel):
    """Contacts with their groups."""

    items: list[ContactAnswer]
    cursor: str | None


class TimelineEntry(BaseModel):
    """One thing that happened to a contact: who, what, when, old and new values, which run."""

    at: datetime
    kind: str
    actor: str
    run_id: str | None
    fields: list[dict[str, str]]
    detail: str


class Timeline(BaseModel):
    """What happened to a contact, newest first; only a null cursor ends the list."""

    items: list[TimelineEntry]
    cursor: str | None
