"""Items of the marketing table.

::

    pk                              sk            what                     indexes
    {t}#contacts#{shard}            {contact}     a contact                by_email, by_change
    {t}#group#{group}               .             a group                  -
    {t}#group#{group}               {contact}     a membership, also ended by_change, by_contact
    {t}#names                       {name}        the group of this name   -
    {t}#suppression#{address}       .             a suppression, also lifted
    {t}#suppression#{address}       {time}        a lift, with its evidence
    {t}#timeline#{contact}          {event key}   a timeline event         by_change

Nothing is ever deleted: an ended membership keeps when it ended, a released name has no group.
"""

from __future__ import annotations

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
)

from crmsync.adapters.dynamodb.rows import OptionalText, Row

ONLY = "."
"""The sort key of an item that is alone of its kind; it sorts before every id."""


class ContactRow(Row):
    """`search` is what a substring search looks at; `email_key` is absent without an address."""

    values = JSONAttribute()
    custom = JSONAttribute()
    edited_at = JSONAttribute()
    email_opt_out = BooleanAttribute()
    consent_unreadable = BooleanAttribute()
    version = NumberAttribute()
    created_at = UnicodeAttribute()
    email_key = OptionalText()
    search = OptionalText()
    change_shard = UnicodeAttribute()
    changed_at = UnicodeAttribute()


class GroupRow(Row):
    """`member_count` changes in the transactions that change memberships, and nowhere else."""

    name = UnicodeAttribute()
    member_count = NumberAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()


class NameRow(Row):
    """Whose name it is; without `group_id` the name is free."""

    group_id = OptionalText()


class MemberRow(Row):
    """A membership that is or was; `contact_key` is there while it is."""

    contact_key = OptionalText()
    change_shard = UnicodeAttribute()
    changed_at = UnicodeAttribute()


class SuppressionRow(Row):
    """`since` is absent once the suppression was lifted."""

    source = OptionalText()
    since = OptionalText()


class LiftRow(Row):
    """On whose word mailing was allowed again."""

    evidence = UnicodeAttribute()
    actor = UnicodeAttribute()


class EventRow(Row):
    """A timeline event; `changed_at` is when it happened, so by_change has them in order."""

    event = UnicodeAttribute()
    change_shard = UnicodeAttribute()
    changed_at = UnicodeAttribute()


class KeyRow(Row):
    """What a keys-only index gives back of any item."""

    email_key = OptionalText()
    contact_key = OptionalText()
    change_shard = OptionalText()
    changed_at = OptionalText()
