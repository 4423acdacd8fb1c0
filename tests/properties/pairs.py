"""Pairs of records as both sides hold them: one base, perturbed twice, and what a decision does.

Two independently random sides would hardly ever meet, so edits against edits and removals would go
untested. Here both sides start from what they last agreed on, and each is then edited by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from crmsync.domain.base import Agreed, InFlight, Link, MembershipBase
from crmsync.domain.change import Action, Side, Step
from crmsync.domain.contact import Contact
from crmsync.domain.decide import decide
from crmsync.domain.fields import FieldRule
from crmsync.domain.identity import Match, Verdict
from crmsync.domain.mapping import Direction
from crmsync.domain.membership import Move, Seen
from crmsync.domain.observation import Decision, Observation, Policy
from crmsync.domain.person import Person
from hypothesis import strategies as st

from tests.fakes.builders import a_contact, a_person
from tests.fakes.clock import START

FIELDS = ("title", "city", "phone", "company")
WRITABLE = frozenset({"title", "city", "phone"})
SPELLINGS = {
    "title": (("",), ("Partner", " Partner "), ("Owner", "Owner  "), ("Advisor",)),
    "city": (("", "  "), ("Lisbon",), ("New York", "New  York"), ("Rome",)),
    "phone": (("",), ("(555) 010-0001", "+1 555 010 0001"), ("5550100002",), ("555 010 0003",)),
    "company": (("",), ("Acme",), ("Umbrella",), ("Initech",)),
}
"""Per field a few values, each in the spellings that count as the same."""
TIMES = (START, START + timedelta(seconds=30), START + timedelta(minutes=5))
MOVES = {
    (Side.MARKETING, Action.ADD_MEMBER): Move.ADD_LEFT,
    (Side.MARKETING, Action.REMOVE_MEMBER): Move.REMOVE_LEFT,
    (Side.CRM, Action.ADD_MEMBER): Move.ADD_RIGHT,
    (Side.CRM, Action.REMOVE_MEMBER): Move.REMOVE_RIGHT,
}


@dataclass(frozen=True)
class Pair:
    """A linked contact and person, their base, and whether each is a member."""

    contact: Contact
    person: Person
    link: Link
    membership: MembershipBase
    in_group: bool
    seen: Seen
    inactive: bool = False
    row_id: str = "row"

    @classmethod
    def of(cls, contact: Contact, person: Person, link: Link) -> Pair:
        """A pair whose membership both sides agree about."""
        member = MembershipBase(left=True, right=True, row_id="row")
        return cls(contact, person, link, member, in_group=True, seen=Seen.IN)

    def observed(self) -> Observation:
        """What a gather would see of it."""
        return Observation(
            contact=self.contact,
            person=self.person,
            link=self.link,
            membership=self.membership,
            member_left=self.in_group,
            seen=self.seen,
            row_id=self.row_id if self.seen is Seen.IN else None,
            in_inactive_campaign=self.inactive,
        )

    def decided(self, policy: Policy) -> Decision:
        """What the engine makes of it."""
        return decide(self.observed(), policy)

    def after(self, decision: Decision) -> Pair:
        """Both sides and the base once every write was acknowledged, with the row it made."""
        done = self.written(decision.change.steps)
        link = decision.link or self.link
        contact = replace(done.contact, consent_unreadable=decision.consent_unreadable)
        row_id = self.row_id if decision.membership.right else None
        base = replace(decision.membership, row_id=row_id)
        return replace(done, contact=contact, link=replace(link, version=1), membership=base)

    def crashed(self, decision: Decision, acknowledged: int) -> Pair:
        """The first writes arrived, then the worker died: the base only knows the intents."""
        steps = decision.change.steps
        flying = {
            name: InFlight("left" if step.side is Side.MARKETING else "right", value)
            for step in steps
            for name, value in step.values.items()
        }
        move = next((MOVES[s.side, s.action] for s in steps if (s.side, s.action) in MOVES), None)
        done = self.written(steps[:acknowledged])
        link = replace(self.link, in_flight=flying)
        return replace(done, link=link, membership=replace(self.membership, in_flight=move))

    def written(self, steps: Iterable[Step]) -> Pair:
        """Both sides once these steps arrived."""
        pair = self
        for step in steps:
            pair = pair._with(step)
        return pair

    def _with(self, step: Step) -> Pair:
        if step.action in (Action.ADD_MEMBER, Action.REMOVE_MEMBER):
            joined = step.action is Action.ADD_MEMBER
            if step.side is Side.MARKETING:
                return replace(self, in_group=joined)
            return replace(self, seen=Seen.IN if joined else Seen.OUT)
        if step.side is Side.MARKETING:
            values = {**self.contact.values, **step.values}
            out = self.contact.email_opt_out or step.opt_out
            return replace(self, contact=replace(self.contact, values=values, email_opt_out=out))
        values = {**self.person.values, **step.values}
        flag = True if step.opt_out else self.person.opted_out
        return replace(self, person=replace(self.person, values=values, opted_out=flag))

    def edited(self, *, left: Mapping[str, str], right: Mapping[str, str]) -> Pair:
        """Users typed these values."""
        contact = replace(self.contact, values={**self.contact.values, **left})
        person = replace(self.person, values={**self.person.values, **right})
        return replace(self, contact=contact, person=person)


def _states(values: tuple[tuple[str, ...], ...]) -> list[tuple[Agreed, str, str]]:
    """Base, left and right of one field: one value in both spellings, then edited or not."""
    anything = [spelling for value in values for spelling in value]
    return [
        (Agreed(base_left, base_right), left, right)
        for value in values
        for base_left in value
        for base_right in value
        for left in (*[base_left] * len(anything), *anything)
        for right in (*[base_right] * len(anything), *anything)
    ]


STATES = {name: _states(values) for name, values in SPELLINGS.items()}
NOT_MOVED, MOVES_MADE = (False, False), ((True, False), (False, True), (True, True))


def field_states() -> st.SearchStrategy[dict[str, tuple[Agreed, str, str]]]:
    """The state of every field."""
    return st.fixed_dictionaries({name: st.sampled_from(STATES[name]) for name in FIELDS})


def edits() -> st.SearchStrategy[dict[str, str]]:
    """What users typed into some of the fields."""
    typed = {
        name: st.sampled_from([v for each in SPELLINGS[name] for v in each]) for name in FIELDS
    }
    return st.fixed_dictionaries({}, optional=typed)


@st.composite
def pairs(draw: st.DrawFn, number: int = 1) -> Pair:
    """One base, perturbed on both sides by themselves."""
    states = draw(field_states())
    ids = f"c{number}", f"003{number:012d}AAA"
    member, (joined, moved) = draw(st.booleans()), draw(st.sampled_from((NOT_MOVED, *MOVES_MADE)))
    times = draw(st.sampled_from(TIMES)), draw(st.sampled_from(TIMES))
    out_here, out_there = draw(rarely()), draw(rarely())
    contact = a_contact(
        ids[0], email_opt_out=out_here, **{n: left for n, (_, left, _) in states.items()}
    )
    person = a_person(ids[1], opted_out=out_there, **{n: s[2] for n, s in states.items()})
    return Pair(
        contact=replace(contact, edited_at=dict.fromkeys(FIELDS, times[0])),
        person=replace(person, modified_at=times[1], opted_out=draw(consents(out=out_there))),
        link=Link(*ids, fields={n: base for n, (base, _, _) in states.items()}, version=1),
        membership=MembershipBase(member, member, "row" if member else None),
        in_group=member != joined,
        seen=Seen.IN if member != moved else Seen.OUT,
    )


def consents(*, out: bool) -> st.SearchStrategy[bool | None]:
    """The flag as the CRM shows it; it may be hidden."""
    return st.sampled_from((out, out, out, None))


def rarely() -> st.SearchStrategy[bool]:
    """True once in four."""
    return st.sampled_from((False, False, False, True))


def policies(directions: tuple[Direction, ...] = tuple(Direction)) -> st.SearchStrategy[Policy]:
    """Any direction, any rule per field, removing members in the CRM or not."""
    return st.builds(
        Policy,
        mapping_id=st.just("m1"),
        direction=st.sampled_from(directions),
        rules=st.fixed_dictionaries(dict.fromkeys(FIELDS, st.sampled_from(FieldRule))),
        fields=st.just(FIELDS),
        writable=st.just(WRITABLE),
        consent_writable=st.booleans(),
        remove_members_in_crm=st.booleans(),
    )


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    """Anything that can be met: linked or not, alone or in pairs, seen or not, matched or not."""
    seen = draw(pairs()).observed()
    person = replace(
        seen.person or a_person(),
        deleted=draw(rarely()),
        merged_into=draw(st.sampled_from((None, None, "003000000000099AAA"))),
    )
    contact = draw(st.sampled_from((seen.contact, None)))
    held = draw(st.sampled_from((person, None))) if contact else person
    return replace(
        seen,
        contact=contact,
        person=held,
        link=draw(st.sampled_from((seen.link, None))),
        seen=draw(st.sampled_from(Seen)),
        match=Match(draw(st.sampled_from(Verdict)), "c1"),
        in_scope=not draw(rarely()),
        in_inactive_campaign=draw(rarely()),
        may_create=draw(st.booleans()),
    )
