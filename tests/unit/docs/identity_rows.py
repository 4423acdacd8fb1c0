"""What the rows about who is who say, asked of the code."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from crmsync.domain.contact import Contact
from crmsync.domain.identity import Decisions, Match, Verdict, match_contact, match_person
from crmsync.domain.person import Person, PersonKind

from tests.fakes.builders import a_contact, a_person
from tests.unit.docs.stage import ADA, ME, Stage
from tests.unit.docs.tables import Row

HOME = {"email": "home@x.example", "last_name": "Byron"}
WHO = re.compile(r"(?:(?P<id>[cp]\d) )?(?P<name>[A-Z][a-z]+)(?: \((?P<note>[^)]+)\))?")
NOTES = {"other spelling", "no address", "other address"}


def check_match(row: Row) -> None:
    """Who an unlinked record is, told by the records of its address."""
    subject, candidates, rivals = (row[name] for name in ("unlinked", "on the other side", "also"))
    decided, found = _decisions(row["decided before"]), _match(row["verdict"])
    if subject.startswith("p"):
        contacts = [_contact(each) for each in _listed(candidates)]
        people = [_person(each) for each in _listed(rivals)]
        assert match_contact(_person(subject), contacts, people, decided) == found
    else:
        people = [_person(each) for each in _listed(candidates)]
        contacts = [_contact(each) for each in _listed(rivals)]
        assert match_person(_contact(subject), people, contacts, decided) == found


def _listed(cell: str) -> list[str]:
    return [] if cell == "nobody" else cell.split(", ")


def _read(text: str) -> tuple[str, str, str]:
    found = WHO.fullmatch(text)
    assert found, f"{text!r} names nobody; write for example 'c1 Ada' or 'p1 Ada (is c1)'"
    note = found["note"] or ""
    assert note in NOTES | {""} or re.fullmatch(r"is c\d", note), f"{text!r}: {note!r}"
    return found["id"] or "", found["name"], note


def _values(name: str, note: str) -> dict[str, str]:
    values = {**HOME, "first_name": name}
    changes = {
        "other spelling": {"email": " HOME@X.example", "first_name": f" {name.lower()}"},
        "no address": {"email": ""},
        "other address": {"email": "work@x.example"},
    }
    return {**values, **changes.get(note, {})}


def _person(text: str) -> Person:
    person_id, name, note = _read(text)
    person = a_person(person_id, **_values(name, note))
    return replace(person, external_id=note[3:] if note.startswith("is ") else None)


def _contact(text: str) -> Contact:
    contact_id, name, note = _read(text)
    return a_contact(contact_id, **_values(name, note))


def _decisions(cell: str) -> Decisions:
    if cell == "nothing":
        return Decisions()
    word, _, other = cell.partition(" ")
    assert word in {"same", "different", "create", "skip"}, f"{cell!r} is no decision"
    if word in {"create", "skip"}:
        return Decisions(create=word == "create", skip=word == "skip")
    ids = frozenset({other})
    return Decisions(same=ids) if word == "same" else Decisions(different=ids)


def _match(cell: str) -> Match:
    word, *ids = cell.split(" ")
    match word:
        case "match":
            return Match(Verdict.MATCH, *ids)
        case "review":
            return Match(Verdict.REVIEW, candidates=tuple(ids))
        case "new" | "no_email" | "skip":
            return Match(Verdict(word))
    msg = f"{cell!r} is no verdict"
    raise AssertionError(msg)


def check_successor(row: Row) -> None:
    """What happens to a linked person, a sync, and whom the contact is linked to then."""
    before, happens = EVENTS[row["what happened"]]
    stage = Stage()
    ada = before(stage)
    contact = stage.contact_of(ada.id)
    assert contact is not None
    heir = happens(stage, ada)
    people, contacts = len(stage.org.people), len(stage.tenant.by_id)
    stage.sync()

    assert len(stage.org.people) == people
    assert len(stage.tenant.by_id) == contacts
    who = {"the other one" if heir != ada.id else "the same person": heir}
    linked = stage.contact_of(str(row.one("linked to", who)))
    assert linked is not None
    assert linked.id == contact.id
    assert row["created"] == "nothing"


def _email_changes_there(stage: Stage, ada: Person) -> str:
    stage.org.edit(ada.id, email="ada.new@x.example")
    return ada.id


def _email_changes_here(stage: Stage, ada: Person) -> str:
    contact = stage.contact_of(ada.id)
    assert contact is not None
    stage.tenant.user_edits(contact.id, email="ada.new@x.example")
    return ada.id


def _name_changes(stage: Stage, ada: Person) -> str:
    stage.org.edit(ada.id, last_name="Lovelace")
    return ada.id


def _is_merged(stage: Stage, ada: Person) -> str:
    twin = stage.org.add_person(ME, **{**ADA, "first_name": "A."})
    stage.org.merge(twin.id, ada.id)
    return twin.id


def _takes_over(stage: Stage, ada: Person) -> str:
    twin = stage.org.add_person(ME, **{**ADA, "first_name": "A."})
    stage.org.merge(ada.id, twin.id)
    return ada.id


def _is_converted(stage: Stage, ada: Person) -> str:
    return stage.org.convert(ada.id).id


def _is_converted_into_another(stage: Stage, ada: Person) -> str:
    known = stage.org.add_person(ME, **{**ADA, "first_name": "A."})
    return stage.org.convert(ada.id, known.id).id


def _is_merged_twice(stage: Stage, ada: Person) -> str:
    third = stage.org.add_person(ME, **{**ADA, "first_name": "A. B."})
    stage.org.merge(third.id, _is_merged(stage, ada))
    return third.id


def _is_converted_and_merged(stage: Stage, ada: Person) -> str:
    third = stage.org.add_person(ME, **{**ADA, "first_name": "A. B."})
    stage.org.merge(third.id, _is_converted(stage, ada))
    return third.id


def _members(stage: Stage) -> Person:
    return stage.with_members()


def _members_and_a_lead(stage: Stage) -> Person:
    return stage.with_members(kind=PersonKind.LEAD)


Before = Callable[[Stage], Person]
Happens = Callable[[Stage, Person], str]
EVENTS: dict[str, tuple[Before, Happens]] = {
    "the address changes in the CRM": (_members, _email_changes_there),
    "the address changes here": (_members, _email_changes_here),
    "the name changes in the CRM": (_members, _name_changes),
    "the person is merged into another one": (_members, _is_merged),
    "the person is merged into one that is merged into another one": (_members, _is_merged_twice),
    "another one is merged into the person": (_members, _takes_over),
    "the lead is converted": (_members_and_a_lead, _is_converted),
    "the lead is converted into a known contact": (_members_and_a_lead, _is_converted_into_another),
    "the lead is converted into a contact that is merged into another one": (
        _members_and_a_lead,
        _is_converted_and_merged,
    ),
}
CHECKS = {
    "Who a person is": check_match,
    "Who a contact is": check_match,
    "How a link follows its person": check_successor,
}
DOMAINS = {"How a link follows its person": {"what happened": list(EVENTS)}}
