"""adapters/salesforce/notes: whom they serve, for how long, and what they leave out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from crmsync.adapters.salesforce import notes
from crmsync.adapters.salesforce.describe import OrgShape

from tests.unit.adapters.salesforce.orgs import a_shape, descriptor_of

OURS = descriptor_of("salesforce")
HOUR = 3600.0
READ_AT = 1_000.0


def noted(shape: OrgShape) -> str:
    return notes.written("me", replace(shape, read_at=READ_AT), OURS)


def test_they_hold_what_sync_has_a_use_for_and_nothing_more() -> None:
    shape = a_shape(further=["Secret_Note__c"])

    found = notes.read(noted(shape), "me", OURS, READ_AT)

    assert found == replace(a_shape(), read_at=READ_AT)
    assert "Secret_Note__c" not in noted(shape)


def test_they_are_of_no_use_to_another_login() -> None:
    assert notes.read(noted(a_shape()), "you", OURS, READ_AT) is None


@pytest.mark.parametrize("text", ["", "{}", "no json", '{"key": "me", "shape": 7}'])
def test_what_cannot_be_read_is_left_alone(text: str) -> None:
    assert notes.read(text, "me", OURS, READ_AT) is None


def test_they_serve_for_a_day() -> None:
    text = noted(a_shape())

    assert notes.read(text, "me", OURS, READ_AT + 23 * HOUR) is not None
    assert notes.read(text, "me", OURS, READ_AT + 25 * HOUR) is None


@pytest.mark.parametrize("missing", ["Title", "HasOptedOutOfEmail", "Email"])
def test_while_a_field_is_missing_they_serve_for_an_hour(missing: str) -> None:
    text = noted(a_shape(hidden=[missing]))

    assert notes.read(text, "me", OURS, READ_AT + 0.9 * HOUR) is not None
    assert notes.read(text, "me", OURS, READ_AT + 1.1 * HOUR) is None


def test_an_org_without_our_id_field_is_not_asked_every_hour() -> None:
    text = noted(a_shape(hidden=["CrmSync_Id__c"]))

    assert notes.read(text, "me", OURS, READ_AT + 20 * HOUR) is not None
