"""Records as they are sent: changed fields only, consent as true or not at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from crmsync.adapters.salesforce.composite import COLLECTION_SIZE, remove
from crmsync.adapters.salesforce.descriptors import DESCRIPTORS
from crmsync.adapters.salesforce.writes import Batch, Rendering, rendered
from crmsync.domain.person import Person, PersonKind
from crmsync.ports.crm import PersonWrite
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.adapters.salesforce.orgs import a_probe, a_shape

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BASE = "/services/data/v62.0"


def a_person(kind: PersonKind = PersonKind.CONTACT, number: int = 1) -> Person:
    prefix = "00Q" if kind is PersonKind.LEAD else "003"
    return Person(
        id=f"{prefix}5f{number:010d}AAA",
        kind=kind,
        values={},
        opted_out=False,
        owner_id="0055f0000000001AAA",
        modified_at=NOW,
        account_id=f"0015f{number:010d}AAA",
    )


def batches(writes: Sequence[PersonWrite], rendering: Rendering) -> list[Batch]:
    rows, _ = rendered(writes, rendering)
    return rendering.batches(rows)


def sent(writes: Sequence[PersonWrite], rendering: Rendering) -> list[dict[str, Any]]:
    return [dict(row.record) for batch in batches(writes, rendering) for row in batch.rows]


PLAIN = Rendering(a_probe())
PERSON_ACCOUNTS = Rendering(a_probe("practifi", a_shape("practifi", person_accounts=True)))
KINDS = list(PersonKind)


def test_an_update_names_its_record_and_holds_what_changed_and_nothing_else() -> None:
    write = PersonWrite("k1", {"title": "Potter", "city": ""}, person=a_person())

    assert sent([write], PLAIN) == [
        {
            "attributes": {"type": "Contact"},
            "Id": a_person().id,
            "MailingCity": None,
            "Title": "Potter",
        }
    ]


def test_a_new_contact_is_an_upsert_by_our_id_where_the_org_has_it() -> None:
    found = batches([PersonWrite("contact-1", {"last_name": "New"})], PLAIN)

    assert (found[0].verb, found[0].name) == ("upsert", "Contact")
    assert found[0].sub("s", BASE).path == f"{BASE}/composite/sobjects/Contact/CrmSync_Id__c"
    assert found[0].rows[0].record["CrmSync_Id__c"] == "contact-1"


def test_a_new_contact_is_a_plain_create_where_the_org_has_no_such_field() -> None:
    rendering = Rendering(a_probe(shape=a_shape(hidden=["CrmSync_Id__c"])))

    found = batches([PersonWrite("contact-1", {"last_name": "New"})], rendering)

    assert (found[0].verb, found[0].sub("s", BASE).method) == ("create", "POST")
    assert "CrmSync_Id__c" not in found[0].rows[0].record


def test_a_new_person_account_has_a_person_record_type_and_person_fields() -> None:
    write = PersonWrite("contact-1", {"last_name": "New", "email": "n@x.example"}, opt_out=True)

    assert sent([write], PERSON_ACCOUNTS) == [
        {
            "attributes": {"type": "Account"},
            "LastName": "New",
            "PersonEmail": "n@x.example",
            "PersonHasOptedOutOfEmail": True,
            "RecordTypeId": "0125f0000000001AAA",
            "CrmSync_Id__pc": "contact-1",
        }
    ]


def test_practifi_without_person_accounts_creates_contacts() -> None:
    found = batches([PersonWrite("k1", {"last_name": "New"})], Rendering(a_probe("practifi")))

    assert found[0].name == "Contact"


def test_plain_salesforce_creates_contacts_even_with_person_accounts() -> None:
    shape = a_shape(person_accounts=True)

    found = batches([PersonWrite("k1", {"last_name": "New"})], Rendering(a_probe(shape=shape)))

    assert found[0].name == "Contact"


def test_a_person_account_is_changed_by_its_account_and_never_by_its_contact() -> None:
    person = a_person(PersonKind.PERSON_ACCOUNT)

    record = sent([PersonWrite("k1", {"email": "n@x.example"}, person=person)], PERSON_ACCOUNTS)[0]

    assert record["attributes"] == {"type": "Account"}
    assert record["Id"] == person.account_id
    assert record["PersonEmail"] == "n@x.example"


def test_rows_go_in_collections_of_two_hundred_of_one_object() -> None:
    people = [a_person(KINDS[n % 3], n) for n in range(1_000)]
    writes = [PersonWrite(f"k{n}", {"city": "Leeds"}, person=p) for n, p in enumerate(people)]

    found = batches(writes, PERSON_ACCOUNTS)

    assert all(len(batch.rows) <= COLLECTION_SIZE for batch in found)
    assert {row.index for batch in found for row in batch.rows} == set(range(1_000))
    kinds = [{row.record["attributes"]["type"] for row in batch.rows} for batch in found]
    assert kinds == [{batch.name} for batch in found]
    assert len(found) == 6


def test_a_value_that_looks_like_a_reference_goes_by_itself() -> None:
    writes = [
        PersonWrite("k1", {"title": "@{a.b}"}, person=a_person(number=1)),
        PersonWrite("k2", {"title": "a@{b"}, person=a_person(number=2)),
        PersonWrite("k3", {"title": "a@b {c}"}, person=a_person(number=3)),
    ]

    found = {batch.alone: [row.index for row in batch.rows] for batch in batches(writes, PLAIN)}

    assert found == {True: [0, 1], False: [2]}


@pytest.mark.parametrize(
    "write",
    [
        PersonWrite("k", {"company": "Ltd"}, person=a_person()),
        PersonWrite("k", {"unheard_of": "x"}, person=a_person()),
        PersonWrite("k", {"title": "x", "city": "Leeds"}, person=a_person()),
        PersonWrite("k", {"city": "Leeds"}, opt_out=True, person=a_person()),
        PersonWrite("k", {"birthdate": "1970-01-01"}, person=a_person(PersonKind.LEAD)),
    ],
)
def test_what_may_not_be_written_refuses_the_whole_record(write: PersonWrite) -> None:
    """Half a record would look as if it had been written."""
    rendering = Rendering(a_probe(shape=a_shape(read_only=["Title", "HasOptedOutOfEmail"])))

    rows, errors = rendered([write], rendering)

    assert rows == []
    assert errors[0].code == "field_not_writable"
    assert "administrator" in errors[0].detail


def test_without_a_person_record_type_no_person_account_is_created() -> None:
    shape = a_shape("practifi", person_accounts=True)
    bare = Rendering(a_probe("practifi", type(shape)(**{**_fields(shape), "person_types": ()})))

    _, errors = rendered([PersonWrite("k1", {"last_name": "New"})], bare)

    assert errors[0].code == "no_person_record_type"


def _fields(shape: Any) -> dict[str, Any]:
    return {name: getattr(shape, name) for name in shape.__slots__}


FIELDS = sorted(set(DESCRIPTORS["salesforce"].lead.fields))
WRITES = st.builds(
    PersonWrite,
    contact_id=st.text(st.characters(codec="ascii"), min_size=1, max_size=8),
    values=st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=8), max_size=5),
    opt_out=st.booleans(),
    person=st.one_of(st.none(), st.sampled_from([a_person(kind) for kind in PersonKind])),
)


@given(st.lists(WRITES, max_size=8))
def test_no_record_ever_carries_consent_that_is_not_true(writes: list[PersonWrite]) -> None:
    records = sent(writes, PERSON_ACCOUNTS)

    flags = [value for record in records for name, value in record.items() if "OptedOut" in name]
    assert all(value is True for value in flags)
    assert len(flags) == sum(write.opt_out for write in writes)


@given(st.lists(WRITES, max_size=8))
def test_a_blank_is_sent_as_null_and_never_as_an_empty_text(writes: list[PersonWrite]) -> None:
    """Salesforce reads an empty text as no value at all for dates and picklists."""
    records = sent(writes, PERSON_ACCOUNTS)

    assert all(value != "" for record in records for value in record.values())
    assert json.dumps(records)


@pytest.mark.parametrize(
    "record_id", ["0035f0000000001AAA", "7015f0000000001AAA", "", "00V5f0000000001AAA"]
)
def test_only_ids_of_membership_rows_can_be_put_into_a_delete(record_id: str) -> None:
    with pytest.raises(ValueError, match="only membership rows"):
        remove("s", BASE, ["00v5f0000000001AAA", record_id])
