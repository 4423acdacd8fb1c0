"""What the rows about consent say, asked of the code."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from crmsync.domain.base import Link
from crmsync.domain.change import Action
from crmsync.domain.connection import Connection, ConnectionStatus
from crmsync.domain.consent import merge_consent
from crmsync.domain.contact import Contact, mailable
from crmsync.domain.decide import decide
from crmsync.domain.errors import RequestError
from crmsync.domain.mapping import Direction
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Observation, Policy
from crmsync.domain.person import Person
from crmsync.services.opt_in import OptIn

from tests.fakes.builders import a_contact, a_draft, a_person
from tests.fakes.world import World
from tests.properties.pairs import Pair
from tests.unit.docs.field_rows import DIRECTIONS, YES
from tests.unit.docs.stage import ADA, ME, Stage
from tests.unit.docs.tables import Row

CONTACTS = {"none": None, "in": False, "out": True}
PEOPLE = dict.fromkeys(("none", "in", "out", "hidden", "heir"))
_FACTS = ("has an address", "opted out", "address suppressed", "consent hidden")
BECOMES = {"as it is": False, "out": True}


def check_consent(row: Row) -> None:
    """One row of the consent table, for every case it stands for."""
    people, directions = row.choices("CRM record", PEOPLE), row.choices("direction", DIRECTIONS)
    for here, there, direction in product(row.choices("contact", CONTACTS), people, directions):
        contact = None if here == "none" else a_contact(email_opt_out=here == "out")
        person = None if there == "none" else _person(there)
        merged = merge_consent(contact, person, DIRECTIONS[direction])

        assert bool(merged.suppress) is row.one("address suppressed", YES)
        assert merged.to_left is row.one("contact becomes", BECOMES)
        assert merged.to_right is row.one("CRM record becomes", BECOMES)
        assert merged.unreadable is not row.one("consent known", YES)


def _person(consent: str) -> Person:
    flags = {"in": False, "out": True, "hidden": None, "heir": False}
    person = a_person(opted_out=flags[consent], email="c1@example.com")
    return replace(person, inherits_opt_out=consent == "heir")


def check_addresses(row: Row) -> None:
    """Which addresses are suppressed when one of a linked pair opted out."""
    out = row["who opted out"]
    assert out in {"nobody", "the contact", "the CRM record"}, f"{row}: {out!r}"
    contact = a_contact(email_opt_out=out == "the contact", email=_address(row, "contact's"))
    person = a_person(opted_out=out == "the CRM record", email=_address(row, "CRM record's"))

    merged = merge_consent(contact, person, Direction.BOTH)
    expected = row["suppressed"]
    assert merged.suppress == (() if expected == "none" else tuple(expected.split(", ")))


def _address(row: Row, whose: str) -> str:
    cell = row[f"{whose} address"]
    return "" if cell == "none" else cell


def check_mailable(row: Row) -> None:
    """Whether a contact may be mailed, and why not."""
    for address, out, suppressed, hidden in product(*(row.choices(name, YES) for name in _FACTS)):
        contact = a_contact(email_opt_out=YES[out], **({} if YES[address] else {"email": ""}))
        contact = replace(contact, consent_unreadable=YES[hidden])
        reason = row["reason"]

        answer = mailable(contact, suppressed=YES[suppressed])
        assert answer == (row.one("may be mailed", YES), None if reason == "none" else reason)


def check_flag(row: Row) -> None:
    """What is sent about consent when a record is created or its contact opted out."""
    writable = row.one("flag can be written", YES)
    policy = Policy("m1", Direction.BOTH, consent_writable=bool(writable))
    kind = row["record"]
    change = decide(_OBSERVED[kind](row), policy).change
    sent = any(step.opt_out for step in change.steps)

    assert {step.action for step in change.steps if step.opt_out} <= {Action.CREATE, Action.UPDATE}
    assert sent is row.one("opt-out sent", YES)


def _new_contact(row: Row) -> Observation:
    return Observation(person=_person(row["consent on the other side"]), seen=Seen.IN)


def _new_person(row: Row) -> Observation:
    contact = a_contact(email_opt_out=row["consent on the other side"] == "out")
    return Observation(contact=contact, member_left=True, seen=Seen.OUT)


def _linked_person(row: Row) -> Observation:
    contact, person = a_contact(email_opt_out=True), _person(row["consent on the other side"])
    return Pair.of(contact, person, Link(contact.id, person.id, version=1)).observed()


def _linked_contact(row: Row) -> Observation:
    contact, person = a_contact(), _person(row["consent on the other side"])
    return Pair.of(contact, person, Link(contact.id, person.id, version=1)).observed()


def check_differing(row: Row) -> None:
    """What one of two connections makes of a consent that only one of them can read."""
    consents = {"reads it": False, "cannot read it": None, "has it in scope no longer": False}
    for marked in row.choices("contact marked", YES):
        contact = replace(a_contact(), consent_unreadable=YES[marked])
        person = a_person(opted_out=row.one("this connection", consents))
        link = Link(contact.id, person.id, consent_read=_noted(row["noted"]), version=1)
        seen = Pair.of(contact, person, link).observed()
        left = row["this connection"] == "has it in scope no longer"

        policy = Policy("m1", Direction.BOTH, connection_id="this")
        decision = decide(replace(seen, in_scope=not left), policy)

        assert decision.link is not None
        assert decision.link.consent_read == _noted(row["noted then"])
        after = {**YES, "as before": YES[marked]}
        assert decision.consent_unreadable is row.one("contact marked then", after)


def _noted(cell: str) -> dict[str, bool]:
    words = [part.split() for part in cell.split(", ") if part != "nothing"]
    return {connection: {"reads": True, "cannot": False}[word] for connection, word in words}


def check_created(row: Row) -> None:
    """Whether a contact that a sync creates may be mailed from its first moment on."""
    stage = Stage()
    consent = row["consent in the CRM"]
    assert consent in {"in", "out", "hidden"}, f"{row}: {consent!r}"
    stage.org.logins[ME].consent_readable = consent != "hidden"
    ada = stage.org.add_person(ME, opted_out=consent == "out", **ADA)
    stage.org.join(stage.campaign.id, ada.id)
    if row.one("address suppressed before", YES):
        stage.tenant.suppress([ADA["email"]], "marketing")
    stage.sync()

    contact = stage.contact_of(ada.id)
    assert contact is not None
    may, reason = mailable(contact, suppressed=ADA["email"] in stage.tenant.suppressed)
    assert (may, reason or "none") == (row.one("may be mailed", YES), row["reason"])


def check_opt_in(row: Row) -> None:
    """Whether an opt-out may be taken back by hand."""
    world, contact = World(), a_contact()
    connection = _connected(world, row)
    world.tenant().create_contacts([a_draft(contact.id)])
    _crm_records(world, row, contact, connection)
    asked = OptIn(
        tenant_id="t1",
        marketing=world.tenant(),
        connections=world.connections,
        state_of=world.state_of,
        crm_of=world.crm,
    )

    evidence = "asked by phone on Monday" if row.one("evidence", YES) else ""
    assert _answer(asked, contact, evidence) == row["answer"]


def _answer(asked: OptIn, contact: Contact, evidence: str) -> str:
    try:
        asked.require(contact, contact.value("email"), evidence)
    except RequestError as error:
        return error.code
    return "allowed"


def _connected(world: World, row: Row) -> Connection:
    usable = row.one("the CRM can be asked", YES)
    status = ConnectionStatus.CONNECTED if usable else ConnectionStatus.NEEDS_REAUTH
    return world.connect(status=status)


def _crm_records(world: World, row: Row, contact: Contact, connection: Connection) -> None:
    """The linked person and another one with the same address, each as the row has it."""
    address, org, states = contact.value("email"), world.org(), {"in", "out", "hidden", "none"}
    linked, other = row["linked record"], row["another with the address"]
    assert {linked, other} <= states, f"{row}: a record is one of {sorted(states)}"
    if linked != "none":
        out = linked in {"out", "hidden"}
        person = org.add_person("u1", opted_out=out, last_name="A", email=address)
        world.state_of(connection).put_links([Link(contact.id, person.id, opted_out=out)])
        if linked == "hidden":
            org.hide(person.id, "u1")
    if other != "none":
        org.add_person("u1", opted_out=other == "out", last_name="B", email=address)


_OBSERVED = {
    "new contact": _new_contact,
    "new CRM record": _new_person,
    "linked CRM record": _linked_person,
    "linked contact": _linked_contact,
}
CHECKS = {
    "What a sync does about consent": check_consent,
    "Whose addresses are suppressed": check_addresses,
    "Who may be mailed": check_mailable,
    "What is sent about consent": check_flag,
    "Connections that differ": check_differing,
    "Contacts a sync creates": check_created,
    "Taking an opt-out back": check_opt_in,
}
DOMAINS = {
    "What a sync does about consent": {
        "contact": list(CONTACTS),
        "CRM record": list(PEOPLE),
        "direction": list(DIRECTIONS),
    },
    "Who may be mailed": {name: list(YES) for name in _FACTS},
}
