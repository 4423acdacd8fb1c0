"""What describe documents say about an org, reduced to what we use. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from crmsync.adapters.salesforce.descriptors import Descriptor, ObjectMap
from crmsync.adapters.salesforce.soql import CAMPAIGN_EXTRAS

_ATTRIBUTES = {
    "Contact": "contact",
    "Lead": "lead",
    "Account": "account",
    "Campaign": "campaign",
    "CampaignMember": "member",
}
OBJECTS = tuple(_ATTRIBUTES)
LONGEST_TEXT = 1000
"""Characters of a value that a contact can hold in a field of its own."""
_TEXT_TYPES = frozenset({"string", "textarea", "picklist", "email", "phone", "url", "date"})
_EXTRA = {
    "Contact": {"IsPersonAccount", "AccountId", "OwnerId", "MasterRecordId", "IsDeleted"},
    "Lead": {"MasterRecordId", "IsDeleted", "OwnerId", "ConvertedContactId"},
    "Account": {"IsPersonAccount", "RecordTypeId", "PersonContactId", "Name", "OwnerId"},
    "Campaign": {"Name", "IsActive", *CAMPAIGN_EXTRAS},
    "CampaignMember": {"CampaignId", "ContactId", "LeadId", "AccountId", "LeadOrContactId"},
}


@dataclass(frozen=True, slots=True)
class FieldShape:
    """What this login may do with one field that it can see.

    `is_text` says that its values are short enough text, the same to read and to write; `is_flag`
    that they are true or false.
    """

    createable: bool
    updateable: bool
    filterable: bool
    is_text: bool = False
    is_flag: bool = False

    @property
    def writable(self) -> bool:
        """Whether it can be set when creating and changed later."""
        return self.createable and self.updateable


@dataclass(frozen=True, slots=True)
class ObjectShape:
    """What this login may do with one object. An object it cannot see has no fields."""

    queryable: bool = False
    createable: bool = False
    updateable: bool = False
    fields: Mapping[str, FieldShape] = field(default_factory=dict)
    record_types: tuple[str, ...] = ()

    def readable(self, name: str) -> bool:
        """Whether the field can be read."""
        return self.queryable and name in self.fields

    def writable(self, name: str) -> bool:
        """Whether the field can be set and changed."""
        return name in self.fields and self.fields[name].writable

    def holds_text(self, name: str) -> bool:
        """Whether the field can be read as text; one that was given another type cannot."""
        return self.readable(name) and self.fields[name].is_text

    def retyped(self, name: str) -> bool:
        """Whether the field is there, but what it holds is no text."""
        return self.readable(name) and not self.fields[name].is_text

    def holds_flag(self, name: str) -> bool:
        """Whether the field can be read as true or false."""
        return self.readable(name) and self.fields[name].is_flag


@dataclass(frozen=True, slots=True)
class OrgShape:
    """The org as this login sees it.

    `person_types` are the record types a person account can be created with. `marketing_user` is
    None where the user's licence could not be read. `read_at` is in seconds of the epoch, by our
    clock, and `as_of` the same moment by the org's.
    """

    contact: ObjectShape = ObjectShape()
    lead: ObjectShape = ObjectShape()
    account: ObjectShape = ObjectShape()
    campaign: ObjectShape = ObjectShape()
    member: ObjectShape = ObjectShape()
    person_types: tuple[str, ...] = ()
    marketing_user: bool | None = None
    read_at: float = 0.0
    as_of: datetime | None = None

    @property
    def person_accounts(self) -> bool:
        """Whether person accounts are switched on."""
        return self.account.readable("IsPersonAccount")

    def has_external_id(self, descriptor: Descriptor) -> bool:
        """Whether contacts carry our id."""
        return self.contact.writable(descriptor.contact.external_id)


def object_shape(document: object, names: Iterable[str]) -> ObjectShape:
    """One describe document, keeping the named fields and those that hold short text."""
    if not isinstance(document, Mapping):
        return ObjectShape()
    wanted = set(names)
    fields = {
        each["name"]: FieldShape(
            createable=each["createable"],
            updateable=each["updateable"],
            filterable=each.get("filterable", True),
            is_text=_is_text(each),
            is_flag=each["type"] == "boolean",
        )
        for each in document.get("fields", ())
        if each["name"] in wanted or _is_text(each)
    }
    return ObjectShape(
        queryable=bool(document.get("queryable")),
        createable=bool(document.get("createable")),
        updateable=bool(document.get("updateable")),
        fields=fields,
        record_types=_usable_types(document.get("recordTypeInfos") or ()),
    )


def _is_text(document: Mapping[str, Any]) -> bool:
    return document["type"] in _TEXT_TYPES and document.get("length", 0) <= LONGEST_TEXT


def org_shape(
    descriptor: Descriptor,
    documents: Mapping[str, Any],
    *,
    person_types: Sequence[str],
    marketing_user: bool | None,
) -> OrgShape:
    """All objects of the platform; one missing from `documents` cannot be seen."""
    shapes: dict[str, Any] = {
        attribute: object_shape(documents.get(name), _names(descriptor, name))
        for name, attribute in _ATTRIBUTES.items()
    }
    usable = tuple(sorted(set(person_types) & set(shapes["account"].record_types)))
    return OrgShape(**shapes, person_types=usable, marketing_user=marketing_user)


def reduced(shape: OrgShape, descriptor: Descriptor) -> OrgShape:
    """The shape without the fields that the descriptor has no use for."""
    found: dict[str, Any] = {
        attribute: _only(getattr(shape, attribute), _names(descriptor, name))
        for name, attribute in _ATTRIBUTES.items()
    }
    return replace(shape, **found)


def drifted(shape: OrgShape, descriptor: Descriptor, name: str, document: object) -> bool:
    """Whether an object looks different now, as far as the descriptor has a use for it."""
    names = _names(descriptor, name)
    known: ObjectShape = getattr(shape, _ATTRIBUTES[name])
    return _only(object_shape(document, names), names) != _only(known, names)


def _only(shape: ObjectShape, names: set[str]) -> ObjectShape:
    return replace(shape, fields={n: f for n, f in shape.fields.items() if n in names})


def _names(descriptor: Descriptor, name: str) -> set[str]:
    maps: dict[str, ObjectMap] = {
        "Contact": descriptor.contact,
        "Lead": descriptor.lead,
        "Account": descriptor.account,
    }
    if name not in maps:
        return _EXTRA[name]
    own = maps[name]
    company = {own.company} if own.company and "." not in own.company else set()
    return {*own.fields.values(), own.consent, own.external_id, *company, *_EXTRA[name]}


def _usable_types(infos: Iterable[Any]) -> tuple[str, ...]:
    return tuple(
        str(info["recordTypeId"])
        for info in infos
        if isinstance(info, Mapping) and info.get("available") and info.get("active", True)
    )
