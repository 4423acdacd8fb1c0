from __future__ import annotations

from dataclasses import replace

import pytest
from crmsync.domain.base import Link
from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.contact import ContactEdit
from crmsync.domain.fields import FIELD_NAMES

from tests.fakes.numbered import Boundary
from tests.fakes.world import World
from tests.unit.functions.api.people import Answer, User

EVIDENCE = {"email_opt_out": False, "opt_in_evidence": "Asked on the phone, 2 March"}


def contact(user: User, **values: object) -> str:
    body = {"email": "Ann@firm.example", "last_name": "Ann", **values}
    return str(user.post("contacts", body).body["id"])


def kinds(user: User, contact_id: str) -> list[str]:
    return [e["kind"] for e in user.get(f"contacts/{contact_id}/timeline").body["items"]]


def test_a_new_contact_holds_every_field_of_the_contract(advisor: User) -> None:
    made = advisor.post("contacts", {"first_name": " Ann ", "custom": {"tier": "A"}})

    assert made.status == 201
    assert set(FIELD_NAMES) < made.body.keys()
    assert made.body["first_name"] == "Ann"
    assert made.body["custom"] == {"tier": "A"}
    assert (made.body["mailable"], made.body["mailable_reason"]) == (False, "no_email")
    assert made.body["created_at"] == "2026-03-02T09:00:00Z"


def test_a_contact_without_address_and_name_is_refused(advisor: User) -> None:
    assert advisor.post("contacts", {"city": "Boston"}).code == "nobody"


def test_a_patch_changes_the_named_fields_only_and_says_so_on_the_timeline(advisor: User) -> None:
    ann = contact(advisor, title="CFO", phone="1")

    patched = advisor.patch(f"contacts/{ann}", {"title": "CEO", "phone": None})

    assert (patched.body["title"], patched.body["phone"]) == ("CEO", "")
    assert patched.body["last_name"] == "Ann"
    newest = advisor.get(f"contacts/{ann}/timeline").body["items"][0]
    assert newest["actor"] == "advisor-u1"
    assert newest["fields"] == [
        {"name": "phone", "before": "1", "after": ""},
        {"name": "title", "before": "CFO", "after": "CEO"},
    ]


def test_a_patch_that_changes_nothing_writes_nothing(advisor: User, world: World) -> None:
    ann = contact(advisor)
    before = len(world.tenant().writes)

    assert advisor.patch(f"contacts/{ann}", {"last_name": "Ann"}).body["version"] == 1

    assert len(world.tenant().writes) == before
    assert kinds(advisor, ann) == ["created"]


def test_an_edit_survives_somebody_elses_edit_at_the_same_time(advisor: User, world: World) -> None:
    ann = contact(advisor)
    tenant = world.tenant()
    world.io.once("marketing.edit_contacts", lambda: tenant.user_edits(ann, city="Boston"))

    patched = advisor.patch(f"contacts/{ann}", {"title": "CEO"})

    assert (patched.body["title"], patched.body["city"]) == ("CEO", "Boston")


def test_a_contact_that_is_edited_again_and_again_is_a_409_and_not_a_hang(
    advisor: User, world: World
) -> None:
    ann = contact(advisor)

    def always(boundary: Boundary) -> None:
        if boundary.name == "marketing.edit_contacts":
            world.tenant().user_edits(ann, city=f"City {boundary.index}")

    world.io.every = always

    assert advisor.patch(f"contacts/{ann}", {"title": "CEO"}).code == "stale"


def test_a_stale_version_is_a_409(advisor: User) -> None:
    ann = contact(advisor)
    advisor.patch(f"contacts/{ann}", {"title": "CEO"})

    refused = advisor.patch(f"contacts/{ann}", {"title": "CFO", "version": 1})

    assert (refused.status, refused.code) == (409, "stale")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", "a@b@c"),
        ("birthdate", "1961-02-30"),
        ("last_name", "A\u0000B"),
        ("last_name", "A" * 256),
        ("last_name", 7),
        ("version", -1),
        ("email_optout", True),
        ("email_opt_out", "false"),
        ("email_opt_out", 1),
        ("custom", {"1st": "x"}),
        ("custom", {"a": 1}),
    ],
)
def test_a_value_that_cannot_be_kept_is_a_422_at_its_pointer(
    advisor: User, field: str, value: object
) -> None:
    ann = contact(advisor)

    refused = advisor.patch(f"contacts/{ann}", {field: value})

    assert refused.status == 422
    assert refused.pointers[0].startswith(f"/{field}")


def test_further_fields_that_would_not_fit_into_an_item_are_refused(advisor: User) -> None:
    half = {f"first_{n}": "\N{GRINNING FACE}" * 1000 for n in range(20)}
    other_half = {f"second_{n}": "\N{GRINNING FACE}" * 1000 for n in range(20)}
    ann = contact(advisor)

    together = advisor.post("contacts", {"last_name": "Bo", "custom": {**half, **other_half}})
    first = advisor.patch(f"contacts/{ann}", {"custom": half})
    second = advisor.patch(f"contacts/{ann}", {"custom": other_half})

    assert (together.status, together.code) == (422, "custom_too_large")
    assert first.status == 200
    assert (second.code, second.pointers) == ("custom_too_large", ["/custom"])
    assert advisor.patch(f"contacts/{ann}", {"title": "Partner"}).status == 200


def test_contacts_are_found_by_the_start_of_the_address_or_part_of_the_name(advisor: User) -> None:
    ann = contact(advisor)
    contact(advisor, email="bob@firm.example", last_name="Bob")

    assert [c["id"] for c in advisor.get("contacts?search=ann@").body["items"]] == [ann]
    assert len(advisor.get("contacts?search=firm").body["items"]) == 0
    assert len(advisor.get("contacts").body["items"]) == 2


# --- consent ------------------------------------------------------------------------------------


def opted_out(user: User, **values: object) -> str:
    ann = contact(user, **values)
    assert user.patch(f"contacts/{ann}", {"email_opt_out": True}).body["email_opt_out"] is True
    return ann


def test_an_opt_out_counts_at_once_for_everyone_with_that_address(advisor: User) -> None:
    other = contact(advisor, last_name="Same mailbox", email="ANN@firm.example")

    ann = opted_out(advisor)

    assert advisor.get(f"contacts/{ann}").body["mailable_reason"] == "opted_out"
    assert advisor.get(f"contacts/{other}").body["mailable_reason"] == "address_suppressed"


def test_a_contact_can_be_created_opted_out(advisor: User, world: World) -> None:
    contact(advisor, email_opt_out=True)

    assert set(world.tenant().suppressed) == {"ann@firm.example"}


def test_the_address_is_suppressed_before_the_flag_is_written(advisor: User, world: World) -> None:
    ann = contact(advisor)
    world.io.trace.clear()

    advisor.patch(f"contacts/{ann}", {"email_opt_out": True})

    calls = world.io.names()
    assert calls.index("marketing.suppress") < calls.index("marketing.edit_contacts")


def test_somebody_who_opted_out_stays_so_under_a_new_address(advisor: User, world: World) -> None:
    ann = opted_out(advisor)

    patched = advisor.patch(f"contacts/{ann}", {"email": "ann@new.example"})

    assert patched.body["mailable_reason"] == "opted_out"
    assert set(world.tenant().suppressed) == {"ann@firm.example", "ann@new.example"}


def test_an_opt_out_is_not_taken_back_without_evidence(advisor: User) -> None:
    ann = opted_out(advisor)

    refused = advisor.patch(f"contacts/{ann}", {"email_opt_out": False})

    assert (refused.status, refused.pointers) == (422, ["/opt_in_evidence"])
    assert advisor.get(f"contacts/{ann}").body["mailable"] is False


def test_blank_evidence_is_none(advisor: User) -> None:
    ann = opted_out(advisor)

    refused = advisor.patch(f"contacts/{ann}", {"email_opt_out": False, "opt_in_evidence": " "})

    assert refused.code == "evidence_required"


def test_with_evidence_the_person_can_be_mailed_again_and_it_is_on_record(
    advisor: User, world: World
) -> None:
    ann = opted_out(advisor)

    patched = advisor.patch(f"contacts/{ann}", EVIDENCE)

    assert patched.body["mailable"] is True
    assert world.tenant().lifted == [
        ("ann@firm.example", EVIDENCE["opt_in_evidence"], "advisor-u1")
    ]
    newest = advisor.get(f"contacts/{ann}/timeline").body["items"]
    assert [e["detail"] for e in newest if e["kind"] == "opted_in"] == [EVIDENCE["opt_in_evidence"]]


def test_false_without_an_opt_out_to_take_back_changes_nothing(advisor: User, world: World) -> None:
    ann = contact(advisor)

    assert advisor.patch(f"contacts/{ann}", {"email_opt_out": False}).body["version"] == 1
    assert world.tenant().lifted == []


def linked(world: World, connection: Connection, contact_id: str, *, opted_out: bool) -> str:
    """A CRM person linked with the contact, under another address."""
    person = world.org().add_person("u1", last_name="Ann", email="other@firm.example")
    if opted_out:
        world.org().opt_out(person.id)
    world.state_of(connection).put_links([Link(contact_id, person.id, opted_out=opted_out)])
    return person.id


def test_a_linked_record_that_reads_opted_out_blocks_the_opt_in(
    advisor: User, world: World, connection: Connection
) -> None:
    ann = opted_out(advisor)
    person = linked(world, connection, ann, opted_out=True)

    refused = advisor.patch(f"contacts/{ann}", EVIDENCE)
    world.org().user_clears_opt_out(person)
    allowed = advisor.patch(f"contacts/{ann}", EVIDENCE)

    assert (refused.status, refused.code) == (409, "opted_out_in_crm")
    assert allowed.body["mailable"] is True


def test_an_unlinked_record_of_that_address_blocks_the_opt_in_too(
    advisor: User, world: World, connection: Connection
) -> None:
    ann = opted_out(advisor)
    person = world.org().add_person("u1", last_name="Ann", email="ann@firm.example")
    world.org().opt_out(person.id)

    assert advisor.patch(f"contacts/{ann}", EVIDENCE).code == "opted_out_in_crm"
    assert connection.id in world.gateway.logins


def test_a_crm_that_cannot_be_asked_counts_as_it_last_answered(
    advisor: User, world: World, connection: Connection
) -> None:
    ann = opted_out(advisor)
    linked(world, connection, ann, opted_out=True)
    world.connections.put(replace(connection, status=ConnectionStatus.NEEDS_REAUTH))

    assert advisor.patch(f"contacts/{ann}", EVIDENCE).code == "opted_out_in_crm"


def test_an_opt_out_that_arrives_during_the_edit_is_not_overwritten(
    advisor: User, world: World
) -> None:
    ann = contact(advisor)
    tenant = world.tenant()

    def unsubscribe() -> None:
        tenant.edit_contacts([ContactEdit(ann, 1, email_opt_out=True)])

    world.io.once("marketing.edit_contacts", unsubscribe)

    patched: Answer = advisor.patch(f"contacts/{ann}", {"title": "CEO", "email_opt_out": False})

    assert patched.code == "evidence_required"
    assert tenant.by_id[ann].email_opt_out is True


def test_a_long_timeline_is_read_page_by_page(advisor: User, world: World) -> None:
    ann = advisor.post("contacts", {"first_name": "Ann"}).body["id"]
    for number in range(250):
        world.clock.advance(1)
        advisor.patch(f"contacts/{ann}", {"city": f"City {number}"})

    path = f"contacts/{ann}/timeline?limit=200"
    first = advisor.get(path).body
    second = advisor.get(f"{path}&cursor={first['cursor']}").body

    cities = [e["fields"][0]["after"] for e in first["items"] + second["items"] if e["fields"]]
    assert (len(first["items"]), second["cursor"]) == (200, None)
    assert cities[:250] == [f"City {number}" for number in reversed(range(250))]
    assert advisor.get(f"contacts/{ann}/timeline?cursor={second['cursor']}x").code == "bad_cursor"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"email": "not an address"}, "This is not in the form that is expected here."),
        ({"title": "x" * 256}, "At most 255 characters fit here."),
    ],
)
def test_what_is_wrong_with_a_value_is_said_without_a_pattern(
    advisor: User, values: dict[str, str], said: str
) -> None:
    refused = advisor.post("contacts", values)

    assert [error["detail"] for error in refused.body["errors"]] == [said]


def test_a_group_needs_a_name(advisor: User) -> None:
    refused = advisor.post("groups", {"name": ""})

    assert [error["detail"] for error in refused.body["errors"]] == ["This must not be empty."]
