"""The CRM side in words no vendor owns: people, campaigns and their members."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from crmsync.domain.fields import Values


class PersonKind(StrEnum):
    """What kind of CRM record the person is."""

    CONTACT = "contact"
    PERSON_ACCOUNT = "person_account"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class Person:
    """A CRM contact, person account or lead as one read showed it.

    `id` is the member id (for a person account its contact id), always 18 characters.
    `opted_out` is None when the flag cannot be read. `hidden_fields` are fields this login cannot
    read: absent is not blank. `merged_into` and `converted_into` name the record that took over;
    `inherits_opt_out` is set when the record it took over from had opted out.
    """

    id: str
    kind: PersonKind
    values: Values
    opted_out: bool | None
    owner_id: str
    modified_at: datetime
    account_id: str | None = None
    external_id: str | None = None
    deleted: bool = False
    merged_into: str | None = None
    converted_into: str | None = None
    hidden_fields: frozenset[str] = frozenset()
    inherits_opt_out: bool = False

    def value(self, name: str) -> str:
        """The value of one field, '' when blank."""
        return self.values.get(name, "")


@dataclass(frozen=True, slots=True)
class Member:
    """One campaign membership row. Exactly one row per campaign and person is live.

    The times are known from a delta only.
    """

    id: str
    campaign_id: str
    person_id: str
    deleted: bool = False
    is_account: bool = False
    created_at: datetime | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A CRM campaign. `member_count` counts contacts and leads, also those the login cannot see."""

    id: str
    name: str
    active: bool
    member_count: int
    owner: str = ""
    start_date: date | None = None
    end_date: date | None = None
    status: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class OrgUser:
    """Who signed in to which org; `org_url` is its own host, checked against the allow-list."""

    org_id: str
    org_name: str
    org_url: str
    user_id: str
    user_name: str
