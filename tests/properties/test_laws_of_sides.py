"""Laws 3 and 6: neither which side is which nor the order of records changes what is decided."""

from __future__ import annotations

from dataclasses import replace

from crmsync.domain.base import Agreed, MembershipBase
from crmsync.domain.change import Change
from crmsync.domain.consent import merge_consent
from crmsync.domain.contact import Contact
from crmsync.domain.decide import decide
from crmsync.domain.fields import FieldRule
from crmsync.domain.identity import NO_DECISIONS, Match, Verdict, match_contact, match_person
from crmsync.domain.mapping import Direction
from crmsync.domain.membership import MembershipPolicy, Move, Seen, merge_membership
from crmsync.domain.merge import TIE, Field, Merged, merge
from crmsync.domain.observation import Observation, Policy
from crmsync.domain.person import Person
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.builders import a_contact, a_person
from tests.fakes.clock import START
from tests.properties.pairs import FIELDS, STATES, pairs, policies

MIRRORED = {
    Direction.BOTH: Direction.BOTH,
    Direction.EXPORT: Direction.IMPORT,
    Direction.IMPORT: Direction.EXPORT,
}
MIRRORED_RULES = {
    FieldRule.CRM_WINS: FieldRule.MARKETING_WINS,
    FieldRule.MARKETING_WINS: FieldRule.CRM_WINS,
    FieldRule.NEWEST: FieldRule.NEWEST,
    FieldRule.OFF: FieldRule.OFF,
}
MIRRORED_MOVES = {
    Move.NONE: Move.NONE,
    Move.ADD_LEFT: Move.ADD_RIGHT,
    Move.ADD_RIGHT: Move.ADD_LEFT,
    Move.REMOVE_LEFT: Move.REMOVE_RIGHT,
    Move.REMOVE_RIGHT: Move.REMOVE_LEFT,
}


# --- 3: symmetry ------------------------------------------------------------------------------


@st.composite
def fields(draw: st.DrawFn) -> Field:
    """A field in any state, with and without a base."""
    name = draw(st.sampled_from(FIELDS))
    base, left, right = draw(st.sampled_from(STATES[name]))
    times = draw(st.sampled_from(((START, START + TIE), (START + TIE, START))))
    return Field(name, left, right, draw(st.sampled_from((base, None))), *times)


@given(fields(), st.sampled_from(list(MIRRORED_RULES)), st.sampled_from(Direction))
def test_swapping_the_sides_mirrors_what_happens_to_a_field(
    field: Field, rule: FieldRule, direction: Direction
) -> None:
    mirrored = merge(_mirrored(field), MIRRORED_RULES[rule], MIRRORED[direction])

    assert mirrored == _mirrored_merge(merge(field, rule, direction))


@given(st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.sampled_from(Direction))
def test_swapping_the_sides_mirrors_what_happens_to_a_membership(
    base_left: bool,  # noqa: FBT001 - drawn by name
    base_right: bool,  # noqa: FBT001 - drawn by name
    left: bool,  # noqa: FBT001 - drawn by name
    right: bool,  # noqa: FBT001 - drawn by name
    direction: Direction,
) -> None:
    one = merge_membership(
        MembershipBase(base_left, base_right),
        left=left,
        right=_seen(right),
        policy=MembershipPolicy(direction, remove_in_crm=True),
    )
    other = merge_membership(
        MembershipBase(base_right, base_left),
        left=right,
        right=_seen(left),
        policy=MembershipPolicy(MIRRORED[direction], remove_in_crm=True),
    )

    assert other.move is MIRRORED_MOVES[one.move]
    assert (other.base.left, other.base.right) == (one.base.right, one.base.left)


@given(st.booleans(), st.booleans(), st.sampled_from(Direction))
def test_swapping_the_sides_mirrors_what_happens_to_consent(
    left: bool,  # noqa: FBT001 - drawn by name
    right: bool,  # noqa: FBT001 - drawn by name
    direction: Direction,
) -> None:
    one = merge_consent(a_contact(email_opt_out=left), a_person(opted_out=right), direction)
    other = merge_consent(
        a_contact(email_opt_out=right), a_person(opted_out=left), MIRRORED[direction]
    )

    assert (one.to_left, one.to_right) == (other.to_right, other.to_left)


# --- 6: order does not matter -----------------------------------------------------------------


@given(st.lists(st.integers(1, 99), unique=True, max_size=6), policies(), st.data())
def test_shuffled_records_make_the_same_plan(
    numbers: list[int], policy: Policy, data: st.DataObject
) -> None:
    units = [data.draw(pairs(number)).observed() for number in numbers]
    shuffled = data.draw(st.permutations(units))

    assert _plan(shuffled, policy) == _plan(units, policy)


@st.composite
def households(draw: st.DrawFn) -> tuple[list[Person], list[Contact]]:
    """Unlinked people and contacts that share few names and one address; some carry our id."""
    names = st.sampled_from(("Ada", "Bob", ""))
    home = {"email": "home@example.com", "last_name": "Byron"}
    contacts = [
        a_contact(f"c{number}", first_name=name, **home)
        for number, name in enumerate(draw(st.lists(names, max_size=3)))
    ]
    people = [
        a_person(f"003{number:012d}AAA", first_name=name, **home)
        for number, name in enumerate(draw(st.lists(names, max_size=3)))
    ]
    carried = draw(st.permutations([*(c.id for c in contacts), *[None] * len(people)]))
    ours = zip(people, carried, strict=False)
    return [replace(person, external_id=key) for person, key in ours], contacts


@given(households(), st.data())
def test_who_is_who_does_not_depend_on_the_order_of_the_candidates(
    home: tuple[list[Person], list[Contact]], data: st.DataObject
) -> None:
    people, contacts = home
    other = data.draw(st.permutations(people)), data.draw(st.permutations(contacts))

    assert _matches(people, contacts) == _matches(*other)


@given(households())
def test_nobody_is_matched_twice_whichever_side_is_asked(
    home: tuple[list[Person], list[Contact]],
) -> None:
    of_people, of_contacts = _matches(*home)

    found = {(p, m.id) for p, m in of_people.items() if m.verdict is Verdict.MATCH}
    found |= {(m.id, c) for c, m in of_contacts.items() if m.verdict is Verdict.MATCH}
    assert len({person for person, _ in found}) == len(found)
    assert len({contact for _, contact in found}) == len(found)


def _mirrored(field: Field) -> Field:
    base = Agreed(field.base.right, field.base.left) if field.base else None
    return Field(field.name, field.right, field.left, base, field.right_at, field.left_at)


def _mirrored_merge(merged: Merged) -> Merged:
    agreed = Agreed(merged.agreed.right, merged.agreed.left) if merged.agreed else None
    other = {"marketing": "crm", "crm": "marketing"}.get(merged.loser or "")
    return Merged(merged.to_right, merged.to_left, agreed, other)


def _seen(member: bool) -> Seen:  # noqa: FBT001 - a yes or no is all there is to it
    return Seen.IN if member else Seen.OUT


def _plan(units: list[Observation], policy: Policy) -> list[Change]:
    return sorted((decide(u, policy).change for u in units), key=lambda change: change.sort_key)


def _matches(
    people: list[Person], contacts: list[Contact]
) -> tuple[dict[str, Match], dict[str, Match]]:
    """Everybody matched against everybody, as both gathers do it."""
    of_people = {
        p.id: match_contact(p, contacts, [r for r in people if r != p], NO_DECISIONS)
        for p in people
    }
    of_contacts = {
        c.id: match_person(c, people, [r for r in contacts if r != c], NO_DECISIONS)
        for c in contacts
    }
    return of_people, of_contacts
