"""A contact as an item, and back."""

from __future__ import annotations

from crmsync.adapters.dynamodb.keys import joined, time_of, time_text
from crmsync.adapters.dynamodb.marketing_rows import ContactRow
from crmsync.adapters.dynamodb.rows import Keys
from crmsync.domain.contact import Contact
from crmsync.domain.fields import FIELD_NAMES, address_key


def row_of(contact: Contact, tenant_id: str, keys: Keys) -> ContactRow:
    """The item of a contact; its change shard is its partition, so both spread alike."""
    address = address_key(contact.value("email"))
    return ContactRow(
        *keys,
        values={name: value for name, value in contact.values.items() if value},
        custom=dict(contact.custom),
        edited_at={name: time_text(at) for name, at in contact.edited_at.items()},
        email_opt_out=contact.email_opt_out,
        consent_unreadable=contact.consent_unreadable,
        version=contact.version,
        created_at=time_text(contact.created_at),
        email_key=joined(tenant_id, address) if address else None,
        search=searched(contact) or None,
        change_shard=keys[0],
        changed_at=time_text(contact.updated_at),
    )


def contact_of(row: ContactRow) -> Contact:
    """The contact of an item."""
    return Contact(
        id=row.sk,
        values={**dict.fromkeys(FIELD_NAMES, ""), **row.values},
        email_opt_out=row.email_opt_out,
        version=int(row.version),
        created_at=time_of(row.created_at),
        updated_at=time_of(row.changed_at),
        custom=dict(row.custom),
        edited_at={name: time_of(at) for name, at in row.edited_at.items()},
        consent_unreadable=row.consent_unreadable,
    )


def searched(contact: Contact) -> str:
    """What a search for part of the name looks at; case does not count."""
    names = (contact.value("first_name"), contact.value("last_name"))
    return " ".join(names).casefold().strip()
