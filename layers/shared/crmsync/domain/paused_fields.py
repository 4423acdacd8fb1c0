"""Fields that pause because the CRM no longer gives them to a login, and resume when it does.

The CRM cannot tell apart a field that was removed, renamed or hidden: all three are gone. A paused
field keeps its base, and nothing of it travels. The other fields go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from crmsync.domain.connection import PausedField

CONSENT = "email_opt_out"
"""Consent pauses like a field: whoever cannot be asked is not mailed."""
NOT_VISIBLE = "field_not_visible"
RETYPED = "field_retyped"
_ASK = "Ask your CRM administrator to bring it back, or switch the field off."
REASONS = {
    NOT_VISIBLE: "The CRM does not show this field to the connected user: it was removed, renamed "
    f"or hidden. Nothing else is affected. {_ASK}",
    RETYPED: "The field has another type in the CRM now, so its values cannot be compared. "
    f"Nothing else is affected. {_ASK}",
}


def paused_fields(
    before: Sequence[PausedField], unreadable: Mapping[str, str], now: datetime
) -> tuple[PausedField, ...]:
    """The unreadable fields, with their codes; one that was paused before keeps its beginning."""
    since = {field.name: field.since for field in before}
    return tuple(
        PausedField(name, code, since.get(name, now)) for name, code in sorted(unreadable.items())
    )
