"""Salesforce records into persons, members and campaigns, and the columns that takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from crmsync.adapters.salesforce.describe import ObjectShape, OrgShape
from crmsync.adapters.salesforce.descriptors import Descriptor, ObjectMap
from crmsync.adapters.salesforce.errors import SchemaChanged
from crmsync.adapters.salesforce.soql import MEMBER_COLUMNS
from crmsync.domain.person import Campaign, Member, Person, PersonKind

Record = Mapping[str, Any]
_SYSTEM = ("Id", "OwnerId", "LastModifiedDate", "IsDeleted", "MasterRecordId")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class People:
    """Reads persons of one org: which columns to ask for, and what a record means."""

    descriptor: Descriptor
    shape: OrgShape

    def contact_columns(self, prefix: str = "") -> list[str]:
        """Columns of a contact; `prefix` reaches it from another object, as `Contact.`."""
        own = [*_SYSTEM, *_mapped(self.descriptor.contact, self.shape.contact)]
        if self.shape.contact.readable("AccountId"):
            own.append("AccountId")
            own += ["Account.Name"] if self.shape.account.readable("Name") else []
        if self.shape.contact.readable("IsPersonAccount"):
            own += ["IsPersonAccount", "Account.OwnerId"]
        return [prefix + column for column in own]

    def lead_columns(self, prefix: str = "") -> list[str]:
        """Columns of a lead; none where this login cannot read leads."""
        if not self.shape.lead.queryable:
            return []
        own = [*_SYSTEM, *_mapped(self.descriptor.lead, self.shape.lead)]
        company = self.descriptor.lead.company
        own += [company] if company and self.shape.lead.readable(company) else []
        return [prefix + column for column in (*own, "IsConverted", "ConvertedContactId")]

    def member_columns(self) -> list[str]:
        """Columns of a membership row alone."""
        extra = ["AccountId"] if self.shape.member.readable("AccountId") else []
        return [*MEMBER_COLUMNS, *extra]

    def member_columns_with_people(self) -> list[str]:
        """Columns of a membership row and of whoever it names."""
        people = [*self.contact_columns("Contact."), *self.lead_columns("Lead.")]
        return [*self.member_columns(), *people]

    def contact(self, record: Record) -> Person:
        """A contact, or the person account it belongs to."""
        account = record.get("Account") or {}
        of_account = bool(record.get("IsPersonAccount"))
        own = self.descriptor.contact
        values = _values(record, own, self.shape.contact)
        hidden = self._hidden(own, self.shape.contact)
        if of_account or not self.shape.account.readable("Name"):
            hidden |= {"company"}
        else:
            values["company"] = _text(account.get("Name"))
        return Person(
            id=record["Id"],
            kind=PersonKind.PERSON_ACCOUNT if of_account else PersonKind.CONTACT,
            values=values,
            opted_out=_consent(record, own, self.shape.contact),
            owner_id=(of_account and account.get("OwnerId")) or record.get("OwnerId") or "",
            modified_at=moment(record.get("LastModifiedDate")) or _EPOCH,
            account_id=record.get("AccountId"),
            external_id=record.get(own.external_id) or None,
            deleted=bool(record.get("IsDeleted")),
            merged_into=record.get("MasterRecordId") or None,
            hidden_fields=frozenset(hidden),
        )

    def lead(self, record: Record) -> Person:
        """A lead; one that was converted names the contact it became."""
        own = self.descriptor.lead
        values = _values(record, own, self.shape.lead)
        hidden = self._hidden(own, self.shape.lead)
        if own.company and self.shape.lead.readable(own.company):
            values["company"] = _text(record.get(own.company))
        else:
            hidden |= {"company"}
        converted = record.get("ConvertedContactId") if record.get("IsConverted") else None
        return Person(
            id=record["Id"],
            kind=PersonKind.LEAD,
            values=values,
            opted_out=_consent(record, own, self.shape.lead),
            owner_id=record.get("OwnerId") or "",
            modified_at=moment(record.get("LastModifiedDate")) or _EPOCH,
            external_id=record.get(own.external_id) or None,
            deleted=bool(record.get("IsDeleted")),
            merged_into=record.get("MasterRecordId") or None,
            converted_into=converted or None,
            hidden_fields=frozenset(hidden),
        )

    def _hidden(self, own: ObjectMap, shape: ObjectShape) -> set[str]:
        """Our fields that this kind of record does not have or does not show to this login."""
        readable = {name for name, column in own.fields.items() if shape.holds_text(column)}
        return set(self.descriptor.contact.fields) - readable

    def of_member(self, record: Record) -> Person | None:
        """The person nested in a membership row; None when the login cannot see them."""
        contact, lead = record.get("Contact"), record.get("Lead")
        if record.get("ContactId"):
            return self.contact(contact) if contact and contact.get("Id") else None
        if record.get("LeadId"):
            return self.lead(lead) if lead and lead.get("Id") else None
        return None


def nested(people: People, rows: Iterable[Record]) -> dict[str, Person]:
    """The people of membership rows, by id."""
    found = (people.of_member(row) for row in rows)
    return {person.id: person for person in found if person is not None}


def member(record: Record) -> Member:
    """A membership row. A converted lead's row names its contact, which is who counts."""
    person_id = record.get("ContactId") or record.get("LeadId")
    return Member(
        id=record["Id"],
        campaign_id=record["CampaignId"],
        person_id=person_id or record.get("AccountId") or "",
        deleted=bool(record.get("IsDeleted")),
        is_account=person_id is None,
        created_at=moment(record.get("CreatedDate")),
        modified_at=moment(record.get("SystemModstamp")),
    )


def campaign(record: Record) -> Campaign:
    """A campaign."""
    owner = record.get("Owner") or {}
    return Campaign(
        id=record["Id"],
        name=_text(record.get("Name")),
        active=bool(record.get("IsActive")),
        member_count=(record.get("NumberOfContacts") or 0) + (record.get("NumberOfLeads") or 0),
        owner=_text(owner.get("Name")),
        start_date=_day(record.get("StartDate")),
        end_date=_day(record.get("EndDate")),
        status=_text(record.get("Status")),
        deleted=bool(record.get("IsDeleted")),
    )


def moment(text: str | None) -> datetime | None:
    """Salesforce's `2013-05-07T22:07:19.000+0000`, aware, UTC."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _mapped(own: ObjectMap, shape: ObjectShape) -> list[str]:
    texts = [column for column in own.fields.values() if shape.holds_text(column)]
    consent = [own.consent] if shape.holds_flag(own.consent) else []
    return [*texts, *consent, *([own.external_id] if shape.readable(own.external_id) else [])]


def _values(record: Record, own: ObjectMap, shape: ObjectShape) -> dict[str, str]:
    texts = {name: column for name, column in own.fields.items() if shape.holds_text(column)}
    return {name: _text(record[column]) for name, column in texts.items() if column in record}


def _consent(record: Record, own: ObjectMap, shape: ObjectShape) -> bool | None:
    if not shape.holds_flag(own.consent):
        return None
    flag = record.get(own.consent)
    if flag is None or isinstance(flag, bool):
        return bool(flag)
    raise SchemaChanged("schema_changed", "The opt-out field of your CRM is no checkbox any more.")


def _text(value: object) -> str:
    """The value of a text field; one of another type means that describe is out of date."""
    if value is None or isinstance(value, str):
        return value or ""
    raise SchemaChanged("schema_changed", "A field of your CRM holds something else than text now.")
