"""Fields the CRM no longer gives: each with its reason, and since when."""

from __future__ import annotations

from datetime import timedelta

from crmsync.domain.connection import PausedField
from crmsync.domain.paused_fields import NOT_VISIBLE, RETYPED, paused_fields

from tests.fakes.clock import START

LATER = START + timedelta(days=1)


def test_a_field_that_is_gone_still_is_paused_since_it_went() -> None:
    before = (PausedField("city", RETYPED, START), PausedField("title", NOT_VISIBLE, START))

    found = paused_fields(before, {"phone": RETYPED, "city": NOT_VISIBLE}, LATER)

    assert found == (
        PausedField("city", NOT_VISIBLE, START),
        PausedField("phone", RETYPED, LATER),
    )
