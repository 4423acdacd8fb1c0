"""The marketing side: contacts, groups, memberships and suppressions, all of one tenant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from crmsync.domain.fields import FIELD_NAMES, Values


@dataclass(frozen=True, slots=True)
class Contact:
    """A marketing person. `values` holds every field of ``fields.FIELD_NAMES``; blank is ''.

    `edited_at` gives the time of the last edit of each field, for the rule `newest`.
    `consent_unreadable` is set when a linked CRM person's consent cannot be read.
    `version` grows by one with every change and guards concurrent edits.
    """

    id: str
    values: Values
    email_opt_out: bool
    version: int
    created_at: datetime
    updated_at: datetime
    custom: Mapping[str, str] = field(default_factory=dict)
    edited_at: Mapping[str, datetime] = field(default_factory=dict)
    consent_unreadable: bool = False

    def value(self, name: str) -> str:
        """The value of one field, '' when blank."""
        return self.values.get(name, "") or self.custom.get(name, "")


@dataclass(frozen=True, slots=True)
class ContactDraft:
    """What a new contact starts with; the creator chooses `id`, so a repeat is harmless."""

    id: str
    values: Values = field(default_factory=dict)
    email_opt_out: bool = False
    custom: Mapping[str, str] = field(default_factory=dict)
    consent_unreadable: bool = False

    def contact(self, at: datetime) -> Contact:
        """The contact this becomes; fields that were not given are blank."""
        return Contact(
            id=self.id,
            values={**dict.fromkeys(FIELD_NAMES, ""), **self.values},
            email_opt_out=self.email_opt_out,
            version=1,
            created_at=at,
            updated_at=at,
            custom=dict(self.custom),
            edited_at=dict.fromkeys((*self.values, *self.custom), at),
            consent_unreadable=self.consent_unreadable,
        )


@dataclass(frozen=True, slots=True)
class ContactEdit:
    """New values for some fields of one contact, valid only for `version`.

    `email_opt_out` None leaves consent alone; False needs evidence and only the API passes it.
    `consent_unreadable` None leaves the marker alone.
    """

    contact_id: str
    version: int
    values: Values = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)
    email_opt_out: bool | None = None
    consent_unreadable: bool | None = None

    def applied_to(self, contact: Contact, at: datetime) -> Contact:
        """The contact with these values, one version on; a value it has already is no edit."""
        wanted = {**self.values, **self.custom}
        changed = [name for name, value in wanted.items() if contact.value(name) != value]
        opt_out, unreadable = self.email_opt_out, self.consent_unreadable
        return replace(
            contact,
            values={**contact.values, **self.values},
            custom={**contact.custom, **self.custom},
            edited_at={**contact.edited_at, **dict.fromkeys(changed, at)},
            email_opt_out=contact.email_opt_out if opt_out is None else opt_out,
            consent_unreadable=contact.consent_unreadable if unreadable is None else unreadable,
            version=contact.version + 1,
            updated_at=at,
        )


@dataclass(frozen=True, slots=True)
class Group:
    """A marketing group; `name` is unique per tenant, case ignored."""

    id: str
    name: str
    member_count: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that must not be mailed, whoever holds it. `source` is `crm` or `marketing`."""

    address: str
    source: str
    since: datetime


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One thing that happened to a contact. `key` makes writing it twice harmless."""

    key: str
    at: datetime
    kind: str
    actor: str
    run_id: str | None = None
    fields: tuple[Mapping[str, str], ...] = ()
    detail: str = ""


def mailable(contact: Contact, *, suppressed: bool) -> tuple[bool, str | None]:
    """Whether the contact may be mailed, and the code of the reason when not."""
    if not contact.value("email"):
        return False, "no_email"
    if contact.email_opt_out:
        return False, "opted_out"
    if suppressed:
        return False, "address_suppressed"
    if contact.consent_unreadable:
        return False, "consent_unreadable"
    return True, None
