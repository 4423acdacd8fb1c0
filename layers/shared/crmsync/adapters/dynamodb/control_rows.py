"""Items of the control table.

::

    pk                            sk                    what                              by_due
    {t}#connections               connection#{id}       a connection
    {t}#connections               automation#{id}       its automation                    yes
    {t}#connections               keep_alive#{id}       when its token must be refreshed  yes
    {t}#run#{run}                 run                   a run                             yes
    {t}#run#{run}                 cancel                somebody asked to cancel it
    {t}#runs#{connection}         {created}#{run}       a run of the connection's list
    {t}#unfinished#{connection}   runs                  ids of runs that have not ended
    {t}#lease#{connection}        lease                 who works on it; never expires
    {t}#review#{review}           review                a question
    {t}#reviews#{connection}      {created}#{review}    a question of the list; expires
    {t}#notices#{user}            at#{created}#{id}     a notification
    {t}#notices#{user}            id#{id}               where that notification is
    {t}#notices#{user}            settings              what the user wants to be told
    {t}#rate#{what}#{who}         {until}               how often, until then; expires
    {t}#audit#{connection}        {at}#{id}             what somebody set up; never changed
    {t}#posts                     post#{run}.{webhook}  a webhook's message; expires      yes

`by_due` is sparse: only what waits for a time has `due_shard` and `due_at`.
"""

from __future__ import annotations

from pynamodb.attributes import (
    BooleanAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)

from crmsync.adapters.dynamodb.rows import OptionalText, Row


class DueRow(Row):
    """What the sweep looks at when its time has come; `claimed_by` is the last who took it."""

    due_shard = OptionalText()
    due_at = OptionalText()
    claimed_by = OptionalText()


class ConnectionRow(Row):
    """A connection as a document; `version` guards it."""

    document = UnicodeAttribute()
    version = NumberAttribute()


class AutomationRow(DueRow):
    """An automation as a document; due while it is scheduled."""

    document = UnicodeAttribute()
    version = NumberAttribute()


class PostRow(DueRow):
    """A message a webhook did not take; due until it is taken or given up."""

    run_id = UnicodeAttribute()
    webhook_id = UnicodeAttribute()
    tries = NumberAttribute()
    expires_at = NumberAttribute()


class RunRow(DueRow):
    """A run as a document; `used_by` is set apart from it, because that needs no lease."""

    document = UnicodeAttribute()
    version = NumberAttribute()
    ended = BooleanAttribute()
    used_by = OptionalText()


class MarkRow(Row):
    """An item whose keys say it all."""


class RunIdsRow(Row):
    """Ids of the connection's runs that have not ended."""

    run_ids = UnicodeSetAttribute(null=True)


class LeaseRow(Row):
    """`fence` only ever grows and outlives every holder, so the table's TTL must not touch it."""

    fence = NumberAttribute()
    run_id = OptionalText()
    holder = OptionalText()
    held_until = OptionalText()
    taken_over = BooleanAttribute(null=True)


class ReviewRow(Row):
    """A question as a document; `decision` once somebody decided."""

    document = UnicodeAttribute()
    decision = OptionalText()


class ReviewEntryRow(Row):
    """A question in the list of open ones; expires some time after the decision."""

    review_id = UnicodeAttribute()
    decided = BooleanAttribute(null=True)
    expires_at = NumberAttribute(null=True)


class NoticeRow(Row):
    """A notification as a document."""

    document = UnicodeAttribute()
    is_read = BooleanAttribute()


class NoticePlaceRow(Row):
    """Which item the notification of this id is; there is one per id."""

    place = UnicodeAttribute()


class NoticeSettingsRow(Row):
    """A user's settings as a document."""

    document = UnicodeAttribute()


class RateRow(Row):
    """A counter of one window; expires with it."""

    hits = NumberAttribute()
    expires_at = NumberAttribute()


class AuditRow(Row):
    """An entry of the audit log as a document."""

    entry = UnicodeAttribute()
