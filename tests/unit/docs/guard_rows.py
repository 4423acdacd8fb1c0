"""What the rows about holding back, taking back and counting say, asked of the code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from crmsync.domain.base import Link
from crmsync.domain.change import Action, Change, Outcome, Side, Step, outcome_of, strongest
from crmsync.domain.decide import decide
from crmsync.domain.guard import Effect, Known, held_because
from crmsync.domain.mapping import Direction
from crmsync.domain.membership import Seen
from crmsync.domain.observation import Observation, Policy
from crmsync.domain.undo import undo

from tests.fakes.builders import a_contact, a_person
from tests.properties.pairs import Pair
from tests.unit.docs.tables import Row

POLICY = Policy("m1", Direction.BOTH, fields=("title",))


def check_guard(row: Row) -> None:
    """Whether a mapping's part of a plan waits for a person's yes, and what that person reads."""
    effect = Effect(_number(row, "removed"), _number(row, "replaced"), _number(row, "created"))
    history = row["creating runs before"]
    known = Known(
        members=_number(row, "members now"),
        group_size=_number(row, "group now"),
        members_before=_number(row, "members before"),
        group_size_before=_number(row, "group before"),
        creations=() if history == "none" else [int(n) for n in history.split(", ")],
        complete=True,
    )

    held = held_because(effect, known)
    assert (held.detail if held else "goes on") == row["held because"]
    assert (held.code if held else "") == row["code"].replace("none", "")


def _number(row: Row, name: str) -> int:
    return int(row[name])


def check_undo(row: Row) -> None:
    """What taking a run back does, and that the next sync leaves it so."""
    done, pair = RUNS[row["the run"]]()
    now = SINCE[row["since then"]](pair)

    back = undo(done, now.observed())
    after = now.after(back)
    wanted = row["undo"]
    assert {(s.side, s.action, *s.values.values()) for s in back.change.steps} == UNDOES[wanted]
    assert back.change.suppress == ()
    assert after.contact.email_opt_out is now.contact.email_opt_out
    following = [set(step.values.values()) for step in after.decided(POLICY).change.steps]
    assert following == row.one("the next sync", NEXT)


def _pair() -> Pair:
    contact, person = a_contact(title="Partner"), a_person(title="Partner")
    bare = Pair.of(contact, person, Link(contact.id, person.id, version=1))
    return bare.after(bare.decided(POLICY))


def _run(before: Pair) -> tuple[Change, Pair]:
    """What a sync did, as its results remember it, and both sides after it."""
    decision = before.decided(POLICY)
    return _with_rows(decision.change), before.after(decision)


def _with_rows(change: Change) -> Change:
    added = (Side.CRM, Action.ADD_MEMBER)
    steps = (replace(s, row_id="row") if (s.side, s.action) == added else s for s in change.steps)
    return replace(change, steps=tuple(steps))


def _wrote_here() -> tuple[Change, Pair]:
    return _run(_pair().edited(left={}, right={"title": "Owner"}))


def _wrote_there() -> tuple[Change, Pair]:
    return _run(_pair().edited(left={"title": "Owner"}, right={}))


def _joined_group() -> tuple[Change, Pair]:
    base = replace(_pair().membership, left=False, right=False)
    return _run(replace(_pair(), in_group=False, membership=base))


def _joined_campaign() -> tuple[Change, Pair]:
    base = replace(_pair().membership, left=False, right=False)
    return _run(replace(_pair(), seen=Seen.OUT, membership=base))


def _found_in_campaign() -> tuple[Change, Pair]:
    """The row was there already when ours was to be made, so the result names none."""
    change, pair = _joined_campaign()
    return replace(change, steps=tuple(replace(s, row_id=None) for s in change.steps)), pair


def _left_group() -> tuple[Change, Pair]:
    return _run(replace(_pair(), seen=Seen.OUT))


def _opted_out() -> tuple[Change, Pair]:
    pair = _pair()
    return _run(replace(pair, person=replace(pair.person, opted_out=True)))


def _created_contact() -> tuple[Change, Pair]:
    pair = _pair()
    change = decide(Observation(person=pair.person, seen=Seen.IN), POLICY).change
    return replace(change, contact_id=pair.contact.id), pair


def _created_person() -> tuple[Change, Pair]:
    pair = _pair()
    alone = Observation(contact=pair.contact, member_left=True, seen=Seen.OUT)
    change = decide(alone, POLICY).change
    return replace(_with_rows(change), person_id=pair.person.id), pair


def _edited_here(pair: Pair) -> Pair:
    return pair.edited(left={"title": "Advisor"}, right={})


def _edited_there(pair: Pair) -> Pair:
    return pair.edited(left={}, right={"title": "Advisor"})


def _left_since(pair: Pair) -> Pair:
    return replace(pair, in_group=False, membership=replace(pair.membership, left=False))


def _retired(pair: Pair) -> Pair:
    return replace(pair, inactive=True)


def _returned_since(pair: Pair) -> Pair:
    return replace(pair, row_id="another row")


def _left_there_since(pair: Pair) -> Pair:
    return replace(pair, seen=Seen.OUT, membership=replace(pair.membership, right=False))


RUNS: dict[str, Callable[[], tuple[Change, Pair]]] = {
    "wrote a value here": _wrote_here,
    "wrote a value in the CRM": _wrote_there,
    "put a contact into the group": _joined_group,
    "put a person into the campaign": _joined_campaign,
    "put a person into the campaign, who was in it": _found_in_campaign,
    "took a contact out of the group": _left_group,
    "opted a contact out": _opted_out,
    "created a contact": _created_contact,
    "created a person": _created_person,
}
SINCE: dict[str, Callable[[Pair], Pair]] = {
    "nothing": lambda pair: pair,
    "nothing, and the person is in the inactive campaign": _retired,
    "somebody edited it here": _edited_here,
    "somebody edited it in the CRM": _edited_there,
    "somebody took it out of the group": _left_since,
    "somebody took it out of the campaign": _left_there_since,
    "somebody made its row anew": _returned_since,
}
UNDOES: dict[str, set[tuple[object, ...]]] = {
    "leaves it as it is": set(),
    "puts the old value back here": {(Side.MARKETING, Action.UPDATE, "Partner")},
    "puts the old value back in the CRM": {(Side.CRM, Action.UPDATE, "Partner")},
    "takes the contact out of the group": {(Side.MARKETING, Action.REMOVE_MEMBER)},
    "removes the row it made": {(Side.CRM, Action.REMOVE_MEMBER)},
    "puts the contact back into the group": {(Side.MARKETING, Action.ADD_MEMBER)},
}
NEXT: dict[str, list[set[str]]] = {"does nothing": [], "carries that edit": [{"Advisor"}]}
STEPS = {
    "create a contact": Step(Side.MARKETING, Action.CREATE),
    "create a person": Step(Side.CRM, Action.CREATE),
    "update a contact": Step(Side.MARKETING, Action.UPDATE),
    "update a person": Step(Side.CRM, Action.UPDATE),
    "join the group": Step(Side.MARKETING, Action.ADD_MEMBER),
    "join the campaign": Step(Side.CRM, Action.ADD_MEMBER),
    "leave the group": Step(Side.MARKETING, Action.REMOVE_MEMBER),
    "leave the campaign": Step(Side.CRM, Action.REMOVE_MEMBER),
    "link": Step(Side.MARKETING, Action.LINK),
}


def check_outcome(row: Row) -> None:
    """What a unit counts as once all its steps are done."""
    cell = row["what was done"]
    steps = [] if cell == "nothing" else [STEPS[words] for words in cell.split(", ")]
    assert outcome_of(steps) is Outcome(row["counts as"])


def check_strength(row: Row) -> None:
    """Which outcome stands for a unit that has several."""
    told = row["is stronger than"]
    outcome = Outcome(row["outcome"])
    others = [other for other in Outcome if other is not outcome]
    weaker = [other.value for other in others if strongest([other, outcome]) is outcome]
    assert ", ".join(weaker) == told.replace("nothing", "")


CHECKS = {
    "When a part is held": check_guard,
    "What undo does": check_undo,
    "What a unit counts as": check_outcome,
    "Which outcome is stronger": check_strength,
}
DOMAINS = {
    "Which outcome is stronger": {"outcome": [outcome.value for outcome in Outcome]},
}
