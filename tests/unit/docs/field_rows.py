"""What the rows about fields say, asked of the code."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

from crmsync.domain.base import Agreed, InFlight, Link
from crmsync.domain.fields import FieldRule, loosely_same, same
from crmsync.domain.mapping import Direction
from crmsync.domain.merge import TIE, Field, merge
from crmsync.domain.observation import Policy
from crmsync.domain.person import PersonKind

from tests.fakes.builders import a_contact, a_person
from tests.fakes.clock import START
from tests.properties.pairs import Pair
from tests.unit.docs.tables import Row, code

VALUES = {
    "A": "Partner",
    "B": "Owner",
    "C": "Advisor",
    "Z": "Zeppelin",
    "blank": "",
    "spaces": "  ",
}
RULES = {rule.value: rule for rule in FieldRule}
DIRECTIONS = {direction.value: direction for direction in Direction}
LAST_EDITS = {
    "marketing": (START + TIE, START),
    "tie": (START + TIE - timedelta(seconds=1), START),
    "CRM": (START, START + timedelta(seconds=1)),
}
BASES = {
    "Fields that once agreed": Agreed(VALUES["A"], VALUES["A"]),
    "Fields that never agreed": None,
    "Fields that were settled apart": Agreed(VALUES["A"], VALUES["Z"]),
}
LOSERS = {"no": None, "marketing": "marketing", "CRM": "crm"}
YES = {"yes": True, "no": False}
_RULING = {"direction": DIRECTIONS, "rule": RULES, "last edit": LAST_EDITS}


def check_merge(row: Row) -> None:
    """One row of the three-way merge, for every case it stands for."""
    lefts, rights = row.choices("marketing", VALUES), row.choices("CRM", VALUES)
    ruling = [row.choices(name, known) for name, known in _RULING.items()]
    for left, right, direction, rule, last in product(lefts, rights, *ruling):
        times = LAST_EDITS[last]
        field = Field("title", VALUES[left], VALUES[right], BASES[row.heading], *times)
        merged = merge(field, RULES[rule], DIRECTIONS[direction])

        here, there = _becomes(row, "marketing", field), _becomes(row, "CRM", field)
        assert merged.to_left == (here if here != field.left else None)
        assert merged.to_right == (there if there != field.right else None)
        assert merged.agreed == row.one("base", {"advances": Agreed(here, there), "stays": None})
        assert merged.loser == row.one("loser logged", LOSERS)


def _becomes(row: Row, side: str, field: Field) -> str:
    sides = {"marketing's": field.left, "CRM's": field.right}
    return str(row.one(f"{side} becomes", {**VALUES, **sides}))


def check_blank(row: Row) -> None:
    """One row of the blanks, with the rules as they are by default and both ways."""
    bases = [row["marketing's base"], row["CRM's base"]]
    base = None if bases == ["none", "none"] else Agreed(*(VALUES[name] for name in bases))
    field = Field("title", VALUES[row["marketing"]], VALUES[row["CRM"]], base)
    merged = merge(field, FieldRule.CRM_WINS, Direction.BOTH)

    here, there = VALUES[row["marketing becomes"]], VALUES[row["CRM becomes"]]
    assert merged.to_left == (here if here != field.left else None)
    assert merged.to_right == (there if there != field.right else None)


def check_same(row: Row) -> None:
    """Whether two values of a field mean the same, whichever comes first."""
    one, other = code(row["one value"]), code(row["another"])
    for name in row["field"].split(" or "):
        expected = row.one("the same", YES)
        assert same(name, one, other) is expected
        assert same(name, other, one) is expected


def check_rewritten(row: Row) -> None:
    """Whether what a CRM made of our value is our value still."""
    sent, held = code(row["sent"]), code(row["the CRM holds"])
    kept = same(row["field"], sent, held) or loosely_same(sent, held)
    assert kept is row.one("still ours", YES)


KINDS = {
    "contact": PersonKind.CONTACT,
    "person account": PersonKind.PERSON_ACCOUNT,
    "lead": PersonKind.LEAD,
}
ACCESS = {"writable": "title", "read only": "company", "hidden": "city"}
TRAVELS = {**DIRECTIONS, "not at all": None}


def check_field_direction(row: Row) -> None:
    """Which way one field of one kind of person travels."""
    access = row.choices("field in the CRM", ACCESS)
    kinds, directions = row.choices("person", KINDS), row.choices("mapping", DIRECTIONS)
    for field, kind, direction in product(access, kinds, directions):
        person = replace(a_person(), kind=KINDS[kind], hidden_fields=frozenset({"city"}))
        policy = Policy("m1", DIRECTIONS[direction])
        assert policy.direction_of(ACCESS[field], person) is row.one("the field travels", TRAVELS)


def check_field_in_flight(row: Row) -> None:
    """A value that was on its way when the worker died, as found by the next run."""
    side = {"marketing": "left", "CRM": "right"}[row["was written to"]]
    flying = {"title": InFlight(side, VALUES[row["value"]])}
    contact = a_contact(title=VALUES[row["marketing"]])
    person = a_person(title=VALUES[row["CRM"]])
    base = {"title": Agreed(VALUES["A"], VALUES["A"])}
    link = Link(contact.id, person.id, base, in_flight=flying, version=1)
    pair = Pair.of(contact, person, link)
    decision = pair.decided(Policy("m1", Direction.BOTH, fields=("title",)))

    after = pair.after(decision)
    assert after.contact.value("title") == VALUES[row["marketing becomes"]]
    assert after.person.value("title") == VALUES[row["CRM becomes"]]
    losers = {field.loser for field in decision.change.fields} - {None}
    assert losers == {row.one("loser logged", LOSERS)} - {None}
    assert not after.link.in_flight


def check_field_back(row: Row) -> None:
    """One field of a linked pair in the first run that can read it again."""
    contact = a_contact(title=VALUES[row["marketing"]])
    person = a_person(title=VALUES[row["CRM"]])
    link = Link(contact.id, person.id, {"title": Agreed(VALUES["A"], VALUES["A"])}, version=1)
    pair = Pair.of(contact, person, link)
    policy = Policy("m1", Direction.BOTH, fields=("title",), returned=frozenset({"title"}))
    decision = pair.decided(policy)

    after = pair.after(decision)
    assert after.contact.value("title") == VALUES[row["marketing becomes"]]
    assert after.person.value("title") == VALUES[row["CRM becomes"]]
    assert after.link.fields["title"].right == VALUES[row["CRM's base"]]
    following = replace(after).decided(replace(policy, returned=frozenset()))
    assert not following.change.steps


CHECKS = {
    **dict.fromkeys(BASES, check_merge),
    "Blanks": check_blank,
    "Values that mean the same": check_same,
    "Values a CRM rewrites": check_rewritten,
    "Which way a field travels": check_field_direction,
    "Fields that come back": check_field_back,
    "Values in flight": check_field_in_flight,
}
_EDITED = {
    "Fields that once agreed": (["A", "B", "blank"], ["A", "B", "C", "blank"]),
    "Fields that never agreed": (["A", "blank"], ["A", "B", "blank"]),
    "Fields that were settled apart": (["A", "B"], ["Z", "C"]),
}
DOMAINS = {
    **{
        heading: {"marketing": left, "CRM": right, **{n: list(k) for n, k in _RULING.items()}}
        for heading, (left, right) in _EDITED.items()
    },
    "Fields that come back": {"marketing": ["A", "B", "blank"], "CRM": ["A", "C", "blank"]},
    "Which way a field travels": {
        "field in the CRM": list(ACCESS),
        "person": list(KINDS),
        "mapping": list(DIRECTIONS),
    },
}
