"""Items of the sync table.

::

    pk                                      sk             what
    {t}#link#{org}#{contact}                link           a link with its base
    {t}#person#{org}#{person}               link           which contact the person is linked to
    {t}#claim#{org}#{contact}               claim          the right to create a person
    {t}#decisions#{connection}#{id}         decisions      what people decided about a record
    {t}#mapping#{conn}#{campaign}#{group}   memory         what the mapping knew when it settled
    {t}#bases#{conn}#{campaign}#{group}     {contact}      the base of a membership
    {t}#pending#{conn}#{campaign}#{group}   contact#{id}   a contact to look at again
    {t}#pending#{conn}#{campaign}#{group}   person#{id}    a person to look at again
"""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from crmsync.adapters.dynamodb.rows import Row


class LinkRow(Row):
    """A link as a document; `person_id` and `version` guard it."""

    document = UnicodeAttribute()
    person_id = UnicodeAttribute()
    version = NumberAttribute()


class PersonRow(Row):
    """The contact a person is linked to; there is one item per linked person."""

    contact_id = UnicodeAttribute()


class ClaimRow(Row):
    """A claim as a document; `holder` guards it until it lapses."""

    document = UnicodeAttribute()
    holder = UnicodeAttribute()
    claimed_at = UnicodeAttribute()


class DocumentRow(Row):
    """A memory, a base or decisions, as a document."""

    document = UnicodeAttribute()


class PendingRow(Row):
    """An item whose sort key says it all."""
